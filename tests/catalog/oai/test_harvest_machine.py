"""Whatever is put, changed, moved and deleted between the pages of a harvest, nothing is lost to who comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from catalog import exposing, exposure_shelf, oai_views
from catalog.exposing import put_record, withdraw_record
from catalog.models import ExposedMembership, ExposedRecord
from tests.catalog.oai.asking import identifier, token_of
from tests.catalog.oai.records import make_record
from tests.catalog.oai.validation import texts, valid

NUMBERS = st.integers(0, 9)
SLUGS = st.sampled_from(["ess", "ill", ""])


class Clock:
    """The time of the store and of the answers."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Harvester:
    """Who takes a list, page by page, and comes back with the date of the first page of the last time."""

    selection: dict[str, str]
    copy: dict[str, tuple[str, bool]] = field(default_factory=dict)
    since: str = ""
    begun: str = ""
    token: str = ""

    def take_page(self, client: Client) -> None:
        if self.token:
            arguments = {"resumptionToken": self.token}
        else:
            arguments = {"metadataPrefix": "oai_dc", **self.selection}
            arguments |= {"from": self.since} if self.since else {}
        root = valid(client.get("/oai", {"verb": "ListIdentifiers", **arguments}).content)
        if not self.token:
            (self.begun,) = texts(root, "o:responseDate")
        for header in root.iterfind(".//{*}header"):
            name = header.findtext("{*}identifier")
            self.copy[name] = (header.findtext("{*}datestamp"), header.get("status") == "deleted")
        self.token = token_of(root)
        if not self.token:
            self.since = self.begun

    def catch_up(self, client: Client) -> None:
        """End the harvest that is under way, and make another from there."""
        for _ in range(2):
            self.take_page(client)
            while self.token:
                self.take_page(client)

    def compare(self) -> None:
        """Fail where the copy lacks a record of the selection, or has an older state of it."""
        rows = ExposedRecord.objects.all()
        if spec := self.selection.get("set"):
            rows = rows.filter(memberships__exposed_set__spec=spec)
        for key, datestamp, is_deleted in rows.values_list("key", "datestamp", "is_deleted"):
            name = identifier(int(key.rpartition(".")[2]))
            assert self.copy.get(name) == (f"{datestamp:%Y-%m-%dT%H:%M:%SZ}", is_deleted)


def machine_of(clock: Clock) -> Callable[[], RuleBasedStateMachine]:
    class Harvests(RuleBasedStateMachine):
        @initialize(numbers=st.sets(NUMBERS))
        def begin(self, numbers: set[int]) -> None:
            ExposedMembership.objects.all().delete()
            ExposedRecord.objects.all().delete()
            self.client = Client()
            self.harvesters = [Harvester({}), Harvester({"set": "facility"}), Harvester({"set": "facility:ess"})]
            for number in sorted(numbers):
                put_record(make_record(number))

        @rule(number=NUMBERS, title=st.sampled_from("ab"), slug=SLUGS)
        def put_or_move(self, number: int, title: str, slug: str) -> None:
            put_record(make_record(number, title=title, facility_slug=slug))

        @rule(number=NUMBERS)
        def delete(self, number: int) -> None:
            withdraw_record(f"publication/10.5072/paper.{number}")

        @rule(seconds=st.integers(1, 3))
        def wait(self, seconds: int) -> None:
            clock.at += timedelta(seconds=seconds)

        @rule(which=st.integers(0, 2))
        def take_page(self, which: int) -> None:
            self.harvesters[which].take_page(self.client)

        @precondition(lambda self: hasattr(self, "harvesters"))
        @rule()
        def come_back(self) -> None:
            for harvester in self.harvesters:
                harvester.catch_up(self.client)
                harvester.compare()

        def teardown(self) -> None:
            if hasattr(self, "harvesters"):
                self.come_back()

    return Harvests


@pytest.mark.django_db
def test_nothing_is_lost_to_who_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(exposing, "database_now", clock.now)
    monkeypatch.setattr(exposure_shelf, "timezone", clock)
    monkeypatch.setattr(oai_views, "timezone", clock)
    run_state_machine_as_test(
        machine_of(clock),
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
