"""Keep what harvesters are shown of a publication in step with what is known of it. Everything may be done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from catalog.clock import database_now
from catalog.exposing import put_record, withdraw_record
from catalog.exposure.record import Record
from catalog.exposure.relations import Addition, both_ways, with_additions
from catalog.minting import follow, with_own_dois
from catalog.models import Dataset, Publication, RecordReason, UntoldPublication
from catalog.records import dataset_key

log = structlog.get_logger(__name__)

_KEYS_AT_ONCE: Final = 500
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(days=1)
_MOST_DOUBLED: Final = 20


def expose_publication(publication: Publication) -> None:
    """Show exactly the records that all rooms have of a publication, and take back those that they no longer have.

    Call it last in the transaction in which the facts change: others wait for what it holds.
    """
    with transaction.atomic():
        reasons = RecordReason.objects.filter(publication=publication.pk)
        # Two at once would each show what the other has not yet written. The publication itself is not held: who holds
        # a run or a target that is written may wait here, and must not be waited for by who holds the publication.
        before = set(reasons.select_for_update().order_by("pk").values_list("key", flat=True))
        current = Publication.objects.filter(pk=publication.pk).first()
        if current is None:
            return
        records = _records(current)
        follow(records, minting=settings.REPRISE_MINT, now=database_now())
        records = with_own_dois(records)
        keys = {record.key for record in records}
        RecordReason.objects.bulk_create(
            (RecordReason(publication=current, key=key) for key in sorted(keys - before)),
            batch_size=_KEYS_AT_ONCE,
            ignore_conflicts=True,
        )
        reasons.filter(key__in=before - keys).delete()
        for record in records:
            put_record(record)
        _take_back(before - keys)


def expose_or_log(publication: Publication) -> bool:
    """The same where something else must not fail for it: a fault is logged, and the sweep tells it again.

    Return whether it was told.
    """
    try:
        with transaction.atomic():
            expose_publication(publication)
    except Exception:
        # Nothing that a record is made of may keep a verdict off the record.
        log.exception("not-exposed", publication=publication.pk)
        put_off(publication)
        return False
    return True


def put_off(publication: Publication) -> None:
    """Have a publication told again, later with every time that it could not be."""
    now = database_now()
    waiting, _ = UntoldPublication.objects.get_or_create(publication=publication, defaults={"due_at": now})
    waiting.due_at = now + min(_FIRST_WAIT * 2 ** min(waiting.tries, _MOST_DOUBLED), _LONGEST_WAIT)
    waiting.tries += 1
    waiting.save()


def expose_dataset(dataset: Dataset) -> None:
    """Show what became of a dataset, for each publication that rests on it or did so until now."""
    told = RecordReason.objects.filter(key=dataset_key(dataset.doi)).values("publication")
    with transaction.atomic():
        for publication in Publication.objects.filter(Q(datasets=dataset) | Q(pk__in=told)).distinct().order_by("pk"):
            expose_publication(publication)


def take_back_orphans() -> int:
    """Take back the records of publications that are no more; return how many."""
    with transaction.atomic():
        orphans = RecordReason.objects.filter(publication=None)
        keys = set(orphans.values_list("key", flat=True))
        orphans.delete()
        return _take_back(keys)


def _take_back(keys: Iterable[str]) -> int:
    """Withdraw the records that stand for no publication; what others share of them is told anew."""
    keys = sorted(keys)
    still = RecordReason.objects.filter(key__in=keys).exclude(publication=None)
    shared = set(still.values_list("key", flat=True))
    for key in keys:
        if key not in shared:
            withdraw_record(key)
    for publication in Publication.objects.filter(record_reasons__in=still).distinct().order_by("pk"):
        for record in with_own_dois(_records(publication)):
            if record.key in shared:
                put_record(record)
    return len(keys) - len(shared)


def _records(publication: Publication) -> tuple[Record, ...]:
    return both_ways(with_additions(one for make in _makers() for one in make(publication)))


def _makers() -> list[Callable[[Publication], Iterable[Record | Addition]]]:
    return [import_string(name) for name in settings.REPRISE_RECORDS]
