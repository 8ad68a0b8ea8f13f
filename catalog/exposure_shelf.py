"""The store of records as harvesters read it: by position, so that the last page costs what the first did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from catalog.exposing import WRITERS_LOCK
from catalog.exposure.oai.shelf import Page, Selection, Shown
from catalog.models import ExposedMembership, ExposedRecord, ExposedSet, ExposureCounter

# A page is cut short where the records are large, so that memory stays bounded.
_MOST_BYTES: Final = 8 * 2**20
_BUSY_MS: Final = 250
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SHOWN: Final = ("key", "datestamp", "specs", "formats", "formats_ever")

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

    def find(self, key: str) -> Shown | None:
        """Return a record, its body included."""
        row = ExposedRecord.objects.filter(key=key).values_list("position", *_SHOWN, "body").first()
        return Shown(*row) if row else None

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

    def page(self, selection: Selection, *, after: int, most: int, with_bodies: bool) -> Page:
        """Return the next records of a selection."""
        rows = _rows(selection)
        if rows is None:
            return Page((), has_more=False)
        found = _headers(rows.filter(position__gt=after).order_by("position"), most + 1)
        fitting = min(most, _fitting(size for size, _, _ in found)) if with_bodies else most
        return Page(_shown(found[:fitting], with_bodies=with_bodies), has_more=len(found) > fitting)

    def last(self, selection: Selection, *, before: int, with_bodies: bool) -> Page:
        """Return the last record of a selection before a position, or none."""
        rows = _rows(selection)
        if rows is None:
            return Page((), has_more=False)
        found = _headers(rows.filter(position__lt=before).order_by("-position"), 1)
        return Page(_shown(found, with_bodies=with_bodies), has_more=False)


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


def _headers(rows: _Rows, most: int) -> list[tuple[int, int, Shown]]:
    """Return size, primary key and what is shown of the first of `rows`, bodies apart."""
    on_record = "record__" if rows.model is ExposedMembership else ""
    names = (f"{on_record}{name}" for name in ("size_bytes", "pk"))
    found: QuerySet[Any, tuple[Any, ...]] = rows.values_list(
        *names, "position", *(f"{on_record}{name}" for name in _SHOWN)
    )
    return [(size, pk, Shown(*row)) for size, pk, *row in found[:most]]


def _fitting(sizes: Iterator[int]) -> int:
    """Return how many of so large records make a page: at least one."""
    total = count = 0
    for size in sizes:
        total += size
        if count and total > _MOST_BYTES:
            break
        count += 1
    return count


def _shown(found: list[tuple[int, int, Shown]], *, with_bodies: bool) -> list[Shown]:
    """Return what is shown, with bodies where wanted.

    A record that changed since it was found is shown as it is now, at the place where it was: it comes again.
    """
    if not with_bodies:
        return [shown for _, _, shown in found]
    wanted = ExposedRecord.objects.filter(pk__in=[pk for _, pk, _ in found])
    now = {pk: row for pk, *row in wanted.values_list("pk", *_SHOWN, "body")}
    return [Shown(shown.position, *now[pk]) for _, pk, shown in found]


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
