"""Which kernels are worth having ready: slots dealt to what was asked for lately, as seats are to votes. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

_MOST_REMEMBERED: Final = 100


class Demand:
    """Remembers what was asked for in the last `idle_s` seconds. Times are in seconds, of any clock that only grows."""

    def __init__(self, idle_s: float) -> None:
        self._idle_s = idle_s
        self._asked: dict[str, deque[float]] = {}

    def ask(self, key: str, now: float) -> None:
        """Note that somebody asked for this key."""
        self._asked.setdefault(key, deque(maxlen=_MOST_REMEMBERED)).append(now)

    def is_asked(self, key: str) -> bool:
        """Tell whether the key was asked for lately, as of the last time that `wanted` was called."""
        return key in self._asked

    def wanted(self, slots: int, now: float) -> list[str]:
        """Return a key for each slot, the most wanted first, no key more often than it was asked for.

        The slots are dealt by the method of D'Hondt; of two that were asked for equally often the later goes first.
        """
        self._drop_old(now)
        dealt: list[str] = []
        for _ in range(slots):
            open_keys = [key for key, times in self._asked.items() if dealt.count(key) < len(times)]
            if not open_keys:
                break
            dealt.append(max(open_keys, key=lambda key: self._weight(key, dealt.count(key))))
        return dealt

    def _weight(self, key: str, given: int) -> tuple[float, float]:
        times = self._asked[key]
        return len(times) / (given + 1), times[-1]

    def _drop_old(self, now: float) -> None:
        for key, times in list(self._asked.items()):
            while times and now - times[0] > self._idle_s:
                times.popleft()
            if not times:
                del self._asked[key]
