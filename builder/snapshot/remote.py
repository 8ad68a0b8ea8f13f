"""The other side of a fetch: which refs it has, getting one of them, and telling its refusals apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

from builder.errors import SnapshotError
from builder.snapshot.addresses import public_addresses
from builder.snapshot.git import GitAnswer, pinned_host, run_git
from builder.snapshot.source import Source, parse_source
from builder.snapshot.tree import last_line, line_with

_PORTS: Final = {"https": 443, "http": 80, "ssh": 22}
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SHORT: Final = re.compile(r"[0-9a-f]{7,39}")
_ASK_TIMEOUT_S: Final = 60.0
# A list of branches without end is kept whole by git.
_ASK_MEMORY_BYTES: Final = 512 * 2**20
_MISSING: Final = re.compile(
    r"not found|does not exist|does not appear to be a git repository|error: 40[134]|error: 410|could not read Username"
    r"|Authentication failed|terminal prompts disabled|Permission denied|no such file|access denied"
    r"|repository unavailable",
    re.IGNORECASE,
)
_REDIRECTED: Final = re.compile(r"error: 30[1278]|unable to update url base from redirection", re.IGNORECASE)
_LOCATION: Final = re.compile(r"<= Recv header: location: (\S+)", re.IGNORECASE)
_MOVES_LIMIT: Final = 3
_REF_REFUSED: Final = re.compile(
    r"not our ref|unadvertised object|couldn't find remote ref|does not support shallow|dumb http|"
    r"Server does not allow request|shallow",
    re.IGNORECASE,
)
_HOSTILE: Final = re.compile(
    r"fsck error|unpack-objects|index-pack failed|bad object|invalid index-pack|out of memory", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on its host: what it advertises, and the settings that a connection to it may use."""

    source: Source
    settings: tuple[str, ...]
    refs: Mapping[str, str]

    def resolve(self, ref: str | None) -> tuple[str | None, str | None]:
        """Return the commit that `ref` (None: HEAD) names and the full name of the ref to fetch.

        A full commit id needs not be advertised and has no ref name; a short one has neither until the history is
        here. Raises SnapshotError repository-ref-missing.
        """
        if ref is None:
            head = self.refs.get("HEAD") or self.refs.get("refs/heads/main") or self.refs.get("refs/heads/master")
            if head is None:
                raise self._missing("HEAD")
            return head, None
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            if name in self.refs:
                return self.refs.get(f"{name}^{{}}", self.refs[name]), name
        if _COMMIT.fullmatch(ref):
            return ref, None
        if _SHORT.fullmatch(ref):
            return None, None
        raise self._missing(ref)

    def _missing(self, ref: str) -> SnapshotError:
        named = sorted(name.removeprefix("refs/") for name in self.refs if not name.endswith("^{}"))
        error = SnapshotError("repository-ref-missing", source=self.source.location, ref=ref)
        return error.seen_in(f"git ls-remote lists {len(named)}, not {ref}: {', '.join(named[:20])}")

    def fetch(
        self,
        repository: Path,
        wanted: str | None,
        *,
        timeout_s: float,
        watch: Callable[[], None],
    ) -> bool:
        """Fetch one ref or commit without its history, or all when `wanted` is None.

        Returns False when the host does not give that alone. Raises SnapshotError for every other refusal.
        """
        what = ["--depth=1", "--", self.source.location, wanted] if wanted is not None else []
        everything = ["--", self.source.location, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        answer = run_git(
            ["fetch", "--quiet", "--no-tags", "--no-write-commit-graph", *(what or everything)],
            cwd=repository,
            settings=self.settings,
            timeout_s=timeout_s,
            watch=watch,
        )
        if answer.status == 0:
            return True
        if wanted is not None and _REF_REFUSED.search(answer.stderr):
            return False
        raise _refusal(self.source, answer, repository)


def open_remote(
    source: Source,
    *,
    repository: Path,
    allowed_schemes: frozenset[str],
    allow_private: bool,
    watch: Callable[[], None],
) -> Remote:
    """Ask the host of `source` what it has; `repository` is any bare repository to work in.

    `watch` is called while the host is waited for, and ends the waiting by raising.

    git itself follows no redirect, because it would follow one into a private network: a moved repository is followed
    here, each address judged like the first. Raises SnapshotError repository-missing, -unreachable or -empty, source-*.
    """
    asked = source
    for _ in range(_MOVES_LIMIT + 1):
        settings = _connection_settings(source, allowed_schemes, allow_private)
        answer = _ask(source, repository, settings, {}, watch)
        if answer.status == 0:
            listed = [
                line.split("\t", 1) for line in answer.stdout.decode("utf-8", "replace").splitlines() if "\t" in line
            ]
            refs = {name: commit for commit, name in listed if _COMMIT.fullmatch(commit)}
            if not refs:
                error = SnapshotError("repository-empty", source=asked.location)
                raise error.seen_in("git ls-remote lists no branch and no tag")
            return Remote(source, settings, refs)
        moved = _moved_to(source, repository, settings, watch) if _REDIRECTED.search(answer.stderr) else None
        if moved is None:
            raise _refusal(asked, answer, repository)
        target = parse_source(moved, allowed_schemes=allowed_schemes, allow_private=allow_private)
        source = replace(target, ref=source.ref)
    raise SnapshotError("repository-unreachable", source=asked.location, reason="it redirects in circles")


def _connection_settings(source: Source, allowed_schemes: frozenset[str], allow_private: bool) -> tuple[str, ...]:
    if source.scheme not in allowed_schemes:
        raise SnapshotError("source-scheme", scheme=source.scheme)
    settings = [f"protocol.{source.scheme}.allow=always"]
    if source.host and not allow_private:
        port = source.port or _PORTS[source.scheme]
        addresses = public_addresses(source.host, port)
        if addresses and source.scheme in ("http", "https"):
            settings.append(pinned_host(source.host, port, addresses))
    return tuple(settings)


def _ask(
    source: Source,
    repository: Path,
    settings: tuple[str, ...],
    variables: dict[str, str],
    watch: Callable[[], None],
) -> GitAnswer:
    return run_git(
        ["ls-remote", "--quiet", "--", source.location],
        cwd=repository,
        settings=settings,
        variables=variables,
        timeout_s=_ASK_TIMEOUT_S,
        watch=watch,
        memory_bytes=_ASK_MEMORY_BYTES,
    )


def _moved_to(source: Source, repository: Path, settings: tuple[str, ...], watch: Callable[[], None]) -> str | None:
    """Return where the host redirects to; git tells it in its trace alone."""
    traced = _ask(source, repository, settings, {"GIT_TRACE_CURL": "1", "GIT_TRACE_CURL_NO_DATA": "1"}, watch)
    found = _LOCATION.search(traced.stderr)
    if not found:
        return None
    parts = urlsplit(urljoin(f"{source.location.rstrip('/')}/info/refs", found.group(1)))
    if not parts.path.endswith("/info/refs"):
        return None  # for instance a login page: not a moved repository
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/info/refs')}"


def _refusal(source: Source, answer: GitAnswer, repository: Path) -> SnapshotError:
    where, text = source.location, answer.stderr
    if "No space left" in text:
        return SnapshotError("disk-full", path=repository.parent.parent)
    if "corruption on the remote side" in text:
        reason = "objects are missing or damaged there"
        return SnapshotError("repository-unreachable", source=where, reason=reason)
    if _HOSTILE.search(text):
        return SnapshotError("repository-hostile", source=where, reason=last_line(text)).seen_in(
            line_with(_HOSTILE, text)
        )
    if "Could not resolve host" not in text and (_MISSING.search(text) or _REDIRECTED.search(text)):
        said = line_with(_MISSING, text) or line_with(_REDIRECTED, text)
        return SnapshotError("repository-missing", source=where).seen_in(f"git: {said}")
    return SnapshotError("repository-unreachable", source=where, reason=last_line(text))
