"""Jobs in the batch system whose run is over, or has been taken by another attempt: nobody awaits them any more."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from reproduce.executors.scheduler import Scheduler
from reproduce.executors.stage import Stage

NAME_BEGIN: Final = "reprise-"
_NAME: Final = re.compile(rf"{NAME_BEGIN}([0-9a-f]{{32}})")
_STAGE: Final = re.compile(rf"{_NAME.pattern}\.([a-z0-9-]{{1,64}})")


def end_orphans(scheduler: Scheduler, known: Mapping[uuid.UUID, uuid.UUID | None]) -> int:
    """Cancel the jobs of runs that `known` has, but not under the claim they were submitted for; return how many.

    `known` gives the claim of each run on record, None where it is over. A job of a run that is not on record belongs
    to another installation, or to a command line, and is left alone.
    """
    ended = 0
    for number, (run, attempt) in jobs_of_runs(scheduler).items():
        if run in known and str(known[run]) != attempt:
            scheduler.cancel(number)
            ended += 1
    return ended


def jobs_of_runs(scheduler: Scheduler) -> dict[str, tuple[uuid.UUID, str]]:
    """Return the jobs that were submitted for runs and are not over: {number: (run, attempt)}."""
    return dict(_read(scheduler.find(NAME_BEGIN).items()))


def stages_of_runs(shared: Path) -> dict[Path, tuple[uuid.UUID, str]]:
    """Return the directories in which jobs of runs were put: {directory: (run, attempt)}."""
    return {
        place: (uuid.UUID(match[1]), match[2]) for place in shared.glob("*") if (match := _STAGE.fullmatch(place.name))
    }


def remove_stages(
    stages: Mapping[Path, tuple[uuid.UUID, str]],
    known: Mapping[uuid.UUID, uuid.UUID | None],
    busy: AbstractSet[uuid.UUID],
) -> int:
    """Remove what workers that died left for attempts that are over; return how many. `busy` runs still have a job."""
    over = [
        place
        for place, (run, attempt) in stages.items()
        if run in known and run not in busy and str(known[run]) != attempt
    ]
    for place in over:
        Stage(place).remove()
    return len(over)


def _read(found: Iterable[tuple[str, tuple[str, str]]]) -> Iterable[tuple[str, tuple[uuid.UUID, str]]]:
    for number, (name, comment) in found:
        if match := _NAME.fullmatch(name):
            yield number, (uuid.UUID(match[1]), comment)
