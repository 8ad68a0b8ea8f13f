"""The API answers as it is described: every operation, whoever asks, whatever is sent (Schemathesis)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.journeys.api_data import SETTINGS
from tests.journeys.installation import ask
from tests.journeys.web import web_server
from tests.validators.api import tried, tried_search

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """A server with a row of everything: its address, and what `fill` says of it."""
    data = tmp_path_factory.mktemp("api")
    made = ask(data, "from tests.journeys.api_data import fill; answer = fill()", **SETTINGS)
    with web_server(data, page="/api/v1/schema/", **SETTINGS) as url:
        yield url, made


@pytest.mark.parametrize("who", ["nobody", "read", "run", "edit", "all"])
def test_every_operation_answers_as_described(who: str, filled: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    url, made = filled
    done = tried(url, tmp_path, token=made["tokens"].get(who, ""), keys=made["keys"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert who == "nobody" or knows(url, made["tokens"][who])


def test_whatever_is_made_and_sent_is_answered_as_described(filled: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    url, made = filled
    phases = ("coverage", "fuzzing", "stateful")
    done = tried(url, tmp_path, token=made["tokens"]["all"], phases=phases, examples=2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert knows(url, made["tokens"]["all"])


@pytest.mark.parametrize("pid", ["", "10.5072/silica-data"])
def test_whatever_is_searched_for_is_answered_as_described(
    pid: str, filled: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    url, _ = filled
    done = tried_search(url, tmp_path, pid=pid)
    assert done.returncode == 0, done.stdout + done.stderr


def knows(url: str, token: str) -> bool:
    """Tell whether the token was good to the end, so that not everything was refused."""
    request = Request(f"{url}/api/v1/tokens/", headers={"Authorization": f"Token {token}"})
    with urlopen(request, timeout=60) as answer:
        return bool(json.load(answer)["count"])
