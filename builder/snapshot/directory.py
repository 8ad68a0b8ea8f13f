"""Take a snapshot of a plain directory: the same content-addressed copy that a fetched repository gets."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from builder.errors import SnapshotError
from builder.snapshot.checkout import FetchLimits, committed_at
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.git import run_git
from builder.snapshot.notebooks import outline_notebooks
from builder.snapshot.store import partial_directory, publish, stored, total_size, utc
from builder.snapshot.tree import refuse_links_out, size_words

OnLog = Callable[[str], None]
_LEFT_OUT: Final = frozenset(
    {".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", ".venv", "node_modules", ".tox", ".nox", ".mypy_cache",
     ".pytest_cache", ".ruff_cache"}
)  # fmt: skip
# How the .gitignore of evidence begins: what an earlier check left is no part of the work.
EVIDENCE_MARK: Final = "# Evidence of Reprise"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def snapshot_directory(path: Path, *, into: Path, limits: FetchLimits, on_log: OnLog) -> SnapshotFacts:
    """Copy the directory `path` to its content-addressed place in `into` and return its facts.

    Of a clean git checkout exactly the committed files are taken, with commit and date (for a directory inside a
    checkout: of the last commit that touched it). Otherwise everything is taken but version control, virtual
    environments, caches, notebook checkpoints and evidence of earlier checks, the commit is None, and the date is that
    of the newest file.
    `path` is never written to. Raises SnapshotError directory-missing, disk-full,
    repository-empty, -too-large or -hostile.
    """
    if not path.is_dir():
        raise SnapshotError("directory-missing", source=path)
    path = path.resolve()
    with partial_directory(into) as scratch:
        files = scratch / "files"
        newest = _copy(path, files, limits, on_log)
        repository = scratch / "repository.git"
        tree = _write_tree(repository, files, str(path))
        commit, date = _clean_commit(path, files, repository, tree, on_log)
        if commit is not None:
            tree = _write_tree(repository, files, str(path))
        refuse_links_out(files, source=str(path))
        key = f"tree-{tree}" if commit is None else f"{commit}-{tree[:12]}"
        facts: dict[str, object] = {"commit": commit, "committed_at": (date or newest).isoformat(), "tree": tree}
        publish(files, into=into, key=key, facts=facts)
    found = stored(into, key)
    if found is None:
        raise SnapshotError("internal-error", reason=f"the snapshot {key} vanished from {into}")
    place, kept = found
    return SnapshotFacts(
        source=str(path),
        ref=None,
        commit=commit,
        committed_at=date or utc(kept.get("committed_at")),
        tree=tree,
        swhid=f"swh:1:dir:{tree}",
        path=place,
        size_bytes=total_size(place),
        notebooks=outline_notebooks(place),
    )


def _copy(source: Path, target: Path, limits: FetchLimits, on_log: OnLog) -> datetime:
    """Copy what counts, byte for byte, watching the size. Return the time of the newest file."""
    target.mkdir()
    size, newest = 0, _EPOCH
    for path in _counted(source, on_log):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            place.symlink_to(os.readlink(path))  # noqa: PTH115 (keeps the target as it was written)
            continue
        facts = path.stat()
        size += facts.st_size
        if size > limits.size_bytes:
            raise SnapshotError("repository-too-large", source=source, limit=size_words(limits.size_bytes))
        shutil.copyfile(path, place)
        place.chmod(0o755 if facts.st_mode & stat.S_IXUSR else 0o644)
        newest = max(newest, datetime.fromtimestamp(int(facts.st_mtime), UTC))
    return newest


def _counted(source: Path, on_log: OnLog) -> Iterator[Path]:
    for folder, folders, names in os.walk(source):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name for name in folders
            if name not in _LEFT_OUT
            and name not in links
            and not (here / name / "pyvenv.cfg").exists()
            and not _is_evidence(here / name)
        )  # fmt: skip
        for name in sorted([*names, *(link for link in links if link not in _LEFT_OUT)]):
            path = here / name
            mode = path.lstat().st_mode
            if name == ".git":
                continue
            if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield path
            else:
                on_log(f"Left out, because it is no file: {path.relative_to(source)}.")


def _is_evidence(folder: Path) -> bool:
    try:
        with (folder / ".gitignore").open("rb") as file:
            return file.read(len(EVIDENCE_MARK)) == EVIDENCE_MARK.encode()
    except OSError:
        return False


def _write_tree(repository: Path, files: Path, source: str) -> str:
    """Return git's id of `files`, computed in a repository of our own."""
    if not repository.exists():
        repository.mkdir()
        _checked(["init", "--quiet", "--bare", "."], repository)
        (repository / "info").mkdir(exist_ok=True)
        (repository / "info" / "attributes").write_text("* -text -ident -filter -working-tree-encoding\n", "ascii")
    (repository / "index").unlink(missing_ok=True)
    _checked(["--git-dir", str(repository), "--work-tree", str(files), "add", "--all", "--force", "."], files)
    if not _checked(["--git-dir", str(repository), "ls-files", "-z"], files):
        raise SnapshotError("repository-empty", source=source)
    return _checked(["--git-dir", str(repository), "write-tree"], files).decode().strip()


