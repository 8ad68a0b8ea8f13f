"""The lock that an author takes away: written whole, beside nothing foreign, without running anything."""

from __future__ import annotations

import io
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands
from pytest_django import Settings

from builder.engines.interpreters import discover, nearest
from reproduce.cli.lock import run_lock
from reproduce.cli.options import Options
from tests.builder.engines.local_index import LocalIndex, serve_index

Answer = tuple[int, str, str]


@pytest.fixture
def index(settings: Settings, tmp_path: Path) -> Iterator[LocalIndex]:
    """An index with two releases of `curves`."""
    with serve_index() as served:
        served.wheel("curves", "1.0", uploaded="2016-01-01T00:00:00Z")
        served.wheel("curves", "2.0", uploaded="2020-01-01T00:00:00Z")
        settings.REPRISE_INDEX_URL = served.url
        settings.REPRISE_DATA = tmp_path / "data"
        yield served


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    place = tmp_path / "paper"
    place.mkdir()
    (place / "requirements.txt").write_text("curves\n")
    return place


@pytest.fixture
def lock(tmp_path: Path) -> Callable[..., Answer]:
    def call(source: Path, **options: Any) -> Answer:  # noqa: ANN401 - the fields of Options
        stdout, stderr = io.StringIO(), io.StringIO()
        options.setdefault("python", nearest(discover(), "3.11")[0].version)
        options.setdefault("as_of", datetime(2018, 1, 1, tzinfo=UTC))
        options.setdefault("out", tmp_path / "lock")
        code = run_lock(Options(str(source), **options), stdout=stdout, stderr=stderr)
        return code, stdout.getvalue(), stderr.getvalue()

    return call


@pytest.mark.usefixtures("index")
def test_the_lock_is_written_in_its_forms_as_of_the_date(
    lock: Callable[..., Answer], paper: Path, tmp_path: Path
) -> None:
    code, said, wrong = lock(paper)
    assert code == 0, wrong
    locked = tomllib.loads((tmp_path / "lock" / "pylock.toml").read_text())
    assert {"curves": "1.0"}.items() <= {row["name"]: row["version"] for row in locked["packages"]}.items()
    assert "curves==1.0" in (tmp_path / "lock" / "requirements.txt").read_text()
    assert (tmp_path / "lock" / "runtime.txt").read_text().startswith("python-3.")
    assert str(tmp_path / "lock" / "pylock.toml") in said
    assert "as of 2018-01-01" in said
    for command in (["git", "init", "-q"], ["git", "apply", str(tmp_path / "lock" / "lock.patch")]):
        subprocess.run(command, cwd=paper, check=True)
    assert "curves==1.0" in (paper / "requirements.txt").read_text()


@pytest.mark.usefixtures("index")
def test_it_may_be_written_again_over_itself(lock: Callable[..., Answer], paper: Path, tmp_path: Path) -> None:
    assert lock(paper)[0] == 0
    assert lock(paper, as_of=datetime(2021, 1, 1, tzinfo=UTC))[0] == 0
    assert "curves==2.0" in (tmp_path / "lock" / "requirements.txt").read_text()


@pytest.mark.usefixtures("index")
def test_nothing_is_written_beside_something_else(lock: Callable[..., Answer], paper: Path) -> None:
    code, _, wrong = lock(paper, out=paper.parent)
    assert code == 64
    assert "lock-place-foreign" in wrong
    assert not (paper.parent / "pylock.toml").exists()


@pytest.mark.usefixtures("index")
def test_what_cannot_be_resolved_leaves_nothing(lock: Callable[..., Answer], paper: Path, tmp_path: Path) -> None:
    (paper / "requirements.txt").write_text("curves==9.9\n")
    code, _, wrong = lock(paper)
    assert code == 3
    assert "curves" in wrong
    assert not (tmp_path / "lock").exists()


def test_the_publications_date_needs_a_doi(lock: Callable[..., Answer], paper: Path) -> None:
    code, _, wrong = lock(paper, as_of="publication")
    assert code == 64
    assert "publication-date-unknown" in wrong


def test_there_is_a_command_for_it() -> None:
    assert get_commands()["lock"] == "reproduce"
