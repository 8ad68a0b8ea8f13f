"""What a run wrote into its copy of the repository: declared files are kept, all are listed, both within bounds."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

MOST_NAMES: Final = 500
MOST_HASHED_BYTES: Final = 1 << 30
MOST_KEPT_FILES: Final = 200
_MOST_ENTRIES: Final = 500_000
_NAME_CHARACTERS: Final = 500
# Written by merely looking at notebooks and importing modules.
_LEFT_OUT: Final = frozenset({"__pycache__", ".ipynb_checkpoints", ".git"})


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of the copy that is new, or has another content than the repository's."""

    path: str
    size_bytes: int
    is_new: bool


def find_written(work: Path, source: Path, *, since_ns: int) -> list[WrittenFile]:
    """Return the plain files that the run wrote, sorted. Call it when no process of the run is left.

    `since_ns` is a change time (ctime) of the file system when the copy was complete: a program without privileges can
    set every time of a file but that one. A file that only got other permissions is none.
    """
    found = []
    for path, seen in _changed(work, since_ns):
        before = _stat(source / path)
        is_same = before is not None and (before.st_mtime_ns, before.st_size) == (seen.st_mtime_ns, seen.st_size)
        if not is_same:
            found.append(WrittenFile(path, seen.st_size, before is None))
    return sorted(found, key=lambda file: file.path)


def matches(path: str, pattern: str) -> bool:
    """Tell whether a path is meant by a pattern: * and ? stand for what lies in one directory."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def keep_declared(
    written: list[WrittenFile], work: Path, target: Path, patterns: tuple[str, ...], *, most_bytes: int
) -> list[str]:
    """Copy what was written and declared to `target`; return the paths, as many as fit."""
    kept: list[str] = []
    left_bytes = most_bytes
    for file in written:
        if not is_shown_as_it_is(file.path) or not any(matches(file.path, pattern) for pattern in patterns):
            continue
        left_bytes -= file.size_bytes
        if left_bytes < 0 or len(kept) == MOST_KEPT_FILES:
            break
        destination = target / file.path
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(work / file.path, destination, follow_symlinks=False)
        kept.append(file.path)
    return kept


def listing(written: list[WrittenFile], work: Path, kept: list[str]) -> dict[str, Any]:
    """Return the list for the result: at most MOST_NAMES names, of which MOST_HASHED_BYTES are read for digests."""
    left_bytes = MOST_HASHED_BYTES
    rows = []
    for file in written[:MOST_NAMES]:
        left_bytes -= file.size_bytes
        rows.append(
            {
                "path": shown(file.path),
                "size_bytes": file.size_bytes,
                "sha256": _digest(work / file.path) if left_bytes >= 0 else None,
                "is_new": file.is_new,
                "is_kept": file.path in kept,
            }
        )
    return {"files": rows, "count": len(written), "bytes": sum(file.size_bytes for file in written)}


def is_shown_as_it_is(path: str) -> bool:
    """Tell whether a path has no sign that would have to be replaced to be shown."""
    return shown(path) == path


def shown(path: str) -> str:
    """Return a path as text that every page and database can hold."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else "·" for sign in text[:_NAME_CHARACTERS])


def _changed(work: Path, since_ns: int) -> Iterator[tuple[str, os.stat_result]]:
    if work.is_symlink():
        return  # the copy itself was replaced: what the link leads to is not the run's
    left = _MOST_ENTRIES
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(work / folder) as entries:
                inside = list(entries)
        except OSError:
            continue
        for entry in inside:
            left -= 1
            if left < 0:
                return
            if entry.name in _LEFT_OUT:
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                seen = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(seen.st_mode):
                pending.append(path)
            elif stat.S_ISREG(seen.st_mode) and seen.st_ctime_ns > since_ns:
                yield path, seen


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (OSError, ValueError):
        return None


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
