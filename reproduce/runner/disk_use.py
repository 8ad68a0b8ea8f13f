"""How much disk a running notebook uses, measured a little at a time."""

from __future__ import annotations

import os
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
