"""Temporary directories that are held by whoever works in them, so that what a killed process left is told apart.

The system itself releases a hold when its holder dies, by whatever death.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

# In the name, so that it is there as soon as the directory is and goes with it: nothing is ever left unmarked.
_OURS: Final = ".reprise"


@contextmanager
def held_directory(prefix: str, folder: Path | None = None) -> Iterator[Path]:
    """Give a new directory, inside `folder` or the usual place of temporary ones; it is gone afterwards."""
    place, held = make_held(prefix, folder)
    try:
        yield place
    finally:
        release(place, held)


def make_held(prefix: str, folder: Path | None = None) -> tuple[Path, int]:
    """Make a directory that only this account may enter, and return it with the hold that `release` takes back."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=prefix, suffix=_OURS, dir=folder))
        # A sweep that came before the hold took it for one that nobody holds, and removed it.
        with suppress(FileNotFoundError):
            held = hold(place)
            if _is_at(held, place):
                return place, held
            os.close(held)


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
    """Remove the directories of this name in `folder` whose holder has died; return how many."""
    return sum(remove_unless_held(place) for place in folder.glob(f"{prefix}*{_OURS}") if _is_own(place))


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


def remove_tree(root: Path) -> None:
    """Remove a directory in which nobody writes any more, however deep and however closed. Follows no link.

    What lies deeper is moved up before it is emptied, so that no path is ever long and nothing is called in itself.
    """
    with suppress(OSError):
        root.chmod(0o700)
        top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _empty(top)
        finally:
            os.close(top)
        root.rmdir()


def _empty(top: int) -> None:
    # Not the names of an earlier removal that was killed: what it moved would be moved into itself.
    names = (f".removed-{secrets.token_hex(8)}" for _ in count())
    pending = _unlinked(top)
    while pending:
        name = pending.pop()
        with suppress(OSError):
            os.chmod(name, 0o700, dir_fd=top)
            directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
            try:
                for child, moved in zip(_unlinked(directory), names, strict=False):
                    with suppress(OSError):
                        os.chmod(child, 0o700, dir_fd=directory)
                        os.rename(child, moved, src_dir_fd=directory, dst_dir_fd=top)
                        pending.append(moved)
            finally:
                os.close(directory)
            os.rmdir(name, dir_fd=top)


def _unlinked(directory: int) -> list[str]:
    """Unlink all but directories; return the names of these."""
    directories = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                directories.append(entry.name)
            else:
                with suppress(OSError):
                    os.unlink(entry.name, dir_fd=directory)
    return directories


def _is_own(place: Path) -> bool:
    """Whether this account made it: in a shared place others may lay out anything."""
    with suppress(OSError):
        facts = place.lstat()
        return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid()
    return False


def _is_at(descriptor: int, place: Path) -> bool:
    """Whether the directory that is held still lies there. Raises FileNotFoundError when nothing does."""
    held, here = os.fstat(descriptor), place.stat()
    return (held.st_dev, held.st_ino) == (here.st_dev, here.st_ino)
