"""Not too fast: a pause between two questions to a host, and a longer one where the host asks for it."""

from __future__ import annotations

import threading
import time
from typing import Final

_MOST_HOSTS: Final = 1000


class Pace:
    """When each host may be asked again, in this process. `least_s` lies between two questions to the same host."""

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def take_turn(self, host: str, *, within_s: float) -> float | None:
        """Reserve the next turn at `host`; return the seconds until it, or None when it is not within `within_s`."""
        with self._lock:
            now = time.monotonic()
            wait_s = max(0.0, self._free_at.get(host, now) - now)
            if wait_s > within_s:
                return None
            self._put(host, now + wait_s + self._least_s)
            return wait_s

    def pause(self, host: str, seconds: float) -> None:
        """Do not ask `host` for so long: it asked for it."""
        with self._lock:
            until = time.monotonic() + min(seconds, 24 * 3600.0)
            self._put(host, max(until, self._free_at.get(host, until)))

    def _put(self, host: str, free_at: float) -> None:
        if len(self._free_at) >= _MOST_HOSTS:
            now = time.monotonic()
            self._free_at = {name: moment for name, moment in self._free_at.items() if moment > now}
        self._free_at[host] = free_at
