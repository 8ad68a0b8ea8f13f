"""What is put where harvesters find it, and taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import exposing
from catalog.exposing import put_record, stored_record, withdraw_record
from catalog.exposure.harvested import FORMATS
from catalog.exposure.oai.shelf import Selection
from catalog.exposure.record import Subject
from catalog.exposure_shelf import DatabaseShelf
from catalog.models import ExposedMembership, ExposedRecord
from tests.catalog.oai.records import PANET, make_record

pytestmark = pytest.mark.django_db
KEY = "publication/10.5072/paper.1"


def specs_of(key: str) -> set[str]:
    return set(ExposedMembership.objects.filter(record__key=key).values_list("exposed_set__spec", flat=True))


def test_a_record_comes_back_as_it_was_put() -> None:
    assert put_record(make_record())
    stored = stored_record(KEY)
    assert stored is not None
    assert stored.record == make_record()
    assert not stored.is_deleted
    assert stored.datestamp.microsecond == 0
    assert timezone.now() - stored.datestamp < timedelta(minutes=5)


def test_a_record_is_in_the_sets_of_what_it_says_and_in_those_above() -> None:
    put_record(make_record())
    stored = stored_record(KEY)
    assert stored is not None
    declared = {"facility:ess", "openaire", "technique:PaNET01099", "technique:PaNET01189", "type:publication"}
    assert set(stored.sets) == declared
    assert specs_of(KEY) == declared | {"facility", "technique", "type"}


def test_what_says_the_same_changes_nothing_however_late(clock: list[datetime]) -> None:
    put_record(make_record())
    before = ExposedRecord.objects.values().get()
    clock.append(clock[-1] + timedelta(days=1))
    assert not put_record(make_record(updated_at=clock[-1]))
    assert ExposedRecord.objects.values().get() == before


def test_a_change_of_what_it_says_gives_a_new_datestamp(clock: list[datetime]) -> None:
    put_record(make_record())
    clock.append(clock[-1] + timedelta(days=1))
    assert put_record(make_record(title="Silica cubes"))
    stored = stored_record(KEY)
    assert stored is not None
    assert stored.datestamp == clock[-1]


def test_a_change_of_sets_alone_gives_a_new_datestamp(clock: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    put_record(make_record())
    clock.append(clock[-1] + timedelta(days=1))
    monkeypatch.setattr(exposing, "sets_of", lambda record: {"type:publication": "Publications"})
    assert put_record(make_record())
    stored = stored_record(KEY)
    assert stored is not None
    assert stored.datestamp == clock[-1]
    assert specs_of(KEY) == {"type", "type:publication"}


def test_a_record_that_moves_leaves_the_set_that_it_was_in() -> None:
    put_record(make_record())
    put_record(make_record(facility_slug="ill"))
    assert "facility:ill" in specs_of(KEY)
    assert "facility:ess" not in specs_of(KEY)


def test_a_withdrawn_record_leaves_a_tombstone_in_its_sets(clock: list[datetime]) -> None:
    put_record(make_record())
    before = specs_of(KEY)
    clock.append(clock[-1] + timedelta(days=1))
    assert withdraw_record(KEY)
    stored = stored_record(KEY)
    assert stored is not None
    assert stored.is_deleted
    assert stored.record is None
    assert stored.datestamp == clock[-1]
    assert specs_of(KEY) == before
    assert ExposedRecord.objects.get().body == ""


def test_withdrawing_twice_or_what_never_was_changes_nothing() -> None:
    put_record(make_record())
    assert withdraw_record(KEY)
    before = ExposedRecord.objects.values().get()
    assert not withdraw_record(KEY)
    assert not withdraw_record("publication/unknown")
    assert ExposedRecord.objects.values().get() == before
    assert stored_record("publication/unknown") is None


def test_a_withdrawn_record_comes_back_when_it_is_put_again() -> None:
    put_record(make_record())
    withdraw_record(KEY)
    assert put_record(make_record())
    stored = stored_record(KEY)
    assert stored is not None
    assert stored.record == make_record()


def test_positions_and_datestamps_only_grow_when_the_clock_is_set_back(clock: list[datetime]) -> None:
    for number, step in enumerate((0, 5, -3, -100, 7)):
        clock.append(clock[-1] + timedelta(hours=step))
        put_record(make_record(number))
    rows = list(ExposedRecord.objects.order_by("pk").values_list("position", "datestamp"))
    assert rows == sorted(rows)
    assert len({position for position, _ in rows}) == len(rows)


def test_every_membership_has_the_position_of_its_record() -> None:
    for number in range(3):
        put_record(make_record(number))
    put_record(make_record(1, title="again"))
    withdraw_record("publication/10.5072/paper.2")
    for membership in ExposedMembership.objects.select_related("record"):
        assert membership.position == membership.record.position
        assert membership.formats_ever == membership.record.formats_ever


def test_terms_whose_address_makes_no_legal_set_name_make_no_set() -> None:
    strange = tuple(Subject("x", uri) for uri in ("", f"{PANET}a:b", f"{PANET}ä", f"{PANET}{'a' * 300}"))
    put_record(replace(make_record(), techniques=strange, broader_techniques=()))
    assert not any(spec.startswith("technique") for spec in specs_of(KEY))


@pytest.mark.parametrize("spec", ["", "facility:ess"])
def test_a_page_is_read_along_one_index_and_nothing_is_sorted(spec: str) -> None:
    for number in range(20):
        put_record(make_record(number))
    selection = Selection(FORMATS["oai_dc"].bit, spec)
    with CaptureQueriesContext(connection) as captured:
        page = DatabaseShelf().page(selection, after=5, most=3, with_xml=True)
    assert len(page.shown) == 3
    plans = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plans += [str(row[3]) for row in cursor.fetchall()]
    assert plans
    assert [plan for plan in plans if "TEMP B-TREE" in plan or plan.startswith("SCAN")] == []
    assert any("position>" in plan for plan in plans), plans