def _clean_commit(
    path: Path, files: Path, repository: Path, tree: str, on_log: OnLog
) -> tuple[str | None, datetime | None]:
    """Return commit and date when `files` hold all that is committed and besides only what is ignored; drop the latter.

    Nothing is run in `path` that reads filters or hooks from its configuration: a downloaded one may be hostile.
    """
    head = _asked(["log", "-1", "--format=%H", "HEAD", "--", "."], path).decode().strip()
    if not _COMMIT.fullmatch(head):
        return None, None
    committed = _entries(_asked(["ls-tree", "-r", "-z", "HEAD"], path))
    here = _entries(_checked(["ls-tree", "-r", "-z", tree], repository))
    changed = [name for name, entry in committed.items() if not _is_left_out(name) and here.get(name) != entry]
    if changed or any(_is_left_out(name) for name in committed):
        on_log(f"Not as committed: {_listed(changed)}. The snapshot names no commit.")
        return None, None
    extra = sorted(set(here) - set(committed))
    listing = b"\0".join(os.fsencode(name) for name in extra)
    ignored = _asked(["check-ignore", "--no-index", "-z", "--stdin"], path, listing) if extra else b""
    unknown = set(extra) - {os.fsdecode(name) for name in ignored.split(b"\0") if name}
    if unknown:
        on_log(f"Not committed: {_listed(sorted(unknown))}. The snapshot names no commit.")
        return None, None
    for name in extra:
        (files / name).unlink()
    if extra:
        on_log(f"Left out, because git ignores them: {_listed(extra)}.")
    return head, committed_at(path, head)


def _is_left_out(name: str) -> bool:
    return any(part in _LEFT_OUT for part in name.split("/"))


def _entries(listing: bytes) -> dict[str, bytes]:
    """Return mode and blob by path from `git ls-tree -z`; submodules are left out, as they are in the copy."""
    pairs = [entry.partition(b"\t") for entry in listing.split(b"\0") if entry]
    return {os.fsdecode(name): facts for facts, _, name in pairs if not facts.startswith(b"160000")}


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _asked(arguments: list[str], path: Path, stdin: bytes = b"") -> bytes:
    """Return git's answer about the directory, or nothing when it is no checkout."""
    answer = run_git(arguments, cwd=path, settings=("safe.directory=*",), stdin=stdin)
    return answer.stdout if answer.status == 0 else b""


def _checked(arguments: list[str], cwd: Path) -> bytes:
    answer = run_git(arguments, cwd=cwd)
    if answer.status:
        if "No space left" in answer.stderr:
            raise SnapshotError("disk-full", path=cwd)
        raise SnapshotError("internal-error", reason=f"git {arguments[0]}: {answer.stderr.strip()[-300:]}")
    return answer.stdout
