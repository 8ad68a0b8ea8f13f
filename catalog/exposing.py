"""Put records where harvesters find them, and take them away.

Each is kept with its XML in every format, so that giving it is reading it.

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
from catalog.exposure.harvested import fingerprint_of, formats_of
from catalog.exposure.oai.written import write_forms
from catalog.exposure.record import Record
from catalog.exposure.sets import sets_of, with_those_above
from catalog.exposure.stored import digest_of, read_record, write_record
from catalog.models import ExposedMembership, ExposedRecord, ExposedSet, ExposedXml, ExposureCounter
from catalog.this_site import this_site

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

    A record that says the same as before, and in the same XML, keeps its datestamp, whenever it says that it was
    updated. One that was withdrawn comes back. Call it inside the transaction in which the facts change that the record
    is made of.
    """
    wanted = _Wanted.of(record)
    if wanted.is_kept_by(ExposedRecord.objects.filter(key=record.key).first()):
        return False
    body, forms = write_record(record), write_forms(record, this_site())
    with transaction.atomic():
        position, datestamp = _next_position()
        shown = ExposedRecord.objects.filter(key=record.key).first()
        if wanted.is_kept_by(shown):
            return False
        has_changed = shown is None or not wanted.is_told_by(shown) or _forms_of(shown) not in ({}, forms)
        shown = shown or ExposedRecord(key=record.key, formats_ever=0)
        shown.size_bytes = max(len(text.encode()) for text in (body, *forms.values()))
        shown.fingerprint = wanted.fingerprint
        if has_changed:
            shown.body, shown.digest, shown.is_deleted = body, wanted.digest, False
            shown.specs, shown.formats = " ".join(wanted.sets), wanted.formats
            shown.formats_ever |= wanted.formats
            shown.position, shown.datestamp = position, datestamp
        shown.save()
        if has_changed:
            _enrol(shown, with_those_above(wanted.sets))
        _keep(shown, forms)
    return has_changed


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
        shown.position, shown.datestamp = position, datestamp
        shown.save()
        shown.xml.all().delete()
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
    fingerprint: str

    @classmethod
    def of(cls, record: Record) -> _Wanted:
        return cls(digest_of(record), sets_of(record), formats_of(record), fingerprint_of(this_site()))

    def is_told_by(self, shown: ExposedRecord) -> bool:
        """Tell whether what is shown says the same."""
        told = (shown.digest, shown.specs, shown.formats)
        return not shown.is_deleted and told == (self.digest, " ".join(self.sets), self.formats)

    def is_kept_by(self, shown: ExposedRecord | None) -> bool:
        """Tell whether what is shown says the same, and its XML was written as it would be now."""
        return shown is not None and self.is_told_by(shown) and shown.fingerprint == self.fingerprint


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


def _forms_of(shown: ExposedRecord) -> dict[int, str]:
    return dict(shown.xml.values_list("bit", "text"))


def _keep(shown: ExposedRecord, forms: dict[int, str]) -> None:
    shown.xml.all().delete()
    ExposedXml.objects.bulk_create(ExposedXml(record=shown, bit=bit, text=text) for bit, text in forms.items())


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
