"""What a build may use. Beyond it, the build is ended with a cause of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """Limits of each program of a build: all its processes together, and everything in its own directory."""

    memory_bytes: int = 4 * 2**30
    disk_bytes: int = 10 * 2**30
    output_bytes: int = 50 * 2**20
    processes: int = 2000


DEFAULT_LIMITS: Final = BuildLimits()


def in_words(size_bytes: float) -> str:
    """Return a size as in "512 MiB" or "1.5 GiB"."""
    for unit in ("bytes", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.1f}".removesuffix(".0") + f" {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f}".removesuffix(".0") + " GiB"


def occupied_bytes(folders: Iterable[Path], *, least_bytes: int = 0) -> int:
    """Return the disk space below the folders, each file counted once whatever its names. Follows no link.

    `least_bytes` is what a file counts at least: an empty one takes room as well.
    """
    sizes: dict[tuple[int, int], int] = {}
    pending = [str(folder) for folder in folders]
    while pending:
        # What vanishes while it looks takes no space.
        with suppress(OSError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    facts = entry.stat(follow_symlinks=False)
                    sizes[facts.st_dev, facts.st_ino] = max(facts.st_blocks * 512, least_bytes)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
    return sum(sizes.values())
