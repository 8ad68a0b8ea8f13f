"""The command line as an author calls it, with one environment for the whole session."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pytest_django import Settings

from reproduce.cli.command import run_command
from reproduce.cli.options import Options

PROJECT = Path(__file__).resolve().parents[3]
REPOSITORIES = PROJECT / "fixtures" / "repositories"
SCHEMA = json.loads((PROJECT / "docs" / "schemas" / "reproduction.schema.json").read_text())
# One date for all, so that all share one lock and one environment.
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """What one call left."""

    code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def statement(self) -> dict[str, Any]:
        """The statement in the evidence, which the schema accepts."""
        found = json.loads((self.out / "reproduction.json").read_text())
        jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(found)
        return dict(found)


Run = Callable[..., Call]


@pytest.fixture
def run(tmp_path: Path, settings: Settings) -> Run:
    """Call the command line in this process, with limits small enough for a test."""
    settings.REPRISE_CELL_TIMEOUT_S = 30
    settings.REPRISE_RUN_TIMEOUT_S = 60
    settings.REPRISE_RUN_MEMORY = 2 * 2**30
    settings.REPRISE_RUN_OUTPUT = 2**20
    settings.REPRISE_RUN_SCRATCH = 64 * 2**20

    def call(source: Path | str, **options: Any) -> Call:  # noqa: ANN401 - the fields of Options
        stdout, stderr = io.StringIO(), io.StringIO()
        out = options.setdefault("out", tmp_path / "evidence")
        options.setdefault("as_of", AS_OF)
        code = run_command(Options(str(source), **options), stdout=stdout, stderr=stderr)
        return Call(code, stdout.getvalue(), stderr.getvalue(), out)

    return call


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A directory whose one notebook comes out as published."""
    return copy_repository("identical-tiny", tmp_path / "paper")


def copy_repository(name: str, place: Path) -> Path:
    """Copy a fixture out of this project's own checkout."""
    shutil.copytree(REPOSITORIES / name, place)
    return place


def change_notebook(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit the JSON of a notebook."""
    notebook = json.loads(path.read_text())
    change(notebook)
    path.write_text(json.dumps(notebook))
