"""Asks a batch system for the state of one job, in a thread of its own: an answer may take longer than an event may."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

from catalog.causes import CausedError
from reproduce.executors.scheduler import JobState, Scheduler, SchedulerUnreachableError

_FORGOTTEN_TIMES: Final = 3
_HURRY_S: Final = 0.3
_HURRY_FOR_S: Final = 10.0


class StateWatch:
    """The newest that the batch system said of a job.

    `state` is None until it answered. `is_forgotten` turns true when it answered several times running that it knows
    no such job. `answered_at` is when it answered last (monotonic, seconds), `unreachable_s` how long it has not,
    `silence` in its own words why.
    """

    def __init__(self, scheduler: Scheduler, job: str, name: str, *, poll_s: float) -> None:
        self.state: JobState | None = None
        self.is_forgotten = False
        self.silence = ""
        self.error: CausedError | None = None
        self._scheduler = scheduler
        self._job = job
        self._name = name
        self._poll_s = poll_s
        self.answered_at = time.monotonic()
        self._missed = 0
        self._hurry_until = 0.0
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"batch-job-{job}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._wake.set()

    @property
    def unreachable_s(self) -> float:
        """Seconds since it last answered, 0 when it answered the last time it was asked."""
        return time.monotonic() - self.answered_at if self.silence else 0.0

    def hurry(self) -> None:
        """Ask at once, and often for a while: the end is near."""
        self._hurry_until = time.monotonic() + _HURRY_FOR_S
        self._wake.set()

    def _look(self) -> None:
        while not self._stop.is_set():
            try:
                found = self._scheduler.state(self._job, self._name)
            except SchedulerUnreachableError as error:
                self.silence = str(error)
            except CausedError as error:
                self.error = error
            else:
                self._missed = 0 if found else self._missed + 1
                self.answered_at = time.monotonic()
                self.silence = ""
                self.state = found or self.state
                self.is_forgotten = self._missed >= _FORGOTTEN_TIMES
            is_in_hurry = self._missed > 0 or time.monotonic() < self._hurry_until
            self._wake.wait(min(_HURRY_S, self._poll_s) if is_in_hurry else self._poll_s)
            self._wake.clear()
