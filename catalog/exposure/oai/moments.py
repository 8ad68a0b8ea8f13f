"""Dates and times as OAI-PMH writes them: in UTC, to the day or to the second."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

GRANULARITY: Final = "YYYY-MM-DDThh:mm:ssZ"

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECOND: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def write_moment(at: datetime) -> str:
    """Return a moment to the second, what is less left out."""
    utc = at.astimezone(UTC)
    # strftime does not fill up the years before 1000.
    return f"{utc.year:04}-{utc.month:02}-{utc.day:02}T{utc.hour:02}:{utc.minute:02}:{utc.second:02}Z"


def is_day(text: str) -> bool:
    """Tell whether a text has the form of a day, and not of a moment."""
    return _DAY.fullmatch(text) is not None


def first_moment(text: str) -> datetime:
    """Return the moment of a text, the first of a day. Raises ValueError where it is neither."""
    if is_day(text):
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    if not _SECOND.fullmatch(text):
        raise ValueError(text)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def last_moment(text: str) -> datetime:
    """Return the moment of a text, the last second of a day. Raises ValueError where it is neither."""
    first = first_moment(text)
    return first + timedelta(days=1) - timedelta(seconds=1) if is_day(text) else first
