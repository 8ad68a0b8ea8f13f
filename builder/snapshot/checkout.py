"""Fetch a repository at one exact commit into a content-addressed directory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from builder.errors import SnapshotError
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.git import run_git
from builder.snapshot.notebooks import outline_notebooks
from builder.snapshot.remote import Remote, open_remote
from builder.snapshot.source import PUBLIC_SCHEMES, Source
from builder.snapshot.store import partial_directory, publish, stored, total_size, utc
from builder.snapshot.tree import inspect_tree, large_file_pointers, size_words, write_files

OnLog = Callable[[str], None]
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take. `size_bytes` holds for what is transferred and for the files."""

    size_bytes: int = 2**30
    timeout_s: float = 600.0


def fetch_snapshot(
    source: Source,
    *,
    into: Path,
    limits: FetchLimits,
    on_log: OnLog,
    allowed_schemes: frozenset[str] = PUBLIC_SCHEMES,
    allow_private: bool = False,
    check: Callable[[], None] | None = None,
) -> SnapshotFacts:
    """Fetch exactly what `source` names and return its facts; files that are here already are reused.

    Only the one commit is transferred where the host allows it. Submodules are not fetched and Git LFS pointers stay
    pointers; both are logged. `check` is called five times a second and ends the fetch by raising. Raises SnapshotError
    with the causes repository-*, source-* or disk-full. A fetch that is killed leaves nothing that is later used.
    """
    if source.kind != "git":
        raise SnapshotError("source-malformed", source=source, reason="it is not a git address")
    if source.ref is not None and _COMMIT.fullmatch(source.ref):
        facts = _reuse(source, source.ref, into, on_log)
        if facts is not None:
            return facts
    with partial_directory(into) as scratch:
        repository = scratch / "repository.git"
        repository.mkdir()
        answer = run_git(["init", "--quiet", "--bare", "."], cwd=repository)
        if answer.status:
            raise SnapshotError("internal-error", reason=f"git init: {answer.stderr.strip()}")
        on_log(f"Asking {source.location} for its branches and tags.")
        watch = _Watch(scratch, source, limits, check)
        remote = open_remote(
            source, repository=repository, allowed_schemes=allowed_schemes, allow_private=allow_private, watch=watch
        )
        commit, full_ref = remote.resolve(source.ref)
        if commit is not None:
            facts = _reuse(source, commit, into, on_log)
            if facts is not None:
                return facts
        commit = _fetch(remote, repository, commit, full_ref, watch=watch, timeout_s=limits.timeout_s, on_log=on_log)
        return _lay_out(source, repository, commit, into=into, watch=watch, on_log=on_log)


def _fetch(
    remote: Remote,
    repository: Path,
    commit: str | None,
    full_ref: str | None,
    *,
    watch: Callable[[], None],
    timeout_s: float,
    on_log: OnLog,
) -> str:
    wanted = full_ref or commit
    if wanted is not None:
        on_log(f"Fetching {wanted}.")
        if remote.fetch(repository, wanted, timeout_s=timeout_s, watch=watch):
            return _commit_of(repository, "FETCH_HEAD", remote)
        on_log("The host does not give single commits; fetching the whole history.")
    else:
        on_log("The short commit id needs the whole history; fetching it.")
    remote.fetch(repository, None, timeout_s=timeout_s, watch=watch)
    return _commit_of(repository, commit or str(remote.source.ref), remote)


def _commit_of(repository: Path, name: str, remote: Remote) -> str:
    answer = run_git(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], cwd=repository)
    commit = answer.stdout.decode().strip()
    if answer.status or not _COMMIT.fullmatch(commit):
        source = remote.source
        error = SnapshotError("repository-ref-missing", source=source.location, ref=source.ref or "HEAD")
        raise error.seen_in(f"git fetch brought no commit of the name {name}")
    return commit


def _lay_out(
    source: Source, repository: Path, commit: str, *, into: Path, watch: _Watch, on_log: OnLog
) -> SnapshotFacts:
    reused = _reuse(source, commit, into, on_log)
    if reused is not None:
        return reused
    limit_bytes, where = watch.limits.size_bytes, source.location
    tree = inspect_tree(repository, commit, source=where, limit_bytes=limit_bytes, timeout_s=watch.left_s())
    files = repository.parent / "files"
    write_files(repository, commit, files, source=where, timeout_s=watch.left_s())
    if tree.submodules:
        on_log(f"Submodules are not fetched: {', '.join(tree.submodules[:10])}.")
    pointers = large_file_pointers(files)
    if pointers:
        on_log(f"Left as Git LFS pointers, without their content: {', '.join(pointers[:10])}.")
    facts: dict[str, object] = {
        "commit": commit,
        "committed_at": committed_at(repository, commit).isoformat(),
        "tree": tree.id,
    }
    publish(files, into=into, key=commit, facts=facts)
    result = _reuse(source, commit, into, on_log)
    if result is None:
        raise SnapshotError("internal-error", reason=f"the snapshot {commit} vanished from {into}")
    return result


def committed_at(repository: Path, commit: str) -> datetime:
    """Return the committer's date of `commit` as aware UTC; a date beyond the calendar is the epoch."""
    answer = run_git(["log", "-1", "--format=%ct", commit, "--"], cwd=repository)
    try:
        return datetime.fromtimestamp(int(answer.stdout), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _reuse(source: Source, commit: str, into: Path, on_log: OnLog) -> SnapshotFacts | None:
    found = stored(into, commit)
    if found is None:
        return None
    path, facts = found
    on_log(f"The files of commit {commit} are here.")
    return SnapshotFacts(
        source=source.location,
        ref=source.ref,
        commit=commit,
        committed_at=utc(facts.get("committed_at")),
        tree=str(facts["tree"]),
        swhid=f"swh:1:dir:{facts['tree']}",
        path=path,
        size_bytes=total_size(path),
        notebooks=outline_notebooks(path),
    )


class _Watch:
    """Ends a fetch that takes too long, from the first question on, or grows too large; called while git works."""

    def __init__(
        self, scratch: Path, source: Source, limits: FetchLimits, check: Callable[[], None] | None = None
    ) -> None:
        self.limits = limits
        self._check = check
        self._scratch = scratch
        self._source = source.location
        self._deadline = time.monotonic() + limits.timeout_s

    def left_s(self) -> float:
        """Return the seconds that are left, at least one."""
        return max(1.0, self._deadline - time.monotonic())

    def __call__(self) -> None:
        if self._check is not None:
            self._check()
        if time.monotonic() > self._deadline:
            raise SnapshotError("repository-too-slow", source=self._source, limit=f"{self.limits.timeout_s:.0f} s")
        try:
            size = total_size(self._scratch)
        except FileNotFoundError:  # git renames its temporary packs while they are counted
            return
        if size > self.limits.size_bytes:
            limit = size_words(self.limits.size_bytes)
            error = SnapshotError("repository-too-large", source=self._source, limit=limit)
            raise error.seen_in(f"git fetch had brought {size_words(size)} when it was stopped")
