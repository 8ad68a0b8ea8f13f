"""The lock: valid PEP 751, says what was chosen and why, and gives the same packages bit for bit each time."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from builder.engines.date_walk import first_date
from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine, environment_key
from builder.engines.lockfile import Reasons, make_lock, packages_sha256, reasoned_lock
from builder.engines.progress import Progress
from builder.recipe.model import Recipe
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex

Make = Callable[..., Recipe]
quiet = Progress(lambda _: None)
DAY = datetime(2018, 1, 1, tzinfo=UTC)
PACKAGES = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "optics"
version = "1.0"
marker = "sys_platform == 'linux'"
wheels = [{ url = "https://example.org/optics-1.0-py3-none-any.whl", hashes = { sha256 = "00" } }]
"""


def reasons(**changes: object) -> Reasons:
    fields: dict[str, object] = {
        "python": "3.11.7",
        "python_reason": "runtime.txt says so",
        "as_of": DAY,
        "as_of_reason": "the date of the commit",
        "approximations": (),
    }
    return Reasons(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_lock_says_what_was_chosen_and_why() -> None:
    lock = reasoned_lock(PACKAGES, reasons(approximations=("patsy is taken as of 2018-11-01.",)))
    assert tomllib.loads(lock.text)["tool"]["reprise"] == {
        "python": "3.11.7",
        "python-reason": "runtime.txt says so",
        "as-of": DAY,
        "as-of-reason": "the date of the commit",
        "approximations": ["patsy is taken as of 2018-11-01."],
    }


def test_the_lock_is_valid_by_its_standard_with_markers() -> None:
    pylock = Pylock.from_dict(tomllib.loads(reasoned_lock(PACKAGES, reasons()).text))
    pylock.validate()
    assert str(pylock.packages[0].marker) == 'sys_platform == "linux"'


@pytest.mark.parametrize("hostile", ['"\n[tool.reprise]\nx = "', "\\", "\x7f\x00", "[[packages]]\n", "”\u2028"])
def test_no_reason_can_break_out_of_its_line(hostile: str) -> None:
    lock = reasoned_lock(PACKAGES, reasons(python_reason=hostile, approximations=(hostile,)))
    assert tomllib.loads(lock.text)["tool"]["reprise"]["python-reason"] == hostile
    assert [package.name for package in lock.packages] == ["optics"]


def test_reasons_do_not_change_what_is_installed() -> None:
    one, other = reasoned_lock(PACKAGES, reasons()), reasoned_lock(PACKAGES, reasons(as_of=DAY + timedelta(1)))
    assert one.sha256 != other.sha256
    assert packages_sha256(one) == packages_sha256(other)
    python = Interpreter(Path("/usr/bin/python3"), "3.11.7", Path("/usr"), "linux")
    assert environment_key(one, python) == environment_key(other, python)


def test_a_lock_with_reasons_reads_back_the_same() -> None:
    lock = reasoned_lock(PACKAGES, reasons(approximations=("one", "two")))
    fields = {"python_version": lock.python_version, "as_of": lock.as_of, "approximations": lock.approximations}
    assert make_lock(lock.text, **fields) == lock
    assert reasoned_lock(lock.text, reasons(approximations=("one", "two"))) == lock


@pytest.mark.parametrize("days", [1, 29, 30, 31, 100, 400, 1459, 1999])
def test_the_first_later_date_is_found_to_the_day_in_few_attempts(days: int) -> None:
    asked: list[datetime] = []

    def attempt(date: datetime) -> datetime | None:
        asked.append(date)
        return date if date >= DAY + timedelta(days=days) else None

    end = DAY + timedelta(days=2000, hours=5)
    assert first_date(DAY, end, end, attempt) == DAY + timedelta(days=days)
    assert len(asked) <= 17


def test_where_only_today_will_do_today_is_taken() -> None:
    end = DAY + timedelta(days=2000)
    assert first_date(DAY, end, end, lambda _: None) == end


@pytest.mark.real
def test_two_builds_from_one_lock_hold_the_same_files_bit_for_bit(
    index: LocalIndex, python: Interpreter, recipe: Make, tmp_path: Path
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.source("lens", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    engines = [
        LocalEngine(tmp_path / name, index_url=index.url, now=lambda: NOW, interpreters=(python,)) for name in "ab"
    ]
    asked = recipe("optics", "lens")
    lock = engines[0].resolve(asked, progress=quiet)
    built = [engine.build(asked, lock, source=Path(), progress=quiet) for engine in engines]
    first, second = (_checksums(each.prefix) for each in built)
    assert any(name.startswith("lens-1.1.dist-info") for name in first)
    assert first == second


def _checksums(prefix: Path) -> dict[str, str]:
    (site,) = prefix.glob("lib/python*/site-packages")
    files = [path for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# The kernel


@pytest.mark.real
def test_an_undeclared_kernel_is_never_newer_than_the_date(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    family = ("ipython", "matplotlib_inline")
    for name in family:
        index.wheel(name, "1.0", uploaded="2017-01-01T00:00:00Z")
        index.wheel(name, "2.0", uploaded="2019-01-01T00:00:00Z")
    index.wheel("ipykernel", "4.8.0", uploaded="2017-06-01T00:00:00Z", requires=family)
    index.wheel("ipykernel", "6.0.0", uploaded="2020-01-01T00:00:00Z", requires=family)
    # Build tools of 2021 are let in; the kernel is not.
    index.wheel("setuptools", "60.0.0", uploaded="2021-06-01T00:00:00Z")
    locked = {each.name: each.version for each in engine.resolve(recipe(), progress=quiet).packages}
    assert locked == {"ipykernel": "4.8.0", "ipython": "1.0", "matplotlib-inline": "1.0", "setuptools": "60.0.0"}


@pytest.mark.real
def test_a_declared_kernel_is_respected(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("ipykernel", "4.8.0", uploaded="2017-06-01T00:00:00Z")
    locked = {each.name: each.version for each in engine.resolve(recipe("ipykernel<4.8"), progress=quiet).packages}
    assert locked["ipykernel"] == "4.6.1"
