"""DOIs of our own: each step once, whatever is lost between here and DataCite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from catalog.errors import CatalogError
from catalog.expose import expose_publication
from catalog.exposing import put_record, stored_record, withdraw_record
from catalog.exposure.record import Organisation, Outcome, Person, Record
from catalog.minting import doi_for, dois_of, is_to_be_minted, look_again, mint_due, want_dois
from catalog.minting_account import Minting
from catalog.minting_client import DataCite
from catalog.minting_sweep import mint_wanted
from catalog.models import MintedDoi, Publication
from tests.catalog.datacite_server import Registry, running

NOW = datetime(2026, 5, 1, tzinfo=UTC)
KEY = "certificate/0f5d3a8e-1111-4222-8333-444455556666"
PREFIX = "10.5072"
RECORD = Record(
    key=KEY,
    kind="certificate",
    url="https://reprise.example.org/certificates/0f5d3a8e",
    title="Figure 1 of “Silica spheres”: reproduced",
    resource_type="Report",
    created_at=NOW,
    updated_at=NOW,
    creators=(Person("Reprise", is_group=True),),
    publisher=Organisation("Reprise"),
    published_on=date(2026, 5, 1),
    outcomes=(Outcome("reproduced", "Figure 1", NOW),),
)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running(Registry()) as found:
        yield found


@pytest.fixture
def datacite(registry: Registry) -> DataCite:
    return DataCite(account=registry.account, password=registry.password, prefix=PREFIX, url=registry.url)


@pytest.fixture
def wanted(db: None) -> MintedDoi:
    put_record(RECORD)
    want_dois([KEY], prefix=PREFIX, now=NOW)
    return MintedDoi.objects.get()


def test_a_doi_goes_from_draft_to_registered_to_findable(
    wanted: MintedDoi, datacite: DataCite, registry: Registry
) -> None:
    assert mint_due(datacite, now=NOW) == [KEY]
    assert [(method, event) for method, _, event in registry.asked] == [
        ("POST", ""),
        ("PUT", "register"),
        ("PUT", "publish"),
    ]
    held = registry.dois[wanted.doi]
    assert (held["state"], held["url"]) == ("findable", RECORD.url)
    assert held["titles"] == [{"title": RECORD.title}]
    assert dois_of([KEY]) == {KEY: wanted.doi}


def test_what_is_minted_is_not_minted_again(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    mint_due(datacite, now=NOW)
    asked = len(registry.asked)
    want_dois([KEY], prefix=PREFIX, now=NOW)
    look_again([KEY], now=NOW)
    assert mint_due(datacite, now=NOW) == []
    assert len(registry.asked) == asked
    assert len(registry.dois) == 1


def test_changed_metadata_are_sent_and_keep_the_doi(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    mint_due(datacite, now=NOW)
    put_record(replace(RECORD, title="Another title"))
    look_again([KEY], now=NOW)
    assert mint_due(datacite, now=NOW) == []
    assert registry.asked[-1] == ("PUT", wanted.doi, "")
    assert registry.dois[wanted.doi]["titles"] == [{"title": "Another title"}]
    assert registry.dois[wanted.doi]["state"] == "findable"


def test_what_is_withdrawn_is_hidden_and_comes_back(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    mint_due(datacite, now=NOW)
    withdraw_record(KEY)
    look_again([KEY], now=NOW)
    mint_due(datacite, now=NOW)
    assert registry.dois[wanted.doi]["state"] == "registered"
    assert dois_of([KEY]) == {KEY: wanted.doi}
    put_record(RECORD)
    look_again([KEY], now=NOW)
    mint_due(datacite, now=NOW)
    assert registry.dois[wanted.doi]["state"] == "findable"


def test_what_was_never_shown_is_not_minted(db: None, datacite: DataCite, registry: Registry) -> None:
    want_dois([KEY], prefix=PREFIX, now=NOW)
    assert mint_due(datacite, now=NOW) == []
    assert registry.asked == []


@pytest.mark.parametrize("step", [0, 1, 2])
@pytest.mark.parametrize("fault", ["lost", "html", 500, 502, 503, 429])
def test_a_step_that_fails_is_done_again_later_and_once(
    step: int, fault: int | str, wanted: MintedDoi, datacite: DataCite, registry: Registry
) -> None:
    registry.faults = ["fine"] * step + [fault]
    assert mint_due(datacite, now=NOW) == []
    wanted.refresh_from_db()
    assert (wanted.failures, wanted.problem["id"]) == (1, "minting-unreachable")  # type: ignore[index]
    assert mint_due(datacite, now=NOW + timedelta(seconds=59)) == []
    assert mint_due(datacite, now=NOW + timedelta(seconds=60)) == [KEY]
    wanted.refresh_from_db()
    assert (wanted.state, wanted.failures, wanted.problem) == ("findable", 0, None)
    assert registry.dois[wanted.doi]["state"] == "findable"
    assert len(registry.dois) == 1


def test_a_refused_account_ends_the_round_and_says_what_to_do(wanted: MintedDoi, registry: Registry) -> None:
    want_dois(["certificate/other"], prefix=PREFIX, now=NOW)
    put_record(replace(RECORD, key="certificate/other"))
    stranger = DataCite(account="X", password="y", prefix=PREFIX, url=registry.url)
    assert mint_due(stranger, now=NOW) == []
    problems = [one.problem for one in MintedDoi.objects.all()]
    assert [one["id"] if one else None for one in problems] == ["minting-account", None]
    assert "REPRISE_MINT_ACCOUNT" in problems[0]["hint"]  # type: ignore[index]


def test_a_doi_that_somebody_else_has_is_not_taken(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    registry.faults = [422]
    assert mint_due(datacite, now=NOW) == []
    wanted.refresh_from_db()
    assert wanted.state == "wanted"


def test_metadata_that_datacite_refuses_are_our_fault(wanted: MintedDoi, datacite: DataCite) -> None:
    put_record(replace(RECORD, url=""))
    assert mint_due(datacite, now=NOW) == []
    wanted.refresh_from_db()
    assert (wanted.state, wanted.problem["id"]) == ("draft", "minting-refused")  # type: ignore[index]


def test_it_waits_longer_each_time_and_a_day_at_most(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    now, waits = NOW, []
    for _ in range(13):
        registry.faults = [500]
        mint_due(datacite, now=now)
        wanted.refresh_from_db()
        waits.append(wanted.next_at - now)
        now = wanted.next_at
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits[-1] == timedelta(days=1)


def test_two_rounds_at_once_do_not_ask_twice(wanted: MintedDoi, datacite: DataCite, registry: Registry) -> None:
    MintedDoi.objects.update(next_at=NOW + timedelta(minutes=5))
    assert mint_due(datacite, now=NOW) == []
    assert registry.asked == []


def test_nothing_listens() -> None:
    silent = DataCite(account="X", password="y", prefix=PREFIX, url="http://127.0.0.1:9")
    with pytest.raises(CatalogError) as caught:
        silent.update(f"{PREFIX}/x", {})
    assert caught.value.kind_id == "minting-unreachable"


@pytest.mark.parametrize(
    ("changes", "is_wanted"),
    [
        ({}, True),
        ({"doi": "10.1/others"}, False),
        ({"kind": "publication"}, False),
        ({"kind": "notebooks", "outcomes": ()}, True),
        ({"outcomes": (Outcome("differs", "Figure 1", NOW),)}, False),
    ],
)
def test_certified_versions_and_collections_get_one_and_nothing_else(changes: dict[str, Any], is_wanted: bool) -> None:
    assert is_to_be_minted(replace(RECORD, **changes), ("certificate", "notebooks")) is is_wanted
    assert not is_to_be_minted(replace(RECORD, **changes), ())


def test_a_doi_follows_from_the_key_alone() -> None:
    assert doi_for(KEY, PREFIX) == doi_for(KEY, PREFIX)
    assert doi_for(KEY, PREFIX) != doi_for("notebooks/x", PREFIX)
    assert doi_for(KEY, PREFIX).startswith("10.5072/reprise.")


def test_what_is_minted_is_told_in_the_records(
    publication: Publication, registry: Registry, settings: Settings
) -> None:
    settings.REPRISE_MINT = Minting(("notebooks",), registry.account, registry.password, PREFIX, registry.url)
    key = f"notebooks/{publication.doi}"
    expose_publication(publication)
    before = stored_record(key)
    assert before is not None
    assert before.record is not None
    assert before.record.doi == ""
    assert mint_wanted() == 1
    after = stored_record(key)
    assert after is not None
    assert after.record is not None
    assert after.record.doi == doi_for(key, PREFIX)
    assert registry.dois[after.record.doi]["types"]["resourceTypeGeneral"] == "ComputationalNotebook"
    MintedDoi.objects.update(next_at=NOW)
    asked = len(registry.asked)
    assert mint_wanted() == 0
    assert len(registry.asked) == asked


def test_nothing_is_minted_unless_the_operator_says_so(publication: Publication) -> None:
    expose_publication(publication)
    assert mint_wanted() == 0
    assert not MintedDoi.objects.exists()
