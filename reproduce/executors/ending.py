"""From how the batch system ended a job, and what the runner left, to a result or a cause. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final

from reproduce.errors import RunError
from reproduce.executors.scheduler import JobState
from reproduce.executors.script import MODULES_FAILED
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.events import now_text
from reproduce.runner.job import Failure, Job, Result, Status
from reproduce.runner.quantities import bytes_words, seconds_words

_REPEATED: Final = frozenset({"node-failed", "preempted", "interrupted", "lost"})
# A job that is told to end gets a signal: what that may look like from inside is not among these.
_SETTLED: Final = frozenset(
    {
        *("completed", "cell-timeout", "run-timeout", "out-of-memory", "out-of-disk", "out-of-output"),
        *("notebook-invalid", "sandbox-missing"),
    }
)
_LOG_CHARACTERS: Final = 4000


@dataclass(frozen=True, slots=True)
class Ending:
    """How one submission ended. `phase` is the scheduler's, "interrupted" or "lost".

    `result` is what the runner left, if anything. `is_time_capped` tells that the batch system's time was shorter than
    what the notebook's own limit and its start may take.
    """

    job: Job
    phase: str
    words: str = ""
    state: JobState | None = None
    result: Result | None = None
    log: str = ""
    started_at: str = field(default_factory=now_text)
    last_cell: dict[str, Any] | None = None
    cells_total: int = 0
    cells_done: int = 0
    is_kernel_ready: bool = False
    is_time_capped: bool = False
    time_s: int = 0
    starts: int = 0
    where: str = ""
    modules: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether the runner had told how it ended before the batch system could have had a hand in it."""
        return self.result is not None and self.result.status in _SETTLED

    @property
    def is_to_repeat(self) -> bool:
        """Whether it was lost through no doing of the notebook's, so that it is worth another submission."""
        if self.is_settled:
            return False
        return self.phase in _REPEATED or (self.phase == "completed" and self.result is None)


def conclude(ending: Ending, title: str, *, starts: int) -> Result:
    """Return the result. Raises RunError where the end says nothing of the notebook.

    What the runner had settled stays. Otherwise what the batch system did goes before what the runner saw of
    it: when a job is told to end, the kernel may be gone before the runner, which then reports a dead kernel.
    """
    if ending.is_settled or (ending.phase in ("completed", "failed") and ending.result is not None):
        return _placed(ending, ending.result)
    if ending.phase == "cancelled":
        return _short(ending, "cancelled", "it was cancelled", "")
    if ending.phase == "out-of-memory":
        limit = bytes_words(ending.job.limits.memory_bytes)
        return _short(ending, "out-of-memory", f"{title} ended it for the memory it took", limit)
    if ending.phase == "timed-out":
        if ending.is_time_capped or not ending.is_kernel_ready:
            raise RunError("scheduler-time-limit", scheduler=title, limit=seconds_words(ending.time_s))
        return _short(ending, "run-timeout", f"{title} ended it", seconds_words(ending.job.limits.run_timeout_s))
    if ending.phase == "failed":
        if MODULES_FAILED in ending.log:
            log = ending.log.replace(MODULES_FAILED, "")
            raise RunError("modules-not-loaded", modules=ending.modules, reason=_last_line(log))
        return _short(ending, "internal-error", f"the runner did not run on the node: {_last_line(ending.log)}", "")
    kind = "node-failed" if ending.phase in ("node-failed", "preempted", "interrupted") else "job-lost"
    raise RunError(kind, scheduler=title, attempts=starts)


def _short(ending: Ending, status: Status, words: str, limit: str) -> Result:
    """Return a result that ended short: on top of what the runner left, or made from the events."""
    place = ending.last_cell or {"id": None, "index": None}
    failure = Failure(place["id"], place["index"], "", words, ending.log[-_LOG_CHARACTERS:], limit)
    if ending.result is not None:
        return _placed(ending, dataclasses.replace(ending.result, status=status, failure=failure))
    made = Result(
        status=status,
        failure=failure,
        started_at=ending.started_at,
        ended_at=now_text(),
        run_s=0.0,
        first_cell_s=None,
        cells_total=ending.cells_total,
        cells_done=ending.cells_done,
        sandbox=confinement_of(ending.job).describe(""),
        machine={},
        digests={},
    )
    return _placed(ending, made)


def _placed(ending: Ending, result: Result | None) -> Result:
    assert result is not None  # noqa: S101 - the callers have looked
    where = {"scheduler": ending.where} if ending.where else {}
    modules = {"modules": ending.modules} if ending.modules else {}
    return dataclasses.replace(result, machine={**result.machine, **where, **modules})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it says nothing"
