"""The dates that a repository may be resolved as of, each with the day it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from builder.models import Snapshot
from catalog.models import AsOf, Repository


@dataclass(frozen=True, slots=True)
class DateChoice:
    """A choice; `day` is None where nobody knows it, and then another date stands for it."""

    value: str
    label: str
    day: date | None


def date_choices(repository: Repository, snapshot: Snapshot | None) -> tuple[DateChoice, ...]:
    """Return the three choices for `repository` as it was fetched last."""
    days = {
        AsOf.COMMIT: snapshot.committed_at.date() if snapshot and snapshot.committed_at else None,
        AsOf.PUBLICATION: repository.publication.published_on,
        AsOf.TODAY: timezone.now().date(),
    }
    return tuple(DateChoice(choice.value, str(choice.label), days[choice]) for choice in AsOf)
