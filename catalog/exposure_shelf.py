"""The store of records as harvesters read it: by position, so that the last page costs what the first did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, TextField, When
from django.db.models.functions import Cast
from django.utils import timezone

from catalog.exposing import WRITERS_LOCK
from catalog.exposure.harvested import FORMATS
from catalog.exposure.oai.shelf import Page, Selection, Shown
from catalog.exposure.oai.written import write_form
from catalog.exposure.stored import read_record
from catalog.models import ExposedMembership, ExposedRecord, ExposedSet, ExposureCounter
from catalog.this_site import this_site

# A page is cut short where the records are large, so that memory stays bounded; those that are, are read by themselves.
_MOST_BYTES: Final = 8 * 2**20
_LARGE_BYTES: Final = 16_000
_BUSY_MS: Final = 250
_OTHERS: Final = ("specs", "formats", "formats_ever")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Rows = QuerySet[ExposedRecord] | QuerySet[ExposedMembership]


class DatabaseShelf:
    """The shelf of catalog.exposure.oai on the database."""

    def as_of(self) -> datetime:
        """Return now where nobody is about to write, else the newest datestamp: a writer under way has none before."""
        now = _now_on_postgresql() if connection.vendor == "postgresql" else _now_on_sqlite()
        if now is not None:
            return now
        return ExposureCounter.objects.values_list("datestamp", flat=True).first() or _EPOCH

    def earliest(self) -> datetime:
        """Return the first datestamp, or now where there is none: what comes later has a later one."""
        ordered = ExposedRecord.objects.order_by("datestamp", "position")
        return ordered.values_list("datestamp", flat=True).first() or timezone.now()

    def find(self, key: str, *, bit: int = 0) -> Shown | None:
        """Return a record, with its XML in the format of `bit` where there is one."""
        return next(iter(_page(ExposedRecord.objects.filter(key=key), bit, most=1).shown), None)

    def sets(self) -> Iterable[tuple[str, str]]:
        """Return spec and name of every set that is not empty."""
        members = ExposedMembership.objects.filter(exposed_set=OuterRef("pk"))
        return sorted(ExposedSet.objects.filter(Exists(members)).values_list("spec", "name"))

    def example_key(self) -> str:
        """Return the key of the record that has not changed for longest, or an empty string."""
        shown = ExposedRecord.objects.filter(is_deleted=False).order_by("position")
        return shown.values_list("key", flat=True).first() or ""

    def count(self, selection: Selection) -> int:
        """Return how many records a selection has; one look over an index."""
        rows = _rows(selection)
        return 0 if rows is None else rows.count()

    def page(self, selection: Selection, *, after: int, most: int, with_xml: bool) -> Page:
        """Return the next records of a selection."""
        rows = _rows(selection)
        if rows is None:
            return Page((), has_more=False)
        return _page(rows.filter(position__gt=after).order_by("position"), selection.bit if with_xml else 0, most=most)

    def last(self, selection: Selection, *, before: int, with_xml: bool) -> Page:
        """Return the last record of a selection before a position, or none."""
        rows = _rows(selection)
        if rows is None:
            return Page((), has_more=False)
        found = _page(rows.filter(position__lt=before).order_by("-position"), selection.bit if with_xml else 0, most=1)
        return Page(found.shown, has_more=False)


def _rows(selection: Selection) -> _Rows | None:
    """Return the rows of a selection, of the records or of one set's members; None where there can be none.

    Positions and datestamps have one order, so that times are turned into positions, and one index serves.
    """
    rows: _Rows = ExposedRecord.objects.all()
    if selection.set_spec:
        held = ExposedSet.objects.filter(spec=selection.set_spec).values_list("pk", flat=True).first()
        if held is None:
            return None
        rows = ExposedMembership.objects.filter(exposed_set_id=held)
    dated = ExposedRecord.objects.values_list("position", flat=True)
    if selection.since:
        first = dated.filter(datestamp__gte=selection.since).order_by("datestamp", "position").first()
        if first is None:
            return None
        rows = rows.filter(position__gte=first)
    if selection.until:
        last = dated.filter(datestamp__lte=selection.until).order_by("-datestamp", "-position").first()
        if last is None:
            return None
        rows = rows.filter(position__lte=last)
    return rows.alias(wanted=F("formats_ever").bitand(selection.bit)).filter(wanted__gt=0)


def _page(rows: _Rows, bit: int, *, most: int) -> Page:
    """Return the first of `rows` as they are shown, with their XML in the format of `bit` where one is wanted.

    A moment is read as text: to make a datetime of each and to write it again takes longer than all else of a page.
    """
    on_record = "record__" if rows.model is ExposedMembership else ""
    told = rows.annotate(said_at=Cast(f"{on_record}datestamp", TextField()))
    shown = ("position", f"{on_record}key", "said_at", *(f"{on_record}{name}" for name in _OTHERS))
    if not bit:
        found = list(told.values_list(*shown)[: most + 1])
        return Page([_show(row) for row in found[:most]], has_more=len(found) > most)
    kept = FilteredRelation(f"{on_record}xml", condition=Q(**{f"{on_record}xml__bit": bit}))
    small = Case(When(**{f"{on_record}size_bytes__lte": _LARGE_BYTES}, then="kept__text"))
    rows_of_xml = told.annotate(kept=kept, small=small).values_list(*shown, f"{on_record}size_bytes", "small")
    found = list(rows_of_xml[: most + 1])
    fitting = _fitting(row[-2] for row in found[:most])
    lacking = [row[1] for row in found[:fitting] if row[-1] is None and row[4] & bit]
    read = _read(lacking, bit) if lacking else {}
    page = [_show(row[:-2], read.get(row[1], "") if row[-1] is None else row[-1]) for row in found[:fitting]]
    return Page(page, has_more=len(found) > fitting)


def _show(row: tuple[Any, ...], xml: str = "") -> Shown:
    position, key, said_at, specs, formats, formats_ever = row
    return Shown(position, key, f"{said_at[:10]}T{said_at[11:19]}Z", specs, formats, formats_ever, xml)


def _fitting(sizes: Iterable[int]) -> int:
    """Return how many of so large records make a page: at least one."""
    total = count = 0
    for size in sizes:
        total += size
        if count and total > _MOST_BYTES:
            break
        count += 1
    return count


def _read(keys: list[str], bit: int) -> dict[str, str]:
    """Return the XML of records in one format by key; it is written of one that was put before any was kept."""
    (wanted,) = (each for each in FORMATS.values() if each.bit == bit)
    records = ExposedRecord.objects.filter(key__in=keys, is_deleted=False).annotate(
        kept=FilteredRelation("xml", condition=Q(xml__bit=bit))
    )
    return {
        key: text or write_form(read_record(body), wanted, this_site())
        for key, body, text in records.values_list("key", "body", "kept__text")
    }


def _now_on_postgresql() -> datetime | None:
    """Return the database's time, or None while a writer holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s), clock_timestamp()", [WRITERS_LOCK])
        is_quiet, now = cursor.fetchone()
    return now if is_quiet else None


def _now_on_sqlite() -> datetime | None:
    """Return the time, or None while another connection writes: only then can this one not begin to."""
    if connection.in_atomic_block:
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        try:
            with transaction.atomic():
                return timezone.now()
        except OperationalError:
            return None
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
