"""Tell again what was not told: after a fault, and what was written by other formats or for another address."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import Q

from catalog.expose import expose_or_log, take_back_orphans
from catalog.exposure.harvested import fingerprint_of
from catalog.models import ExposedRecord, RecordReason, UntoldPublication
from catalog.this_site import this_site

# Other things wait for the sweep.
_MOST: Final = 20


def tell_again(*, now: datetime, most: int = _MOST) -> int:
    """Tell a few publications that are due, and take back what deleted ones left; return how many were told."""
    stale = _stale(most)
    UntoldPublication.objects.bulk_create(
        (UntoldPublication(publication_id=pk, due_at=now) for pk in stale), ignore_conflicts=True
    )
    due = UntoldPublication.objects.filter(due_at__lte=now).order_by("due_at", "pk").select_related("publication")
    told = sum(_tell(one) for one in due[:most])
    take_back_orphans()
    return told


def _stale(most: int) -> list[int]:
    """Return the first publications with records that were written otherwise, and that do not wait to be told."""
    fingerprint = fingerprint_of(this_site())
    # Two ranges, since no index serves what is unequal.
    otherwise = Q(fingerprint__lt=fingerprint) | Q(fingerprint__gt=fingerprint)
    stale = ExposedRecord.objects.filter(otherwise, is_deleted=False).values("key")
    reasons = RecordReason.objects.filter(key__in=stale, publication__isnull=False, publication__untold=None)
    return list(reasons.order_by("publication").values_list("publication", flat=True).distinct()[:most])


def _tell(untold: UntoldPublication) -> bool:
    if not expose_or_log(untold.publication):
        return False
    # What failed meanwhile is due later, and stays.
    UntoldPublication.objects.filter(pk=untold.pk, due_at=untold.due_at).delete()
    return True
