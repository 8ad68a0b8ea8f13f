"""Temporary directories that are held by whoever works in them, so that what a killed process left is told apart.

The system itself releases a hold when its holder dies, by whatever death.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_MARK: Final = ".reprise-held"


@contextmanager
def held_directory(prefix: str, folder: Path | None = None) -> Iterator[Path]:
    """Give a new directory, inside `folder` or the usual place of temporary ones; it is gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    held = mark_held(place)
    try:
        yield place
    finally:
        release(place, held)


def mark_held(place: Path) -> int:
    """Hold a directory that lies among those of other programs, and mark it as one that may be swept."""
    held = hold(place)
    # Marked only once it is held: a sweep never meets a marked directory whose maker is about to hold it.
    (place / _MARK).touch()
    return held


def hold(place: Path) -> int:
    """Hold the directory until the descriptor is closed or this process dies. Children do not inherit the hold."""
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def release(place: Path, held: int) -> None:
    """Remove a directory that this process holds, and its hold."""
    try:
        remove_tree(place)
    finally:
        os.close(held)


def sweep_left(folder: Path, prefix: str) -> int:
    """Remove the marked directories in `folder` whose holder has died; return how many."""
    return sum(
        remove_unless_held(place) for place in folder.glob(f"{prefix}*") if (place / _MARK).is_file() and _is_own(place)
    )


def remove_unless_held(place: Path) -> bool:
    """Remove a directory unless somebody holds it; return whether it went."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(place)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return not place.exists()


def remove_tree(place: Path) -> None:
    """Remove everything, also what was made unreadable."""
    shutil.rmtree(place, onerror=_open_and_retry)


def _is_own(place: Path) -> bool:
    """Whether this account made it: in a shared place others may lay out anything."""
    with suppress(OSError):
        facts = place.lstat()
        return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid()
    return False


def _open_and_retry(_function: object, path: str, _error: object) -> None:
    with suppress(OSError):
        Path(path).parent.chmod(0o700)
        if stat.S_ISDIR(os.lstat(path).st_mode):
            Path(path).chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink()
