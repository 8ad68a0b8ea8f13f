"""What is kept on disk: whole or made again, removed only when nobody holds it, and the same when it comes back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.engines import leases
from builder.engines.finishing import MARKER, finished
from builder.engines.leases import in_use, is_in_use, remove_environment, replace_environment, sweep_removed
from builder.engines.local import LocalEngine
from builder.engines.manifest import damage
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment
from builder.engines.storage import Store
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]
quiet = Progress(lambda _: None)


def build(engine: LocalEngine, recipe: Recipe, progress: Progress = quiet) -> BuiltEnvironment:
    return engine.build(recipe, engine.resolve(recipe, progress=quiet), source=Path(), progress=progress)


def site(environment: BuiltEnvironment) -> Path:
    return next(environment.prefix.glob("lib/python*/site-packages"))


@pytest.fixture
def optics(index: LocalIndex) -> LocalIndex:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    return index


@pytest.fixture
def store(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The engine's store, in which nothing counts as used a moment ago."""
    monkeypatch.setattr(leases, "GRACE_S", 0.0)
    return Store(engine._root)


@pytest.fixture
def built(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> BuiltEnvironment:
    return build(engine, recipe("optics"))


# Verified when it is made


def test_a_build_ends_with_a_kernel_that_started(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lines: list[str] = []
    stages: list[Stage] = []
    made = build(engine, recipe("optics"), Progress(lines.append, stages.append))
    assert stages[-1] == Stage.VERIFY
    assert f"The kernel starts: ipykernel 4.6.1 on Python {made.python_version}." in lines
    assert made.companion["python"]["version"] == made.python_version


def test_a_kernel_that_the_author_pinned_and_that_is_broken_is_the_authors(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("ipykernel", "4.7", uploaded="2017-01-01T00:00:00Z", code="import zmq_of_old\n")
    with pytest.raises(BuildError) as caught:
        build(engine, recipe("ipykernel==4.7"))
    assert caught.value.cause.id == "kernel-broken"
    assert "No module named 'zmq_of_old'" in caught.value.cause.message
    assert "No module named 'zmq_of_old'" in caught.value.cause.evidence
    assert not [path for path in (engine._root / "envs").iterdir() if path.is_dir()]


def test_a_kernel_that_was_chosen_for_the_author_and_is_broken_is_not(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("ipykernel", "4.7", uploaded="2017-01-01T00:00:00Z", code="import zmq_of_old\n")
    undeclared = recipe(requirements=(Requirement("ipykernel", "the notebook kernel"),))
    with pytest.raises(BuildError) as caught:
        build(engine, undeclared)
    assert (caught.value.cause.id, caught.value.cause.fault) == ("kernel-chosen-broken", "upstream")
    assert "No module named 'zmq_of_old'" in caught.value.cause.evidence


# Reused only when it is whole


def test_reuse_takes_milliseconds_and_gives_the_same(
    engine: LocalEngine, built: BuiltEnvironment, recipe: Make
) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    started = time.perf_counter()
    again = engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert time.perf_counter() - started < 0.05
    assert again.is_reused
    assert (again.companion, again.mounts, again.variables) == (built.companion, built.mounts, built.variables)


def _lose_a_module(built: BuiltEnvironment) -> None:
    (site(built) / "optics.py").unlink()


def _lose_the_interpreter(built: BuiltEnvironment) -> None:
    (built.prefix / "bin" / "python").unlink()


def _change_the_kernel(built: BuiltEnvironment) -> None:
    path = site(built) / "ipykernel.py"
    text = path.read_text()
    path.unlink()
    path.write_text(text + "\n")


def _lose_a_record(built: BuiltEnvironment) -> None:
    (site(built) / "optics-1.0.dist-info" / "RECORD").unlink()


def _lose_the_fonts(built: BuiltEnvironment) -> None:
    Path(dict(built.variables)["FONTCONFIG_FILE"]).unlink()


def _spoil_the_marker(built: BuiltEnvironment) -> None:
    (built.prefix / MARKER).write_text("{")


@pytest.mark.parametrize(
    "harm",
    [_lose_a_module, _lose_the_interpreter, _change_the_kernel, _lose_a_record, _lose_the_fonts, _spoil_the_marker],
)
def test_a_damaged_environment_is_made_again_by_itself(
    engine: LocalEngine, built: BuiltEnvironment, recipe: Make, harm: Callable[[BuiltEnvironment], None]
) -> None:
    harm(built)
    assert finished(built.prefix) is None
    again = build(engine, recipe("optics"))
    assert not again.is_reused
    assert again.details["package_digest"] == built.details["package_digest"]
    assert damage(again.prefix) == []


def test_the_full_check_finds_what_the_quick_one_cannot(built: BuiltEnvironment) -> None:
    path = site(built) / "optics.py"
    facts = path.stat()
    path.unlink()
    path.write_text("version = '6.6'\n")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (built.prefix / "bin" / "planted").touch()
    assert damage(built.prefix) == [
        f"{path.relative_to(built.prefix)} has changed",
        "bin/planted was added",
    ]


def test_what_was_written_into_a_shared_file_does_not_come_back(
    engine: LocalEngine, built: BuiltEnvironment, recipe: Make
) -> None:
    # The file is the cache's own, by a hard link.
    (site(built) / "optics.py").write_text("version = '6.6'")
    _lose_a_record(built)
    again = build(engine, recipe("optics"))
    assert (site(again) / "optics.py").read_text().startswith("version = '1.0'")
    assert again.details["package_digest"] == built.details["package_digest"]


# Removed and made again


def test_an_environment_that_was_removed_comes_back_bit_for_bit(
    engine: LocalEngine, built: BuiltEnvironment, recipe: Make, store: Store
) -> None:
    [listed] = store.environments()
    assert store.remove(listed)
    store.drop_unshared()
    assert store.environments() == []
    again = build(engine, recipe("optics"))
    assert not again.is_reused
    assert again.key == built.key
    assert again.details["package_digest"] == built.details["package_digest"] == listed.package_digest


def test_two_stores_hold_the_same_files_for_one_lock(
    engine: LocalEngine, built: BuiltEnvironment, recipe: Make, optics: LocalIndex, tmp_path: Path
) -> None:
    other = LocalEngine(tmp_path / "other", index_url=optics.url, interpreters=engine.interpreters())
    again = other.build(recipe("optics"), built.lock, source=Path(), progress=quiet)
    assert again.details["package_digest"] == built.details["package_digest"]


def test_who_runs_in_an_environment_keeps_it(built: BuiltEnvironment, store: Store) -> None:
    [listed] = store.environments()
    with in_use(built.prefix):
        assert listed.is_held
        assert not store.remove(listed)
    assert not listed.is_held
    assert store.remove(listed)


def test_an_environment_asked_for_a_moment_ago_stays(
    engine: LocalEngine, built: BuiltEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "GRACE_S", 600.0)
    [listed] = Store(engine._root).environments()
    assert listed.is_in_use
    assert not Store(engine._root).remove(listed)


def test_an_environment_that_is_gone_cannot_be_held(built: BuiltEnvironment) -> None:
    remove_environment(built.prefix)
    with pytest.raises(BuildError) as caught, in_use(built.prefix):
        pass
    assert caught.value.cause.fault == "service"


def test_a_damaged_environment_is_replaced_under_those_who_run_in_it(tmp_path: Path) -> None:
    place, made = tmp_path / "env", tmp_path / "made"
    for folder, text in ((place, "old"), (made, "new")):
        folder.mkdir()
        (folder / "file").write_text(text)
    with in_use(place):
        replace_environment(place, made)
        assert (place / "file").read_text() == "new"
        [old] = tmp_path.glob(".removed-*")
        assert (old / "file").read_text() == "old"
        assert sweep_removed(tmp_path) == 0
    assert sweep_removed(tmp_path) == 1
    assert not old.exists()


def test_unwritable_directories_are_removed_as_well(tmp_path: Path) -> None:
    place = tmp_path / "env"
    (place / "closed").mkdir(parents=True)
    (place / "closed" / "file").touch()
    (place / "closed").chmod(0o500)
    assert remove_environment(place)
    assert list(tmp_path.iterdir()) == []


def test_shared_files_are_counted_once(engine: LocalEngine, built: BuiltEnvironment, recipe: Make) -> None:
    store = Store(engine._root)
    before = store.size_bytes()
    (engine._root / "envs" / "copy").mkdir()
    os.link(site(built) / "optics.py", engine._root / "envs" / "copy" / "optics.py")
    assert store.size_bytes() - before <= 4096
    assert sum(store.sizes().values()) <= store.size_bytes()


def test_wheels_that_an_environment_shares_stay(engine: LocalEngine, built: BuiltEnvironment, store: Store) -> None:
    assert store.drop_unshared() == 0
    [listed] = store.environments()
    store.remove(listed)
    assert store.drop_unshared() > 0


def test_leftovers_are_swept_a_day_later(engine: LocalEngine, built: BuiltEnvironment) -> None:
    store = Store(engine._root)
    old, fresh = (engine._root / "envs" / name for name in (".making-old", ".making-fresh"))
    fonts = engine._root / "fonts" / ("0" * 64)
    for folder in (old, fresh, fonts):
        folder.mkdir()
    for folder in (old, fonts):
        os.utime(folder, (1, 1))
    assert store.sweep() == 2
    assert fresh.is_dir()
    assert is_in_use(built.prefix) is False
    assert finished(built.prefix) is not None


def test_an_environment_says_what_it_was_made_from(built: BuiltEnvironment) -> None:
    kept = json.loads((built.prefix / "share/reprise/lock.json").read_text())
    assert kept["text"] == built.lock.text
