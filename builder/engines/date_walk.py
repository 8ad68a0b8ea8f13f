"""Find the first later date on which something can be had, with few attempts and always the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, TypeVar

# First in growing steps, because the date is mostly near; then halving what is left between a failure and a success.
_STEPS: Final = tuple(timedelta(days=days) for days in (30, 90, 180, 365, 730, 1460))
_HALVINGS: Final = 11
T = TypeVar("T")
_DAY: Final = timedelta(days=1)


def first_date(start: datetime, end: datetime, last: T, attempt: Callable[[datetime], T | None]) -> T:
    """Return what `attempt` gives at the first date after `start` at which it gives something.

    It gave nothing at `start` and `last` at `end`. Dates are whole days after `start`. Exact to the day where what can
    be had once can be had from then on, and the interval is below six years; at most 17 attempts.
    """
    low, high, found = start, end, last
    for date in _growing(start, end):
        answer = attempt(date)
        if answer is not None:
            high, found = date, answer
            break
        low = date
    for _ in range(_HALVINGS):
        middle = start + _DAY * round(((low - start) + (high - low) / 2) / _DAY)
        if not low < middle < high:
            break
        answer = attempt(middle)
        if answer is None:
            low = middle
        else:
            high, found = middle, answer
    return found


def _growing(start: datetime, end: datetime) -> Iterator[datetime]:
    for step in _STEPS:
        if start + step < end:
            yield start + step
