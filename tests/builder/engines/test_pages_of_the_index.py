"""Which pages of the index are believed: those that have all there was at the date, for a day."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.metadata_cache import forget_pages
from builder.engines.progress import Progress
from builder.recipe.model import Recipe
from tests.builder.engines.local_index import LocalIndex

HOUR_S = 3600
DAY_S = 24 * HOUR_S
QUIET = Progress(lambda _: None)


def page(cache: Path, age_s: float) -> Path:
    """Lay out a page that was fetched so long ago."""
    path = cache / "simple-v27" / "pypi" / "optics.rkyv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"page")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


@pytest.mark.parametrize(
    ("fetched_ago_s", "until_ago_s", "is_kept"),
    [
        (2 * HOUR_S, 3 * HOUR_S, True),  # fetched after the date
        (3 * HOUR_S, 2 * HOUR_S, False),  # fetched before it
        (2 * HOUR_S, 2 * HOUR_S + 60, False),  # after it, but an index may be some minutes behind itself
        (HOUR_S, 0, False),
        (5 * 60, 0, True),  # so long every index may be behind
        (DAY_S - HOUR_S, 2000 * DAY_S, True),
        (DAY_S + HOUR_S, 2000 * DAY_S, False),  # what was withdrawn since shows at the latest a day later
        (HOUR_S, -DAY_S, False),  # a date to come
    ],
)
def test_a_page_is_kept_if_it_has_all_there_was(
    tmp_path: Path, fetched_ago_s: float, until_ago_s: float, is_kept: bool
) -> None:
    kept = page(tmp_path, fetched_ago_s)
    forget_pages(tmp_path, datetime.now(UTC) - timedelta(seconds=until_ago_s))
    assert kept.exists() == is_kept


def test_what_is_fetched_now_is_believed_for_a_day_where_the_date_is_past(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert forget_pages(tmp_path, now - timedelta(hours=1)) == DAY_S
    assert forget_pages(tmp_path, now - timedelta(minutes=5)) == 0
    assert forget_pages(tmp_path, now) == 0


@pytest.fixture
def today(tmp_path: Path, index: LocalIndex, python: Interpreter) -> LocalEngine:
    return LocalEngine(tmp_path / "engine", index_url=index.url, interpreters=(python,))


@pytest.mark.real
def test_a_date_asks_the_index_once_and_today_each_time(
    today: LocalEngine, index: LocalIndex, recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    wanted, now = recipe("optics"), datetime.now(UTC)
    first = today.resolve(wanted, progress=QUIET)
    index.asked.clear()

    (locks := tmp_path / "engine" / "locks").rename(tmp_path / "locks-before")
    assert today.resolve(wanted, progress=QUIET) == first
    assert index.asked == []

    # What is new since must not be missed because a date was asked for before.
    index.wheel("optics", "2.0", uploaded=f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    for kept in (tmp_path / "engine" / "cache").glob("simple-v*/**/*.rkyv"):
        os.utime(kept, (now.timestamp() - HOUR_S,) * 2)
    newest = today.resolve(recipe("optics", as_of=f"{now:%Y-%m-%dT%H:%M:%S}"), progress=QUIET)
    assert {each.name: each.version for each in newest.packages}["optics"] == "2.0"
    assert "optics" in str(index.asked)
    assert locks.is_dir()


@pytest.mark.real
def test_a_page_of_today_does_not_stand_for_a_later_day(
    today: LocalEngine, index: LocalIndex, recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    now = datetime.now(UTC)
    today.resolve(recipe("optics"), progress=QUIET)
    # Half a day passes, in which a release comes.
    for kept in (tmp_path / "engine" / "cache").glob("simple-v*/**/*.rkyv"):
        os.utime(kept, (now.timestamp() - DAY_S / 2,) * 2)
    index.wheel("optics", "1.5", uploaded=f"{now - timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}")
    later = today.resolve(recipe("optics", as_of=f"{now - timedelta(hours=4):%Y-%m-%dT%H:%M:%S}"), progress=QUIET)
    assert {each.name: each.version for each in later.packages}["optics"] == "1.5"
