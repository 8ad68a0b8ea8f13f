"""Ended processes that nobody waits for: a process of the tests that adopts orphans must also bury them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

# Whoever started a process itself asks for its end well within this time.
_LEFT_S: Final = 30.0


class Zombies:
    """Buries children of this process that ended long ago. Thousands of them would make every look at /proc slow."""

    def __init__(self) -> None:
        self._first_seen: dict[tuple[int, str], float] = {}
        self._looked_at = 0.0

    def bury_old(self) -> None:
        """Wait for those that have been zombies for a while; look at most once in that while."""
        now = time.monotonic()
        if now - self._looked_at < _LEFT_S:
            return
        self._looked_at = now
        seen = {zombie: self._first_seen.get(zombie, now) for zombie in _zombies()}
        for (pid, _), since in seen.items():
            if now - since >= _LEFT_S:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        self._first_seen = seen


def _zombies() -> list[tuple[int, str]]:
    """Process id and start time of this process's children that have ended."""
    found = []
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for pid in map(int, children.read_bytes().split()):
                with suppress(OSError):
                    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
                    if fields[0] == "Z":
                        found.append((pid, fields[19]))
    return found
