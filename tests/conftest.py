"""What every test has: no network but this machine's own, people, and a paper to look at."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client

from catalog import expose
from catalog.models import Publication, Target
from tests.personas import DRAFT_DOI, People, make_embargoed, make_people, make_publication
from tests.shelf import Shelf
from tests.zombies import Zombies

_ZOMBIES = Zombies()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let tests connect to this machine alone; a part that reaches further does so in a process of its own."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True


def pytest_runtest_logfinish() -> None:
    """Keep the processes of the tests free of what their orphans leave behind."""
    _ZOMBIES.bury_old()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what a test counted, so that the numbers stand in every log.

    Its property "counted" is such a line; how many had the same property "tallied" is one.
    """
    tallied = Counter[str]()
    for report in terminalreporter.getreports("passed"):
        for name, line in getattr(report, "user_properties", ()):
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(str(line))
            elif name == "tallied" and report.when == "call":
                tallied[str(line)] += 1
    for line, count in sorted(tallied.items()):
        terminalreporter.write_line(f"{line}: {count} passed")


@pytest.fixture
def people(db: None) -> People:
    """Everybody who comes by."""
    return make_people()


@pytest.fixture
def publication(people: People) -> Publication:
    """A published paper of the owner: Figures 1 and 2 are confirmed, Figure 3 is only proposed."""
    return make_publication(people.owner)


@pytest.fixture
def draft(people: People) -> Publication:
    """The same as a draft, under another DOI."""
    return make_publication(people.owner, doi=DRAFT_DOI, is_published=False)


@pytest.fixture
def embargoed(people: People) -> Publication:
    """The same under embargo, in a group with a member and a manager."""
    return make_embargoed(people.owner)


@pytest.fixture
def target(publication: Publication) -> Target:
    """Figure 1 of the published paper."""
    return publication.targets.get(slug="figure-1")


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """What harvesters are shown from here on."""
    shelf = Shelf()
    monkeypatch.setattr(expose, "put_record", shelf.put)
    monkeypatch.setattr(expose, "withdraw_record", shelf.withdraw)
    return shelf


def _client(people: People, persona: str) -> Client:
    client = Client()
    if (user := people.named(persona)) is not None:
        client.force_login(user)
    return client


@pytest.fixture
def owner(people: People) -> Client:
    """A browser in which the owner of the papers is logged in."""
    return _client(people, "owner")


@pytest.fixture
def curator(people: People) -> Client:
    """A browser in which a curator is logged in."""
    return _client(people, "curator")


@pytest.fixture
def reader(people: People) -> Client:
    """A browser in which a reader is logged in."""
    return _client(people, "reader")


@pytest.fixture
def stranger(people: People) -> Client:
    """A browser in which the author of other papers is logged in."""
    return _client(people, "stranger")


@pytest.fixture
def anonymous(db: None) -> Client:
    """A browser in which nobody is logged in."""
    return Client()
