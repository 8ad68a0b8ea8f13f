"""Jobs in the batch system whose run is over, or has been taken by another attempt: nobody awaits them any more."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from reproduce.executors.scheduler import Scheduler

NAME_BEGIN: Final = "reprise-"
_NAME: Final = re.compile(rf"{NAME_BEGIN}([0-9a-f]{{32}})")


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


def _read(found: Iterable[tuple[str, tuple[str, str]]]) -> Iterable[tuple[str, tuple[uuid.UUID, str]]]:
    for number, (name, comment) in found:
        if match := _NAME.fullmatch(name):
            yield number, (uuid.UUID(match[1]), comment)
