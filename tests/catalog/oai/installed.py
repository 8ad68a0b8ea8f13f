"""An installation that is harvested over HTTP, on SQLite or on PostgreSQL, and harvesters that others wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from lxml import etree

from tests.catalog.oai.validation import valid
from tests.catalog.oai.writer import Writer
from tests.faults.servers import Postgres
from tests.journeys.installation import ROOT, variables
from tests.journeys.web import web_server

JUDGES: Final = ROOT / "tests" / "validators" / "oai"
FOREIGN: Final = ("sickle", "scythe", "npm", "perl")


@dataclass(frozen=True)
class Installed:
    """An address, and two processes that write to its database."""

    url: str
    writer: Writer
    other: Writer
    database: str

    def ask(self, **arguments: str) -> etree._Element:
        """Return an answer, valid by the schemas."""
        answer = requests.get(f"{self.url}/oai", params=arguments, timeout=60)
        assert answer.status_code == 200
        return valid(answer.content)


@contextmanager
def installed(data: Path, database: str) -> Iterator[Installed]:
    """Serve an empty installation, five records a page."""
    with ExitStack() as stack:
        more = {}
        if database == "postgresql":
            server = Postgres()
            stack.callback(server.remove)
            more["DATABASE_URL"] = server.url
        # What harvesters ask needs no other tables.
        subprocess.run(
            (sys.executable, "manage.py", "migrate", "-v", "0", "catalog"),
            cwd=ROOT,
            env=variables(data, **more),
            check=True,
        )
        url = stack.enter_context(
            web_server(data, page="/oai", REPRISE_OAI_PAGE="5", REPRISE_OAI_DOMAIN="reprise.example.org", **more)
        )
        writers = [Writer(data, more.get("DATABASE_URL", "")) for _ in range(2)]
        for each in writers:
            stack.callback(each.end)
        yield Installed(url, *writers, database)


def harvest(name: str, url: str, verb: str, **arguments: str) -> list[dict[str, Any]]:
    """Return what a foreign harvester took: identifier, datestamp, deleted, sets, titles of each record."""
    if name == "perl":
        return _harvest_by_perl(url, verb, arguments)
    given = (f"{url}/oai", verb, *(f"{key}={value}" for key, value in arguments.items()))
    if name == "npm":
        programs()
        command: tuple[str, ...] = ("node", "-r", "esm", "harvest.js")
    else:
        command = (str(programs() / "python"), f"{name}_harvest.py")
    ended = subprocess.run((*command, *given), cwd=JUDGES, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def _harvest_by_perl(url: str, verb: str, arguments: dict[str, str]) -> list[dict[str, Any]]:
    options = [part for key, value in arguments.items() for part in (f"--{key}", value)]
    ended = subprocess.run(
        ("oai_pmh", "-X", verb, *options, f"{url}/oai"), capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found = []
    for said in ended.stdout.split("\f")[:-1]:
        head, _, body = said.partition("\n\n")
        lines = [line.split(": ", 1) for line in head.splitlines()]
        facts = dict(lines)
        titles = etree.fromstring(body.encode()).iterfind(".//{*}title") if body.strip() else ()
        found.append(
            {
                "identifier": facts["identifier"],
                "datestamp": facts["datestamp"],
                "deleted": facts.get("status") == "deleted",
                "sets": [value for key, value in lines if key == "setSpec"],
                "titles": [title.text for title in titles],
            }
        )
    return found


def programs() -> Path:
    """Install what is missing and return the directory of the Python harvesters. Fails where that cannot be."""
    script = ROOT / "deploy" / "test-oai.sh"
    answer = subprocess.run(["sh", script], capture_output=True, text=True, timeout=600, check=False)
    if answer.returncode != 0:
        pytest.fail(answer.stderr.strip() or "sh deploy/test-oai.sh failed", pytrace=False)
    return Path(answer.stdout.strip())
