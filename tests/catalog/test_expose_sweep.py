"""What was not told, or was written by other formats or for another address, is told again by the sweep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog import exposing
from catalog.expose import expose_or_log, expose_publication
from catalog.expose_sweep import tell_again
from catalog.exposure import harvested
from catalog.exposure.record import Record
from catalog.models import ExposedRecord, ExposedXml, Publication, RecordReason, UntoldPublication
from catalog.records import records_of
from tests.personas import People, make_publication

MOVED = "https://elsewhere.example.org"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that datestamps are taken from: the last of the list."""
    times = [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    monkeypatch.setattr(exposing, "database_now", lambda: times[-1])
    return times


def stamps() -> set[datetime]:
    return set(ExposedRecord.objects.values_list("datestamp", flat=True))


def _broken(_publication: Publication) -> Iterator[Record]:
    raise ValueError("a fault of ours")
    yield


def _broken_for_one(publication: Publication) -> Iterator[Record]:
    if publication.doi == "10.5072/broken":
        raise ValueError("a fault of ours")
    yield from records_of(publication)


def test_what_could_not_be_told_is_told_when_it_is_due(publication: Publication, settings: Settings) -> None:
    right, settings.REPRISE_RECORDS = settings.REPRISE_RECORDS, (f"{__name__}._broken",)
    assert not expose_or_log(publication)
    settings.REPRISE_RECORDS = right
    assert tell_again(now=timezone.now()) == 0
    assert tell_again(now=timezone.now() + timedelta(minutes=2)) == 1
    assert ExposedRecord.objects.filter(key=f"publication/{publication.doi}", is_deleted=False).exists()
    assert not UntoldPublication.objects.exists()


def test_what_fails_again_is_tried_later_and_at_last_once_a_day(publication: Publication, settings: Settings) -> None:
    settings.REPRISE_RECORDS = (f"{__name__}._broken",)
    waits = []
    for _ in range(14):
        expose_or_log(publication)
        waits.append(UntoldPublication.objects.get().due_at - timezone.now())
    assert waits[0] < waits[1] < waits[2] < timedelta(minutes=5)
    assert timedelta(hours=23) < waits[-1] <= timedelta(days=1)


def test_one_that_cannot_be_told_holds_up_no_other(
    people: People, publication: Publication, settings: Settings
) -> None:
    broken = make_publication(people.owner, doi="10.5072/broken")
    for one in (broken, publication):
        expose_publication(one)
    settings.REPRISE_RECORDS = (f"{__name__}._broken_for_one",)
    settings.REPRISE_URL = MOVED
    assert [tell_again(now=timezone.now(), most=1) for _ in range(3)].count(1) == 1
    assert UntoldPublication.objects.get().publication == broken


def test_a_new_address_is_told_by_the_sweep_with_new_datestamps(
    publication: Publication, settings: Settings, clock: list[datetime], client: Client
) -> None:
    expose_publication(publication)
    clock.append(clock[-1] + timedelta(days=1))
    assert tell_again(now=timezone.now()) == 0
    settings.REPRISE_URL = MOVED
    assert tell_again(now=timezone.now()) == 1
    assert stamps() == {clock[-1]}
    assert (
        f"{MOVED}/doi/{publication.doi}" in client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").content.decode()
    )
    assert tell_again(now=timezone.now()) == 0


@pytest.mark.parametrize("writes_otherwise", [True, False])
def test_a_format_of_a_new_version_gives_a_new_datestamp_only_where_it_writes_otherwise(
    publication: Publication, clock: list[datetime], monkeypatch: pytest.MonkeyPatch, *, writes_otherwise: bool
) -> None:
    expose_publication(publication)
    clock.append(clock[-1] + timedelta(days=1))
    old = harvested.FORMATS["oai_dc"]
    newer = replace(old, version=2)
    if writes_otherwise:
        newer = replace(newer, element=lambda record, site: old.element(replace(record, title="Otherwise"), site))
    monkeypatch.setitem(harvested.FORMATS, "oai_dc", newer)
    assert tell_again(now=timezone.now()) == 1
    assert stamps() == {clock[-1] if writes_otherwise else clock[0]}
    assert ("Otherwise" in ExposedXml.objects.filter(bit=old.bit).latest("record_id").text) == writes_otherwise
    assert tell_again(now=timezone.now()) == 0


def test_records_that_were_put_before_xml_was_kept_get_it_and_keep_their_datestamps(
    publication: Publication, clock: list[datetime]
) -> None:
    expose_publication(publication)
    before = list(ExposedXml.objects.order_by("record_id", "bit").values_list("record_id", "bit", "text"))
    ExposedXml.objects.all().delete()
    ExposedRecord.objects.update(fingerprint="")
    clock.append(clock[-1] + timedelta(days=1))
    assert tell_again(now=timezone.now()) == 1
    assert list(ExposedXml.objects.order_by("record_id", "bit").values_list("record_id", "bit", "text")) == before
    assert stamps() == {clock[0]}


def test_what_a_deleted_publication_leaves_is_taken_back(publication: Publication) -> None:
    expose_publication(publication)
    publication.delete()
    tell_again(now=timezone.now())
    assert not ExposedRecord.objects.filter(is_deleted=False).exists()
    assert not RecordReason.objects.exists()
