"""Harvesters that others wrote take everything from a running server, again what changed, and see what was deleted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.catalog.oai.asking import identifier, identifiers
from tests.catalog.oai.installed import FOREIGN, Installed, harvest, installed
from tests.catalog.oai.validation import texts

pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Twelve records, of which one was deleted; then, in a later second, one changed, one new and one deleted."""
    with installed(tmp_path_factory.mktemp("oai"), request.param) as found:
        for number in range(12):
            found.writer.do("put", number, {})
        found.writer.do("withdraw", "publication/10.5072/paper.3")
        yield found


@pytest.fixture(scope="module")
def later(served: Installed) -> str:
    """Change a little, in a later second, and return the date with which a harvester comes back."""
    time.sleep(1.1)
    (since,) = texts(served.ask(verb="ListIdentifiers", metadataPrefix="oai_dc"), "o:responseDate")
    served.writer.do("put", 5, {"title": "Silica cubes", "facility_slug": "ill"})
    served.writer.do("put", 12, {"facility_slug": "ill"})
    served.writer.do("withdraw", "publication/10.5072/paper.7")
    # npm's harvester cannot read a page of one record: each list here has pages of more.
    return since


def by_identifier(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert len({each["identifier"] for each in found}) == len(found)
    return {each["identifier"]: each for each in found}


@pytest.mark.parametrize("name", FOREIGN)
def test_it_takes_everything_then_what_changed_and_a_set(served: Installed, name: str, later: str) -> None:
    everything = by_identifier(harvest(name, served.url, "ListRecords", metadataPrefix="oai_dc"))
    assert set(everything) == {identifier(number) for number in range(13)}
    deleted = {key for key, each in everything.items() if each["deleted"]}
    assert deleted == {identifier(3), identifier(7)}
    assert everything[identifier(5)]["titles"] == ["Silica cubes"]
    assert "facility:ess" in everything[identifier(3)]["sets"]

    changed = by_identifier(harvest(name, served.url, "ListIdentifiers", metadataPrefix="oai_dc", **{"from": later}))
    assert set(changed) == {identifier(number) for number in (5, 7, 12)}
    assert changed[identifier(7)]["deleted"]
    assert all(each["datestamp"] >= later for each in changed.values())

    moved = by_identifier(harvest(name, served.url, "ListRecords", metadataPrefix="oai_dc", set="facility:ill"))
    assert set(moved) == {identifier(5), identifier(12)}


def test_nothing_is_lost_to_who_comes_back_while_transactions_overlap(served: Installed) -> None:
    """The first writer has its datestamp, and commits a second after a harvester was there."""
    served.writer.do("begin")
    served.writer.do("put", 100, {})
    time.sleep(1.2)
    root = served.ask(verb="ListIdentifiers", metadataPrefix="oai_dc")
    (since,) = texts(root, "o:responseDate")
    assert identifier(100) not in identifiers(root)
    served.writer.do("commit")
    seen = served.ask(verb="ListIdentifiers", metadataPrefix="oai_dc", **{"from": since})
    assert identifier(100) in identifiers(seen)


def test_the_second_of_two_writers_waits_and_comes_behind_the_first(served: Installed) -> None:
    served.writer.do("begin")
    served.writer.do("put", 200, {})
    served.other.tell("begin")
    served.other.tell("put", 201, {})
    served.other.tell("commit")
    time.sleep(1.2)
    served.writer.do("commit")
    assert [served.other.hear() for _ in range(3)] == [True, True, True]
    found = harvest("sickle", served.url, "ListIdentifiers", metadataPrefix="oai_dc")
    last = [(each["identifier"], each["datestamp"]) for each in found[-2:]]
    assert [key for key, _ in last] == [identifier(200), identifier(201)]
    assert last == sorted(last, key=lambda each: each[1])
    assert [each["datestamp"] for each in found] == sorted(each["datestamp"] for each in found)


def test_what_is_rolled_back_is_never_seen_and_leaves_no_trace(served: Installed) -> None:
    served.writer.do("begin")
    served.writer.do("put", 300, {})
    served.writer.do("rollback")
    assert served.other.do("put", 301, {})
    found = harvest("sickle", served.url, "ListIdentifiers", metadataPrefix="oai_dc")
    assert found[-1]["identifier"] == identifier(301)
    assert identifier(300) not in {each["identifier"] for each in found}
