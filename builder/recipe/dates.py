"""Choose the date that requirements are resolved as of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Literal

AsOf = datetime | Literal["commit", "publication", "today"]


def choose_date(
    as_of: AsOf, *, committed_at: datetime | None, published_on: date | None, today: datetime
) -> tuple[datetime, str]:
    """Return the moment (UTC), and why it is this one.

    As of a publication is as of the end of its day. Where the wished date is not known, the other stands for it; a
    date in the future is today.
    """
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC), "the date that was asked for"
    if as_of == "today":
        return today.astimezone(UTC), "today, as asked for"
    published = None if published_on is None else _end_of(published_on, today)
    commit = (committed_at, "the commit", "the date of the commit")
    publication = (published, "the publication", "the date of the publication")
    first, second = (publication, commit) if as_of == "publication" else (commit, publication)
    for moment, name, reason in (first, second):
        if moment is None:
            continue
        if moment > today:
            return today.astimezone(UTC), f"today, because {name} carries a date in the future"
        absent = _absent(as_of) if name != first[1] else ""
        return moment.astimezone(UTC), reason + absent
    return today.astimezone(UTC), "today, because the files carry no date"


def _absent(as_of: AsOf) -> str:
    if as_of == "publication":
        return ", because that of the publication is not known"
    return ", because the files carry no date"


def _end_of(day: date, today: datetime) -> datetime:
    if day == today.astimezone(UTC).date():
        return today
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)
