"""How much disk a running notebook uses, measured a little at a time, and how it is all removed, whatever it made."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

# A file without content still takes an inode, of which a disk has fewer than it has blocks.
_LEAST_BYTES: Final = 4096
# A path may have 4096 bytes; what lies deeper is reached from a directory held open on the way.
_PATH_CHARACTERS: Final = 2000
_LOOK_AT_CLOCK_EVERY: Final = 256


class DiskMeter:
    """Measures directories that are being written to, over and over again, without ever taking long at a time."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        self._roots = roots
        self._pass: Iterator[int] | None = None
        self._total = 0

    def advance(self, within_s: float) -> int | None:
        """Measure on for so long; return the bytes below the roots when everything was seen once, None until then."""
        end = time.monotonic() + within_s
        if self._pass is None:
            self._pass, self._total = _sizes(self._roots), 0
        for number, size in enumerate(self._pass, 1):
            self._total += size
            if number % _LOOK_AT_CLOCK_EVERY == 0 and time.monotonic() > end:
                return None
        self._pass = None
        return self._total


def used_bytes(*roots: Path) -> int:
    """Disk space of everything below the roots; each file counts as one block at least."""
    return sum(_sizes(roots))


class _Anchor:
    """A directory held open, from which paths lead on; closed when no path does."""

    def __init__(self, path: str, base: int | None) -> None:
        self.fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=base)

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            os.close(self.fd)


def _sizes(roots: tuple[Path, ...]) -> Iterator[int]:
    for root in roots:
        with suppress(OSError):
            yield from _sizes_below(_Anchor(os.fspath(root), None))


def _sizes_below(top: _Anchor) -> Iterator[int]:
    pending: list[tuple[_Anchor, str]] = [(top, ".")]
    while pending:
        anchor, path = pending.pop()
        with suppress(OSError):
            if len(path) > _PATH_CHARACTERS:
                anchor, path = _Anchor(path, anchor.fd), "."
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            directory = os.open(path, flags, dir_fd=anchor.fd)
            try:
                with os.scandir(directory) as entries:
                    for entry in entries:
                        with suppress(OSError):
                            yield max(entry.stat(follow_symlinks=False).st_blocks * 512, _LEAST_BYTES)
                            if entry.is_dir(follow_symlinks=False):
                                pending.append((anchor, f"{path}/{entry.name}"))
            finally:
                os.close(directory)


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
    moved = 0
    pending = _unlinked(top)
    while pending:
        name = pending.pop()
        with suppress(OSError):
            os.chmod(name, 0o700, dir_fd=top)
            directory = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
            try:
                for child in _unlinked(directory):
                    moved += 1
                    with suppress(OSError):
                        os.chmod(child, 0o700, dir_fd=directory)
                        os.rename(child, f".removed-{moved}", src_dir_fd=directory, dst_dir_fd=top)
                        pending.append(f".removed-{moved}")
            finally:
                os.close(directory)
            os.rmdir(name, dir_fd=top)


def _unlinked(directory: int) -> list[str]:
    """Unlink all but directories; return the names of those."""
    directories = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                directories.append(entry.name)
            else:
                with suppress(OSError):
                    os.unlink(entry.name, dir_fd=directory)
    return directories
