"""Run a notebook again, to see what of it comes out the same each time. Knows no database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from catalog.causes import Cause, CausedError, cause
from reproduce.diagnose import Facts, explain_failure
from reproduce.runner.job import Job, Result

# How a run of the author's work ends that says of it that it does not always end the same. Of time this is not said:
# a busy machine is slower.
_FINDINGS: Final = frozenset({"cell-raised", "kernel-died", "out-of-memory", "out-of-disk", "out-of-output"})


@dataclass(frozen=True, slots=True)
class Repetition:
    """How often a notebook is run in all, the first run included: always, or only where the first run differs."""

    runs: int = 1
    is_always: bool = True

    def can_follow(self, result: Result) -> bool:
        """Tell whether a notebook that was run once may be run again. One that ended short is not."""
        return self.runs > 1 and result.status == "completed"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A further run of the same notebook: how it ended, None where it could not be run, and where its evidence is."""

    result: Result | None
    cause: Cause | None
    bundle: Path

    @property
    def is_complete(self) -> bool:
        """Whether its outputs can be compared with those of the others."""
        is_ours = self.cause is not None and self.cause.fault != "author"
        return self.result is not None and self.result.status == "completed" and not is_ours

    @property
    def is_cancelled(self) -> bool:
        """Whether it was ended by whoever asked."""
        return self.result is not None and self.result.status == "cancelled"

    @property
    def finding(self) -> Cause | None:
        """What it says of the work that the notebook ended otherwise than before; nothing of a fault of the service."""
        if self.cause is None or self.result is None or self.cause.fault != "author":
            return None
        return cause("unstable-run", reason=self.cause.message) if self.result.status in _FINDINGS else None


def run_again(
    job: Job,
    bundle: Path,
    repetition: Repetition,
    *,
    run: Callable[[Job, Path], Result],
    facts: Callable[[Result, Path], Facts],
    tell: Callable[[dict[str, Any]], None],
) -> tuple[Repeated, ...]:
    """Run the job again, as often as asked for, each time as a job of its own with a bundle of its own.

    What does not come to its end by the service's fault is told and left out; the notebook's own end, or a
    cancellation, is the last.
    """
    found: list[Repeated] = []
    for number in range(2, repetition.runs + 1):
        tell({"type": "log", "text": f"Run {number} of {repetition.runs}, to see what comes out the same each time."})
        tell({"type": "restarted"})
        place = bundle / f"run-{number}"
        try:
            result = run(replace(job, id=str(uuid.uuid4())), place)
            found.append(Repeated(result, explain_failure(facts(result, place)), place))
        except CausedError as error:
            found.append(Repeated(None, error.cause, place))
        ended = found[-1]
        if ended.cause is not None and not ended.is_cancelled:
            tell({"type": "log", "text": f"Run {number} did not come to its end: {ended.cause.message}"})
        if ended.finding or ended.is_cancelled:
            break
    return tuple(found)
