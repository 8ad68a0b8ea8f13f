"""What a git tree holds, judged before anything of it is written to disk."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.errors import SnapshotError
from builder.snapshot.git import run_git

_FILES_LIMIT: Final = 200_000
_NAME_LIMIT: Final = 255
_PATH_LIMIT: Final = 1024
_LFS_MARK: Final = b"version https://git-lfs.github.com/spec/"
_LFS_SIZE_LIMIT: Final = 1024
_RAW_ATTRIBUTES: Final = "* -text -ident -filter -eol -working-tree-encoding -export-subst\n"


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What was found: git's id of the tree, its files' size, submodules that are left out, files kept as pointers."""

    id: str
    size_bytes: int
    files: int
    submodules: tuple[str, ...]
    symlinks: tuple[str, ...]


def inspect_tree(
    repository: Path, commit: str, *, source: str, limit_bytes: int, timeout_s: float = 120.0
) -> TreeFacts:
    """Judge the tree of `commit` in the bare `repository`.

    Raises SnapshotError: repository-empty, repository-too-large, repository-hostile (names no file system should see).
    """
    tree = run_git(["rev-parse", "--verify", f"{commit}^{{tree}}"], cwd=repository)
    listing = run_git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit], cwd=repository, timeout_s=timeout_s)
    if tree.status or listing.status:
        raise SnapshotError("repository-hostile", source=source, reason="its objects are damaged")
    if listing.stdout.count(b"\0") > _FILES_LIMIT:
        raise SnapshotError("repository-too-large", source=source, limit=f"{_FILES_LIMIT} files")
    entries = [entry for entry in listing.stdout.split(b"\0") if entry]
    size = 0
    submodules: list[str] = []
    symlinks: list[str] = []
    for entry in entries:
        meta, _, raw_name = entry.partition(b"\t")
        mode, _, _, entry_size = meta.split()
        name = _judge_name(raw_name, source)
        if mode == b"160000":
            submodules.append(shown_name(name))
            continue
        if mode == b"120000":
            symlinks.append(shown_name(name))
        size += int(entry_size)
    if len(entries) == len(submodules):
        raise SnapshotError("repository-empty", source=source).seen_in(f"git ls-tree {commit} lists no file")
    if size > limit_bytes:
        error = SnapshotError("repository-too-large", source=source, limit=size_words(limit_bytes))
        raise error.seen_in(f"git ls-tree {commit} lists {len(entries)} entries of {size} bytes")
    return TreeFacts(tree.stdout.decode().strip(), size, len(entries), tuple(submodules), tuple(symlinks))


def write_files(repository: Path, commit: str, files: Path, *, source: str, timeout_s: float) -> None:
    """Write the blobs of `commit` byte for byte to `files`: no filter, no line-end conversion, no submodule.

    Raises SnapshotError repository-hostile for a symbolic link that leaves `files`.
    """
    # info/attributes stands above every .gitattributes of the repository.
    (repository / "info").mkdir(exist_ok=True)
    (repository / "info" / "attributes").write_text(_RAW_ATTRIBUTES, encoding="ascii")
    files.mkdir()
    answer = run_git(
        ["--work-tree", str(files), "checkout", "--force", "--quiet", commit, "--", "."],
        cwd=repository,
        variables={"GIT_DIR": str(repository), "GIT_INDEX_FILE": str(repository / "snapshot-index")},
        timeout_s=timeout_s,
    )
    if answer.status:
        if "No space left" in answer.stderr:
            raise SnapshotError("disk-full", path=files.parent)
        reason = last_line(answer.stderr)
        raise SnapshotError("repository-hostile", source=source, reason=reason).seen_in(f"git checkout: {reason}")
    refuse_links_out(files, source=source)


def refuse_links_out(root: Path, *, source: str) -> None:
    """Raise SnapshotError repository-hostile when a symbolic link under `root` leads out of it."""
    real_root = os.path.realpath(root)
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = os.path.join(folder, name)  # noqa: PTH118 (os.walk over many files)
            if os.path.islink(path):  # noqa: PTH114
                target = os.path.realpath(path)
                if target != real_root and not target.startswith(real_root + os.sep):
                    shown = shown_name(os.path.relpath(path, root))
                    reason = f"the symbolic link {shown} leads out of it"
                    error = SnapshotError("repository-hostile", source=source, reason=reason)
                    raise error.seen_in(f"{shown} -> {os.readlink(path)}")  # noqa: PTH115


def large_file_pointers(root: Path) -> tuple[str, ...]:
    """Return the files under `root` that are Git LFS pointers, whose content is therefore not here."""
    found: list[str] = []
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LFS_SIZE_LIMIT:
            continue
        with path.open("rb") as file:
            if file.read(len(_LFS_MARK)) == _LFS_MARK:
                found.append(shown_name(path.relative_to(root).as_posix()))
    return tuple(found)


def shown_name(name: str) -> str:
    """Return a file's name as text that can be printed and kept: what is no UTF-8 becomes a question mark."""
    return os.fsencode(name).decode("utf-8", "replace")


def size_words(size_bytes: int) -> str:
    """Return the size as people say it: "1 GiB", "300 MiB"."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.3g} {name}"
    return f"{size_bytes} bytes"


def last_line(text: str) -> str:
    """Return the last line that says something, without git's prefix."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ").removeprefix("error: ") if lines else "git gives no reason"


def line_with(pattern: re.Pattern[str], text: str) -> str:
    """Return the last line that the pattern fits, "" where none does."""
    return next((line.strip() for line in reversed(text.splitlines()) if pattern.search(line)), "")


def _judge_name(raw: bytes, source: str) -> str:
    # Some old repositories hold names in another encoding, which are taken as they are.
    name = raw.decode("utf-8", "surrogateescape")
    parts = name.split("/")
    is_strange = (
        any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
        or any(ord(character) < 32 or ord(character) == 127 for character in name)
        or any(len(part) > _NAME_LIMIT for part in raw.split(b"/"))
        or len(raw) > _PATH_LIMIT
    )
    if is_strange:
        raise _strange_name(source, raw)
    return name


def _strange_name(source: str, raw: bytes) -> SnapshotError:
    shown = ascii(raw[:80].decode("utf-8", "replace"))[1:-1]
    return SnapshotError("repository-hostile", source=source, reason=f"the file name “{shown}”")
