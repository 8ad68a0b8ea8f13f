"""The log of a build, bounded: how it began and how it ended, whatever a stranger's program says in between."""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_LINES_EACH: Final = 3_000
MOST_CHARACTERS: Final = 2_000


class BuildLog:
    """Keeps the first and the last lines. Not for use from several threads at once without a lock of one's own."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._last: deque[str] = deque(maxlen=MOST_LINES_EACH)
        self._count = 0

    def add(self, line: str) -> str:
        """Take a line; return it as it is kept."""
        kept = line.replace("\x00", "")
        if len(kept) > MOST_CHARACTERS:
            kept = f"{kept[:MOST_CHARACTERS]} …"
        self._count += 1
        (self._first if len(self._first) < MOST_LINES_EACH else self._last).append(kept)
        return kept

    def is_full(self) -> bool:
        """Tell whether lines are only kept by forgetting earlier ones: nobody follows these live."""
        return self._count > MOST_LINES_EACH

    def text(self) -> str:
        """Return the log, saying how many lines are missing."""
        missing = self._count - len(self._first) - len(self._last)
        gap = [f"… {missing} lines are left out here …"] if missing else []
        return "\n".join([*self._first, *gap, *self._last])
