"""A harvester inside the tests, and the clock of the store."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from django.test import Client
from lxml import etree
from pytest_django import Settings

from catalog import exposing
from tests.catalog.oai.asking import URL, Ask
from tests.catalog.oai.validation import valid


@pytest.fixture(autouse=True)
def _public_address(settings: Settings) -> None:
    settings.REPRISE_URL = URL
    settings.REPRISE_CONTACT = "data@example.org"
    settings.REPRISE_OAI_PAGE = 3


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time that datestamps are taken from: the last of the list."""
    times = [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    monkeypatch.setattr(exposing, "database_now", lambda: times[-1])
    return times


@pytest.fixture
def ask(db: None) -> Ask:
    """Ask by raw text or by named arguments; every answer is valid by the strict schemas."""
    client = Client()

    def _ask(raw: str = "", **arguments: str) -> etree._Element:
        answer = client.get(f"/oai?{raw or urlencode(arguments)}")
        assert answer.status_code == 200, answer.content
        assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
        return valid(answer.content)

    return _ask
