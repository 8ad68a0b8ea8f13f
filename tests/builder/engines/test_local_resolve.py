"""Resolving as of a date, with a real uv in a real sandbox, against an index of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]


quiet = Progress(lambda _: None)


def versions(engine: LocalEngine, recipe: Recipe) -> dict[str, str]:
    return {package.name: package.version for package in engine.resolve(recipe, progress=quiet).packages}


def failure(engine: LocalEngine, recipe: Recipe) -> BuildError:
    with pytest.raises(BuildError) as caught:
        engine.resolve(recipe, progress=quiet)
    return caught.value


def test_takes_the_newest_version_as_of_the_date(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("optics", "2.0", uploaded="2020-01-01T00:00:00Z")
    assert versions(engine, recipe("optics"))["optics"] == "1.0"


def test_today_takes_the_newest_version(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("optics", "2.0", uploaded="2020-01-01T00:00:00Z")
    assert versions(engine, recipe("optics", as_of="2024-06-01"))["optics"] == "2.0"


def test_leaves_yanked_releases_out(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("optics", "1.1", uploaded="2016-02-01T00:00:00Z", is_yanked=True)
    assert versions(engine, recipe("optics"))["optics"] == "1.0"


def test_the_lock_says_the_same_each_time_and_holds_no_path(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    assert lock == engine.resolve(recipe("optics"), progress=quiet)
    assert "sha256" in lock.text
    assert "/scratch" not in lock.text


def test_an_unknown_name_is_not_found(engine: LocalEngine, recipe: Make) -> None:
    error = failure(engine, recipe("no_such_optics"))
    assert (error.kind_id, error.data["requirement"]) == ("requirement-not-found", "no-such-optics")
    assert error.cause.evidence.startswith("Because no-such-optics was not found in the package registry")


def test_a_version_that_never_was_is_not_found(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    error = failure(engine, recipe("optics==9.9"))
    assert (error.kind_id, error.data["requirement"]) == ("requirement-not-found", "optics==9.9")


def test_requirements_that_exclude_each_other_are_a_conflict(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", requires=("lens<2",))
    index.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("lens", "2.0", uploaded="2016-01-01T00:00:00Z")
    error = failure(engine, recipe("optics", "lens==2.0"))
    assert error.kind_id == "requirements-conflict"
    assert "lens" in error.data["reason"]


def test_an_index_that_is_down_is_upstreams_fault(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.status = 403
    error = failure(engine, recipe("optics"))
    assert (error.kind_id, error.cause.fault) == ("index-unreachable", "upstream")


def test_a_package_younger_than_the_date_walks_the_date_forward_and_says_so(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2018-05-01T00:00:00Z")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    assert f"{lock.as_of:%Y-%m-%d}" == "2018-05-02"
    assert any("2018-05-02 instead of 2018-01-01" in remark for remark in lock.approximations)


def test_an_inferred_name_that_no_index_has_is_left_out_and_named(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics", "homemade", is_inferred=True), progress=quiet)
    assert "homemade" not in {package.name for package in lock.packages}
    assert any(remark.startswith("homemade (requirements.txt) is left out") for remark in lock.approximations)


def test_a_source_that_does_not_build_gives_way_to_a_version_with_a_wheel(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="raise RuntimeError('no Fortran here')")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    assert ("optics", "1.0") in {(package.name, package.version) for package in lock.packages}
    assert any("its source does not build" in remark for remark in lock.approximations)


def test_a_source_that_does_not_build_and_has_no_wheel_names_its_reason(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="raise RuntimeError('no Fortran here')")
    error = failure(engine, recipe("optics"))
    assert error.kind_id in ("package-build-failed", "requirements-conflict", "requirement-not-found")
    assert "optics" in error.cause.message


def test_a_setup_sees_neither_home_nor_secrets(
    engine: LocalEngine, index: LocalIndex, recipe: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPRISE_SECRET_KEY", "s3cret")
    setup = (
        "import os\n"
        "assert 'REPRISE_SECRET_KEY' not in os.environ\n"
        f"assert not os.path.exists({__file__!r}) and not os.path.exists({str(Path.home())!r} + '/.bashrc')\n"
    )
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup=setup)
    assert versions(engine, recipe("optics"))["optics"] == "1.1"


def test_the_nearest_python_that_resolves_is_named(
    engine: LocalEngine, index: LocalIndex, recipe: Make, python: Interpreter
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics", python="2.7"), progress=quiet)
    assert lock.python_version == python.version
    assert f"Python {python.version} instead of 2.7 (the test says so)." in lock.approximations


def test_no_python_at_all_is_the_operators_fault(engine: LocalEngine, recipe: Make) -> None:
    engine._interpreters = ()
    error = failure(engine, recipe())
    assert (error.kind_id, error.cause.fault) == ("python-unavailable", "operator")


def test_a_resolution_that_takes_too_long_ends(index: LocalIndex, recipe: Make, tmp_path, python) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="import time; time.sleep(60)")
    slow = LocalEngine(tmp_path, index_url=index.url, now=lambda: NOW, interpreters=(python,), resolve_timeout_s=2)
    assert failure(slow, recipe("optics")).kind_id == "build-timeout"


def test_two_resolutions_at_once_do_not_meet(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(engine.resolve(recipe("optics"), progress=quiet).sha256))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 2


def test_a_package_that_breaks_on_a_later_python_is_taken_as_of_its_mending(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("patsy", "0.4.1", uploaded="2016-01-01T00:00:00Z")
    index.wheel("patsy", "0.5.1", uploaded="2018-10-29T00:00:00Z")
    lock = engine.resolve(recipe("patsy"), progress=quiet)
    assert ("patsy", "0.5.1") in {(package.name, package.version) for package in lock.packages}
    assert any(remark.startswith("patsy is taken as of 2018-11-01, because") for remark in lock.approximations)
    assert lock.as_of == recipe("patsy").as_of


def test_conda_names_that_the_index_lacks_are_left_out(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    listed = (Requirement("homemade", "environment.yml", "taken from the index"), Requirement("ipykernel", "x"))
    lock = engine.resolve(recipe(requirements=listed), progress=quiet)
    assert any("homemade" in remark for remark in lock.approximations)


def test_one_package_without_a_wheel_as_of_the_date_departs_alone(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("optics", "2.0", uploaded="2019-01-01T00:00:00Z")
    index.source("mpi4py", "3.0", uploaded="2017-01-01T00:00:00Z", setup="raise SystemExit('no compiler')")
    index.wheel("mpi4py", "4.0", uploaded="2020-01-01T00:00:00Z")
    index.wheel("mpi4py", "5.0", uploaded="2021-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics", "mpi4py"), progress=quiet)
    found = {package.name: package.version for package in lock.packages}
    assert (found["optics"], found["mpi4py"]) == ("1.0", "4.0")
    assert lock.as_of == recipe("optics").as_of
    python = lock.python_version
    remark = f"mpi4py is taken as of 2020-01-01, because it has no wheel for Python {python} before."
    assert remark in lock.approximations


def test_many_packages_without_a_wheel_move_the_date_of_all(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("optics", "2.0", uploaded="2019-01-01T00:00:00Z")
    names = ("numpy", "scipy", "pandas")
    for name in names:
        index.source(name, "1.0", uploaded="2017-01-01T00:00:00Z", setup="raise SystemExit('no compiler')")
        index.wheel(name, "2.0", uploaded="2020-01-01T00:00:00Z")
    lock = engine.resolve(recipe("optics", *names), progress=quiet)
    found = {package.name: package.version for package in lock.packages}
    assert found["optics"] == "2.0"
    assert f"{lock.as_of:%Y-%m-%d}" == "2020-01-02"
    assert not any("is taken as of" in remark for remark in lock.approximations)
