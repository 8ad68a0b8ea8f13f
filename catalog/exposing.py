"""Put records where harvesters find them, and take them away.

A harvester that comes again asks for what changed since, so nothing may become visible with an earlier place in the
order than what it has already seen. Writers therefore stand in one line: whoever changes a record takes the lock, gets
the next position and the time, and holds the lock until the transaction of the caller is committed. The order of
commits is then the order of positions and of datestamps. Call these functions last in a transaction, since others wait
for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from catalog.clock import database_now
from catalog.exposure.harvested import formats_of
from catalog.exposure.record import Record
from catalog.exposure.sets import sets_of, with_those_above
from catalog.exposure.stored import digest_of, read_record, write_record
from catalog.models import ExposedMembership, ExposedRecord, ExposedSet, ExposureCounter

# The advisory lock of PostgreSQL that writers hold alone and readers ask for together; any number that is ours.
WRITERS_LOCK: Final = 0x0A1_9417


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What harvesters are shown under a key: `record` is None where it is deleted."""

    key: str
    record: Record | None
    datestamp: datetime
    sets: tuple[str, ...]

    @property
    def is_deleted(self) -> bool:
        return self.record is None


def put_record(record: Record) -> bool:
    """Show a record to harvesters; return whether that changed anything.

    A record that says the same as before keeps its datestamp, whenever it says that it was updated. One that was
    withdrawn comes back. Call it inside the transaction in which the facts change that the record is made of.
    """
    wanted = _Wanted.of(record)
    if _is_as_wanted(wanted, ExposedRecord.objects.filter(key=record.key).first()):
        return False
    with transaction.atomic():
        position, datestamp = _next_position()
        shown = ExposedRecord.objects.filter(key=record.key).first()
        if _is_as_wanted(wanted, shown):
            return False
        shown = shown or ExposedRecord(key=record.key, formats_ever=0)
        shown.body, shown.digest, shown.is_deleted = write_record(record), wanted.digest, False
        shown.size_bytes = len(shown.body.encode())
        shown.specs, shown.formats = " ".join(wanted.sets), wanted.formats
        shown.formats_ever |= wanted.formats
        _move(shown, position, datestamp)
        _enrol(shown, with_those_above(wanted.sets))
    return True


def withdraw_record(key: str) -> bool:
    """Show harvesters that a record is deleted, until it is put again if ever; return whether that changed anything.

    It stays in the sets that it was in, so that who harvests one of them learns of it.
    """
    if not ExposedRecord.objects.filter(key=key, is_deleted=False).exists():
        return False
    with transaction.atomic():
        position, datestamp = _next_position()
        shown = ExposedRecord.objects.filter(key=key, is_deleted=False).first()
        if shown is None:
            return False
        shown.body, shown.size_bytes, shown.digest, shown.is_deleted, shown.formats = "", 0, "", True, 0
        _move(shown, position, datestamp)
        shown.memberships.update(position=position)
    return True


def stored_record(key: str) -> StoredRecord | None:
    """Return what harvesters are shown under a key; None where there never was anything."""
    shown = ExposedRecord.objects.filter(key=key).first()
    if shown is None:
        return None
    record = None if shown.is_deleted else read_record(shown.body)
    return StoredRecord(shown.key, record, shown.datestamp, tuple(shown.specs.split()))


@dataclass(frozen=True, slots=True)
class _Wanted:
    digest: str
    sets: dict[str, str]
    formats: int

    @classmethod
    def of(cls, record: Record) -> _Wanted:
        return cls(digest_of(record), sets_of(record), formats_of(record))


def _is_as_wanted(wanted: _Wanted, shown: ExposedRecord | None) -> bool:
    return (
        shown is not None
        and not shown.is_deleted
        and (shown.digest, shown.specs, shown.formats) == (wanted.digest, " ".join(wanted.sets), wanted.formats)
    )


def _next_position() -> tuple[int, datetime]:
    """Wait for the right to write, and return the next position and its datestamp.

    SQLite gives the right with the transaction itself. The row of PostgreSQL's counter would do as well, but a reader
    could not ask whether it is locked without writing to it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
    now = database_now().replace(microsecond=0)
    counter, _ = ExposureCounter.objects.get_or_create(pk=1, defaults={"datestamp": now})
    counter.position += 1
    # A clock that was set back must not put what is new behind what was seen.
    counter.datestamp = max(now, counter.datestamp)
    counter.save()
    return counter.position, counter.datestamp


def _move(shown: ExposedRecord, position: int, datestamp: datetime) -> None:
    shown.position, shown.datestamp = position, datestamp
    shown.save()


def _enrol(shown: ExposedRecord, sets: dict[str, str]) -> None:
    held = dict(ExposedSet.objects.filter(spec__in=sets).values_list("spec", "name"))
    renamed = [ExposedSet(spec=spec, name=name[:500]) for spec, name in sets.items() if held.get(spec) != name[:500]]
    if renamed:
        ExposedSet.objects.bulk_create(renamed, update_conflicts=True, unique_fields=["spec"], update_fields=["name"])
    shown.memberships.all().delete()
    ExposedMembership.objects.bulk_create(
        ExposedMembership(exposed_set_id=pk, record=shown, position=shown.position, formats_ever=shown.formats_ever)
        for pk in ExposedSet.objects.filter(spec__in=sets).values_list("pk", flat=True)
    )
