"""From submission to end: events out of the shared file system, states out of the batch system, cancellation in."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Final

from reproduce.errors import RunError
from reproduce.executors.ending import Ending
from reproduce.executors.protocol import IsCancelled, OnEvent
from reproduce.executors.scheduler import OVER, JobState, Request, Scheduler, SchedulerUnreachableError
from reproduce.executors.stage import EventTail, Stage
from reproduce.executors.watch import StateWatch
from reproduce.runner.events import now_text
from reproduce.runner.job import Job, Result

_LOOK_S: Final = 0.2
# A batch system asks first and waits long before it kills.
_URGENT_S: Final = 1.6
# How many times the lag of the file system a job may take from its start in the queue to its first sign.
_START_LAGS: Final = 4
# One that cannot be reached is not waited for by whoever has cancelled.
_CANCEL_S: Final = 30.0
_WORDS: Final = {
    "lost": "is not known to it any more, and left no result.",
    "node-failed": "was lost with its node.",
    "preempted": "had to make place for another.",
    "interrupted": "was interrupted on its node.",
    "completed": "left no result.",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds: for a start, for a batch system that does not answer, for the file system.

    `starts` is how often a job that was lost through no doing of the notebook's is submitted; `poll_s` is the time
    between two questions to the batch system.
    """

    pending_s: float = 7 * 86_400.0
    unreachable_s: float = 3600.0
    lag_s: float = 30.0
    starts: int = 3
    poll_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job that a batch system has taken: its number there, what was asked, and where it lies."""

    scheduler: Scheduler
    number: str
    request: Request
    stage: Stage
    job: Job


class Follower:
    """Follows one submitted job. `is_over` tells that the batch system has put it away: nothing is left to be ended."""

    def __init__(self, submitted: Submitted, patience: Patience, tell: OnEvent, is_cancelled: IsCancelled) -> None:
        self.is_over = False
        self._scheduler = submitted.scheduler
        self._number = submitted.number
        self._request = submitted.request
        self._stage = submitted.stage
        self._job = submitted.job
        self._patience = patience
        self._tell = tell
        self._is_cancelled = is_cancelled
        self._tail = EventTail(submitted.stage)
        self._started_at = now_text()
        self._last_cell: dict[str, Any] | None = None
        self._cells = {"total": 0, "done": 0}
        self._is_kernel_ready = False
        self._said = ""
        self._pending_since = time.monotonic()
        self._cancelled_at: float | None = None
        self._urgent_at: float | None = None
        self._told_end_at: float | None = None
        self._waited_at = -math.inf

    def follow(self) -> Ending:
        """Return how the job ended. Raises RunError for what the batch system does not do or never will."""
        with StateWatch(self._scheduler, self._number, self._request.name, poll_s=self._patience.poll_s) as watch:
            while True:
                self._take_events(watch)
                if watch.error is not None:
                    raise watch.error
                self._heed_cancellation(watch)
                if self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _CANCEL_S:
                    return self._ending("cancelled", watch.state, self._stage.result(), "")
                state = watch.state
                if state is not None and state.phase in OVER:
                    self.is_over = not state.is_left
                    return self._ended(state)
                if watch.is_forgotten:
                    self.is_over = True
                    return self._ended(None)
                if state is not None:
                    self._heed_state(state)
                    if (ending := self._overdue(state, watch.answered_at)) is not None:
                        return ending
                if watch.unreachable_s > self._patience.unreachable_s:
                    return self._unheard(watch)
                if watch.silence:
                    self._say(f"{self._scheduler.title} does not answer: {watch.silence} It goes on waiting.")
                time.sleep(_LOOK_S)

    def _take_events(self, watch: StateWatch) -> None:
        events = self._tail.read()
        if self._tail.is_restarted:
            self._last_cell, self._cells, self._is_kernel_ready = None, {"total": 0, "done": 0}, False
            self._told_end_at = None
            self._tell({"type": "log", "text": "The job begins anew; what the earlier start did does not count."})
            self._tell({"type": "restarted"})
        for event in events:
            self._note(event)
            self._tell(event)
            if event["type"] == "ended":
                self._told_end_at = time.monotonic()
                watch.hurry()

    def _note(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "kernel-started":
            self._is_kernel_ready = True
            self._cells["total"] = int(event["total"])
        elif kind == "cell-started":
            self._last_cell = event
        elif kind == "cell-ended" and event["status"] == "done":
            self._cells["done"] += 1

    def _heed_cancellation(self, watch: StateWatch) -> None:
        """Cancel the job when it is asked for; once more and harder when that does not end it."""
        now = time.monotonic()
        if self._cancelled_at is None and self._is_cancelled():
            self._cancelled_at = now
            self._urgent_at = now + _URGENT_S
            self._cancel(watch, is_urgent=False)
        elif self._urgent_at is not None and now > self._urgent_at:
            self._urgent_at = now + _URGENT_S
            self._cancel(watch, is_urgent=True)

    def _cancel(self, watch: StateWatch, *, is_urgent: bool) -> None:
        try:
            self._scheduler.cancel(self._number, is_urgent=is_urgent)
        except SchedulerUnreachableError as error:
            self._say(f"{self._scheduler.title} does not answer: {error} The job is cancelled when it does.")
        watch.hurry()

    def _heed_state(self, state: JobState) -> None:
        """Say what has changed; give up a job that will never start."""
        now = time.monotonic()
        title = self._scheduler.title
        if state.phase == "pending":
            self._waited_at = now
            self._say(f"{title} job {self._number} waits" + (f": {state.reason}" if state.reason else ""))
            if state.is_hopeless and self._cancelled_at is None:
                raise RunError(
                    "scheduler-refused", scheduler=title, reason=f"the job would wait for ever: {state.reason}"
                )
            if now - self._pending_since > self._patience.pending_s:
                hours = f"{self._patience.pending_s / 3600:.3g} hours"
                raise RunError(
                    "scheduler-never-started", scheduler=title, limit=hours, reason=state.reason or "unknown"
                )
        else:
            self._pending_since = now
            if state.phase == "running":
                self._say(f"{title} job {self._number} runs" + (f" on node {state.node}" if state.node else ""))

    def _ended(self, state: JobState | None) -> Ending:
        """Collect what is still to come through the file system, and tell how it ended."""
        is_result_due = state is not None and state.phase == "completed"
        result = self._stage.result(self._patience.lag_s if is_result_due or state is None else 0.0)
        while events := self._tail.read():
            for event in events:
                self._note(event)
                self._tell(event)
        log = self._stage.log_text()
        phase: str = "lost" if state is None else state.phase
        if self._cancelled_at is not None:
            phase = "cancelled"
        elif phase in ("completed", "failed", "node-failed") and self._scheduler.memory_words.search(
            self._stage.scheduler_text()
        ):
            phase = "out-of-memory"
        elif phase in ("completed", "failed") and result is not None and result.status == "cancelled":
            # Nobody here asked for it, and it was not the batch system: the node was shut down, or somebody killed it.
            phase = "interrupted"
        return self._ending(phase, state, result, log)

    def _overdue(self, state: JobState, answered_at: float) -> Ending | None:
        """The runner told its end long ago and the job still counts as running: its result counts all the same.

        A batch system that was restarted in the moment of a job's end may learn of that end only much later. A runner
        that was told to end, though nobody here asked for it, was interrupted; its job is then ended here as well.
        """
        if state.phase != "running" or self._cancelled_at is not None or self._told_end_at is None:
            return None
        # What it said before is no word about the end.
        if answered_at - self._told_end_at < self._patience.lag_s:
            return None
        result = self._stage.result()
        if result is None:
            return None
        title = self._scheduler.title
        if result.status == "cancelled":
            if answered_at - self._waited_at < _START_LAGS * self._patience.lag_s:
                # It was put back into the queue, and starts anew, unless the batch system has forgotten that as well.
                return None
            self._say(f"{title} still counts job {self._number} as running, but it was interrupted.")
            return self._ending("interrupted", state, result, self._stage.log_text())
        self._say(f"{title} still counts job {self._number} as running, but it has told its result.")
        return self._ending("completed", state, result, self._stage.log_text())

    def _unheard(self, watch: StateWatch) -> Ending:
        """The batch system has not answered for longer than is waited: a result that is there counts all the same."""
        result = self._stage.result()
        if result is None:
            title = self._scheduler.title
            raise RunError("scheduler-unreachable", scheduler=title, reason=watch.silence)
        return self._ending("completed", watch.state, result, self._stage.log_text())

    def _ending(self, phase: str, state: JobState | None, result: Result | None, log: str) -> Ending:
        return Ending(
            self._job,
            phase,
            state=state,
            result=result,
            log=log,
            started_at=self._started_at,
            last_cell=self._last_cell,
            cells_total=self._cells["total"],
            cells_done=self._cells["done"],
            is_kernel_ready=self._is_kernel_ready,
            is_time_capped=self._request.time_s == self._request.resources.time_s,
            time_s=self._request.time_s,
            starts=self._tail.started,
            words=f"{self._scheduler.title} job {self._number} {_WORDS.get(phase, phase)}",
        )

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._tell({"type": "log", "text": text})
