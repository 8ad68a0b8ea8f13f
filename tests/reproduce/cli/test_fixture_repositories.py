"""Every directory in fixtures/repositories ends as its expected.json says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.reproduce.cli.conftest import REPOSITORIES, Run

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]
NAMES = sorted(path.parent.name for path in REPOSITORIES.glob("*/expected.json"))


def test_there_are_repositories_to_try() -> None:
    assert {"identical-tiny", "endless-cell", "no-notebooks", "requirements-conflict"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_repository_ends_as_expected(name: str, run: Run, tmp_path: Path, settings: Settings) -> None:
    # Only what is meant to be passed is small: on a busy machine another limit could be passed first.
    if name == "fills-memory":
        settings.REPRISE_RUN_MEMORY = 512 * 2**20
    if name == "endless-cell":
        settings.REPRISE_CELL_TIMEOUT_S = 2
    settings.REPRISE_REPETITIONS = 2
    expected = json.loads((REPOSITORIES / name / "expected.json").read_text())
    call = run(REPOSITORIES / name, repeat=expected.get("repeat"))
    statement = call.statement
    if statement["notebooks"]:
        verdicts = [notebook["verdict"] for notebook in statement["notebooks"]]
        causes = [notebook["cause"] and notebook["cause"]["id"] for notebook in statement["notebooks"]]
    else:
        verdicts, causes = [None], [statement["cause"]["id"]]
    assert (verdicts, causes, call.code) == ([expected["verdict"]], [expected["cause"]], expected["exit_code"])
    assert (call.out / "report.html").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]
