"""What an author is told when the repository is fetched."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from builder import advice
from builder.advice import advise
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.notebooks import outline_notebook


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    place = tmp_path / "paper"
    place.mkdir()
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": 1,
        "source": "import numpy",
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": [cell]}
    (place / "figure.ipynb").write_text(json.dumps(notebook))
    return place


def facts(paper: Path, **changes: Any) -> SnapshotFacts:  # noqa: ANN401 - fields of SnapshotFacts
    fields: dict[str, Any] = {
        "path": paper,
        "source": "the paper",
        "ref": None,
        "tree": "0",
        "commit": None,
        "committed_at": datetime(2020, 4, 1, tzinfo=UTC),
        "swhid": "swh:1:dir:0",
        "size_bytes": 1,
        "notebooks": (outline_notebook(paper, "figure.ipynb"),),
    }
    return SnapshotFacts(**{**fields, **changes})


def test_what_is_not_declared_is_offered_as_a_patch_that_git_takes(paper: Path) -> None:
    advised = advise(facts(paper), published_on=None)
    assert "+numpy" in advised.declaration
    assert "ipykernel" not in advised.declaration
    for command in (["git", "init", "-q"], ["git", "apply", "-"]):
        subprocess.run(command, cwd=paper, input=advised.declaration, text=True, check=True)
    assert "numpy" in (paper / "requirements.txt").read_text()


def test_a_repository_that_declares_all_gets_no_patch(paper: Path) -> None:
    (paper / "requirements.txt").write_text("numpy==1.18.2\n")
    assert advise(facts(paper), published_on=None).declaration == ""


def test_advice_is_plain_json(paper: Path) -> None:
    (paper / "requirements.txt").write_text("numpy\n")
    rows = advise(facts(paper), published_on=None).advice
    assert {"id", "file", "line", "message", "fix", "severity"} == set(json.loads(json.dumps(rows))[0])


def test_files_that_cannot_be_read_are_advice_and_no_error(paper: Path) -> None:
    (paper / "environment.yml").write_text("dependencies: [unclosed\n")
    rows = advise(facts(paper), published_on=None).advice
    assert [row["id"] for row in rows] == ["recipe-unreadable"]


def test_a_fault_of_the_linter_does_not_end_the_fetch(paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(advice, "lint", fail)
    assert advise(facts(paper), published_on=None) == advice.Advised()
