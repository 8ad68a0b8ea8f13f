"""The table of rules as a whole: every cause is reached, no text keeps it busy, no Django comes with it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packaging.version import Version

from catalog.causes import CATALOGUE
from reproduce.diagnose import Facts, StoredCell, explain_failure
from reproduce.diagnose.differences import explain_difference
from reproduce.diagnose.known_names import KNOWN_NAMES
from tests.reproduce.diagnose.test_failures import COMPLETED, failed
from tests.reproduce.diagnose.test_labelled import FAILURES

PROJECT = Path(__file__).resolve().parents[3]
# What a run can end with beside an error of a cell, and what only a comparison or a network's record tells.
ELSEWHERE = {
    *("cell-timeout", "run-timeout", "out-of-memory", "out-of-disk", "out-of-output", "kernel-died"),
    *("kernel-not-started", "cancelled"),
}


def kinds_of_execution() -> set[str]:
    ids = list(CATALOGUE)
    return set(ids[ids.index("cell-raised") : ids.index("outputs-differ")])


def test_every_cause_of_a_failing_cell_is_among_the_labelled_failures() -> None:
    labels = {case["label"] for case in FAILURES}
    assert kinds_of_execution() - ELSEWHERE <= labels | {"notebook-invalid"}
    assert labels - {"data-changed"} <= kinds_of_execution()


def test_the_catalogue_knows_more_than_twenty_causes_of_a_bad_verdict() -> None:
    assert len(kinds_of_execution()) >= 20


@pytest.mark.parametrize(
    "text",
    [
        "print " * 20_000,
        "#" * 100_000 + "'",
        ".rvs(" * 20_000 + "random_state",
        "import a " * 10_000,
        "def " * 25_000 + "match " * 3000,
        "`" * 100_000,
        "x = " + "(" * 90_000,
        "from a import " + "b, " * 30_000,
        "except " * 14_000,
        "[" * 99_000,
    ],
    ids=lambda text: text[:8].strip(),
)
def test_a_hostile_text_is_judged_in_bounded_time(text: str) -> None:
    started = time.process_time()
    cells = (StoredCell(0, text, 1), StoredCell(2, text, 2))
    for ename in ("SyntaxError", "NameError", "AttributeError", "TypeError", "ImportError", "ValueError"):
        result = failed(ename, text[:2000], f"----> 1 {text[:18_000]}", source=text[:2000])
        found = explain_failure(Facts(dataclasses.replace(result), cells, "2.7", {"numpy": "1.0"}))
        assert found is not None
        assert len(found.evidence) <= 300
    explain_difference(Facts(COMPLETED, cells), found)
    assert time.process_time() - started < 20


def test_an_error_of_another_language_is_not_read_as_pythons() -> None:
    result = failed("NameError", "name 'xrange' is not defined")
    found = explain_failure(Facts(result, language="R"))
    assert found is not None
    assert found.id == "cell-raised"


def test_the_table_of_names_can_be_read_whole() -> None:
    entries = [entry for entries in KNOWN_NAMES.values() for entry in entries]
    assert len(entries) > 300
    for entry in entries:
        assert Version(entry.since)
        assert entry.instead, entry
        assert entry.name == entry.name.strip(), entry
        assert (entry.instead == "-") == (entry.change != "removed"), entry


@pytest.mark.parametrize(
    ("version", "kind"), [("1.16.0", "api-not-yet"), ("1.17.0", "name-missing"), ("2.0.0", "name-missing")]
)
def test_a_name_of_the_table_counts_only_where_the_version_fits(version: str, kind: str) -> None:
    result = failed("AttributeError", "module 'numpy.random' has no attribute 'default_rng'")
    found = explain_failure(Facts(result, python="3.6.9", packages={"numpy": version}))
    assert found is not None
    assert found.id == kind


def test_the_room_knows_no_django() -> None:
    code = (
        "import sys, reproduce.diagnose\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('django', 'celery', 'rest_framework')])"
    )
    environment = {"PYTHONPATH": str(PROJECT)}
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
