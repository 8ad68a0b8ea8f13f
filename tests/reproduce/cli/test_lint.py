"""What the linter is asked and answers on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from pytest_django import Settings

from reproduce.cli.lint import run_lint


@pytest.fixture
def paper(tmp_path: Path, settings: Settings) -> Path:
    settings.REPRISE_DATA = tmp_path / "data"
    place = tmp_path / "paper"
    place.mkdir()
    return place


def ask(source: Path | str, *, is_json: bool = False) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    values = {"source": str(source), "json": is_json, "allow_private": False}
    return run_lint(values, stdout=stdout, stderr=stderr), stdout.getvalue(), stderr.getvalue()


def test_what_will_rot_is_told_with_its_place_and_its_fix(paper: Path) -> None:
    (paper / "requirements.txt").write_text("numpy\n")
    code, said, _ = ask(paper)
    assert code == 1
    assert "requirements.txt:1: " in said
    assert "rots]" in said


def test_the_advice_can_be_read_by_machines(paper: Path) -> None:
    (paper / "requirements.txt").write_text("numpy\n")
    code, said, _ = ask(paper, is_json=True)
    assert code == 1
    assert {"id", "file", "line", "message", "fix", "severity"} == set(json.loads(said)[0])


def test_a_recipe_that_cannot_be_read_is_a_refusal(paper: Path) -> None:
    (paper / "environment.yml").write_text("dependencies: [unclosed\n")
    code, _, wrong = ask(paper)
    assert code == 3
    assert "recipe-unreadable" in wrong


def test_a_source_that_is_none_is_wrong_usage(paper: Path) -> None:
    assert ask(paper / "nowhere")[0] == 64


def test_file_names_cannot_steer_a_terminal(paper: Path) -> None:
    (paper / "requirements.txt").write_text("numpy\n-r \x1b[31m.txt\n")
    _, said, wrong = ask(paper)
    assert "\x1b" not in said + wrong
