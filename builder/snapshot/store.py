"""The place of snapshots on this disk: one directory per content, complete or not there at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from builder.errors import SnapshotError
from builder.held_directory import held_directory, sweep_left

_FACTS: Final = "facts.json"
_FILES: Final = "files"
_PARTIAL: Final = ".partial-"
_PARTIAL_AGE_S: Final = 24 * 3600


@contextmanager
def partial_directory(into: Path) -> Iterator[Path]:
    """Give a scratch directory inside `into` that is gone afterwards; remove what killed fetches left.

    A full disk is raised as SnapshotError disk-full.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        _sweep(into)
        with held_directory(_PARTIAL, into) as scratch:
            yield scratch
    except OSError as error:
        _raise_as_cause(error, into)


def publish(files: Path, *, into: Path, key: str, facts: dict[str, object]) -> Path:
    """Move finished `files` to their place under `key` and return it; what is there already stays and is returned.

    `files` must lie in a partial directory of `into`, so that the move is one rename.
    """
    size = make_read_only(files)
    (files.parent / _FACTS).write_text(json.dumps({**facts, "size_bytes": size}), encoding="utf-8")
    # In what is held, so that it goes with it if this process is killed here.
    staged = files.parent / "done"
    staged.mkdir()
    (files.parent / _FACTS).rename(staged / _FACTS)
    files.rename(staged / _FILES)
    place = into / key
    try:
        staged.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if stored(into, key) is None:
            # What stood there was damaged since; the new copy takes its place.
            place.rename(files.parent / "damaged")
            staged.rename(place)
        else:
            remove_tree(staged)
    return place / _FILES


def stored(into: Path, key: str) -> tuple[Path, dict[str, object]] | None:
    """Return the files and facts kept under `key`, or None when there are none or a file is missing or cut short."""
    place = into / key
    try:
        facts = json.loads((place / _FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(facts, dict) or total_size(place / _FILES) != facts.get("size_bytes"):
        return None
    return place / _FILES, facts


def utc(text: object) -> datetime | None:
    """Return the aware time that a fact holds, or None."""
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def total_size(root: Path) -> int:
    """Return the sum of the sizes of the regular files under `root`, in bytes."""
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            facts = os.lstat(os.path.join(folder, name))  # noqa: PTH118 (os.walk over many files)
            total += facts.st_size if stat.S_ISREG(facts.st_mode) else 0
    return total


def make_read_only(root: Path) -> int:
    """Take the write permission from every file under `root`; return the size of all files in bytes."""
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118
            facts = os.lstat(path)
            if stat.S_ISREG(facts.st_mode):
                total += facts.st_size
                Path(path).chmod(stat.S_IMODE(facts.st_mode) & 0o555 | 0o444)
    return total


def remove_tree(root: Path) -> None:
    """Remove `root` with everything in it, as far as this process may."""
    shutil.rmtree(root, ignore_errors=True)


def _sweep(into: Path) -> None:
    sweep_left(into, _PARTIAL)
    # What was half-way to its place when the fetch was killed is marked by nobody.
    oldest = time.time() - _PARTIAL_AGE_S
    for left in into.glob(f"{_PARTIAL}*"):
        try:
            if left.stat().st_mtime < oldest:
                remove_tree(left)
        except FileNotFoundError:
            continue


def _raise_as_cause(error: OSError, into: Path) -> NoReturn:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise SnapshotError("disk-full", path=into) from error
    raise error
