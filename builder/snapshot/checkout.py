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
        watch = _watch(scratch, source, limits, check)
        remote = open_remote(
            source, repository=repository, allowed_schemes=allowed_schemes, allow_private=allow_private, watch=watch
        )
        commit, full_ref = remote.resolve(source.ref)
        if commit is not None:
            facts = _reuse(source, commit, into, on_log)
            if facts is not None:
                return facts
        commit = _fetch(remote, repository, commit, full_ref, watch=watch, timeout_s=limits.timeout_s, on_log=on_log)
        return _lay_out(source, repository, commit, into=into, limits=limits, on_log=on_log)


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
        raise SnapshotError("repository-ref-missing", source=source.location, ref=source.ref or "HEAD")
    return commit


def _lay_out(
    source: Source, repository: Path, commit: str, *, into: Path, limits: FetchLimits, on_log: OnLog
) -> SnapshotFacts:
    reused = _reuse(source, commit, into, on_log)
    if reused is not None:
        return reused
    tree = inspect_tree(repository, commit, source=source.location, limit_bytes=limits.size_bytes)
    files = repository.parent / "files"
    write_files(repository, commit, files, source=source.location, timeout_s=limits.timeout_s)
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


def _watch(scratch: Path, source: Source, limits: FetchLimits, check: Callable[[], None] | None) -> Callable[[], None]:
    """Return what ends a fetch that takes too long, from the first question on, or grows too large."""
    deadline = time.monotonic() + limits.timeout_s

    def watch() -> None:
        if check is not None:
            check()
        if time.monotonic() > deadline:
            raise SnapshotError("repository-too-slow", source=source.location, limit=f"{limits.timeout_s:.0f} s")
        try:
            size = total_size(scratch)
        except FileNotFoundError:  # git renames its temporary packs while they are counted
            return
        if size > limits.size_bytes:
            limit = size_words(limits.size_bytes)
            raise SnapshotError("repository-too-large", source=source.location, limit=limit)

    return watch
