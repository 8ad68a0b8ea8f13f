"""Who uses an environment, and since when nobody does: what decides whether it may be removed.

Whoever runs in an environment holds its directory shared-locked; the system releases that when the holder dies. Whoever
removes one needs the directory for itself. When it was used last is the time of a file beside it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from builder.engines.protocol import BuiltEnvironment
from builder.errors import BuildError

# Between being asked for and being run in nobody holds an environment; so long it is not removed.
GRACE_S: Final = 600.0
_REMOVED: Final = ".removed-"
_DIGEST_CHARACTERS: Final = 64


def place_of(built: BuiltEnvironment) -> Path:
    """Return the directory that is held while somebody runs in the environment."""
    if built.kept_at is not None:
        return built.kept_at
    return built.root.path.parent if built.root else built.prefix


@contextmanager
def in_use(place: Path) -> Iterator[None]:
    """Hold an environment, so that nobody removes it. Raises BuildError environment-removed when it is gone already."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise BuildError("environment-removed") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if not _is_same(descriptor, place):
            raise BuildError("environment-removed")
        mark_used(place)
        yield
        mark_used(place)
    finally:
        os.close(descriptor)


def is_in_use(place: Path) -> bool:
    """Tell whether somebody holds it now."""
    descriptor = _alone(place)
    if descriptor is None:
        return place.is_dir()
    os.close(descriptor)
    return False


def mark_used(place: Path) -> None:
    """Note that it is used now, if it is an environment of a store: these are named by a digest."""
    if len(place.name) == _DIGEST_CHARACTERS:
        with suppress(OSError):
            _mark(place).touch()


def used_at(place: Path) -> datetime | None:
    """Return when it was used last, None when nobody knows."""
    for path in (_mark(place), place):
        with suppress(OSError):
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None


def is_fresh(place: Path) -> bool:
    """Tell whether it was asked for so lately that its run may not have begun yet."""
    last = used_at(place)
    return last is not None and time.time() - last.timestamp() < GRACE_S


def remove_environment(place: Path) -> bool:
    """Remove it, at once out of sight and then from the disk; False when it is in use or not there."""
    descriptor = _alone(place)
    if descriptor is None:
        return False
    try:
        if not _is_same(descriptor, place):
            return False
        gone = _set_aside(place)
    finally:
        os.close(descriptor)
    with suppress(OSError):
        _mark(place).unlink()
    _delete(gone)
    return True


def replace_environment(place: Path, made: Path) -> None:
    """Put `made` where a damaged environment lies. Whoever runs in that keeps its files until the next sweep."""
    with suppress(FileNotFoundError):
        gone = _set_aside(place)
        if not is_in_use(gone):
            _delete(gone)
    made.rename(place)


def sweep_removed(folder: Path) -> int:
    """Delete what was set aside and nobody uses any more; return how many."""
    count = 0
    for gone in folder.glob(f"{_REMOVED}*"):
        if not is_in_use(gone):
            _delete(gone)
            count += 1
    return count


def _set_aside(place: Path) -> Path:
    gone = Path(tempfile.mkdtemp(prefix=_REMOVED, dir=place.parent))
    try:
        place.rename(gone)  # an empty directory is replaced
    except OSError:
        gone.rmdir()
        raise
    return gone


def _alone(place: Path) -> int | None:
    """Return a descriptor that holds the directory exclusively, None when that cannot be."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _is_same(descriptor: int, place: Path) -> bool:
    """Whether the directory that is held is still the one at this path."""
    held = os.fstat(descriptor)
    with suppress(OSError):
        here = place.stat()
        return (held.st_dev, held.st_ino) == (here.st_dev, here.st_ino)
    return False


def _mark(place: Path) -> Path:
    return place.with_name(f".{place.name}.used")


def _delete(folder: Path) -> None:
    """Delete all of it, also directories that an image made unwritable."""

    def open_and_retry(_function: object, path: str, _error: object) -> None:
        with suppress(OSError):
            parent = Path(path).parent
            parent.chmod(stat.S_IRWXU)
            if not Path(path).is_symlink() and Path(path).is_dir():
                Path(path).chmod(stat.S_IRWXU)
                shutil.rmtree(path, ignore_errors=True)
            else:
                Path(path).unlink()

    shutil.rmtree(folder, onerror=open_and_retry)
