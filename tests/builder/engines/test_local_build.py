"""Building a locked environment: whole or not at all, once, and reused."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.lockfile import lock_as_requirements, make_lock
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment
from builder.errors import BuildError
from builder.recipe.model import Recipe
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]


quiet = Progress(lambda _: None)


def built(engine: LocalEngine, recipe: Recipe) -> BuiltEnvironment:
    return engine.build(recipe, engine.resolve(recipe, progress=quiet), source=Path(), progress=quiet)


def asked(environment: BuiltEnvironment, code: str) -> str:
    python = environment.kernel_argv[0]
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def optics(index: LocalIndex) -> LocalIndex:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    return index


def test_the_environment_holds_what_was_locked(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    environment = built(engine, recipe("optics"))
    assert asked(environment, "import optics; print(optics.version)") == "1.0"
    assert not environment.is_reused
    assert environment.prefix in environment.readonly_paths


def test_a_second_build_reuses_the_environment_at_once(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    first = built(engine, recipe("optics"))
    started = time.perf_counter()
    second = built(engine, recipe("optics"))
    assert time.perf_counter() - started < 0.05
    assert second.is_reused
    assert second.key == first.key


def test_two_at_once_make_one_environment(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    with ThreadPoolExecutor(2) as pool:
        pair = list(pool.map(lambda _: engine.build(recipe("optics"), lock, source=Path(), progress=quiet), range(2)))
    assert sorted(each.is_reused for each in pair) == [False, True]


def test_an_environment_without_its_marker_is_made_again(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    first = built(engine, recipe("optics"))
    (first.prefix / "reprise-environment.json").unlink()
    shutil.rmtree(first.prefix / "lib")
    again = built(engine, recipe("optics"))
    assert not again.is_reused
    assert asked(again, "import optics; print(optics.version)") == "1.0"


def test_a_build_that_fails_leaves_no_environment(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    del optics.served["optics-1.0-py3-none-any.whl"]
    with pytest.raises(BuildError):
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    left = [path.name for path in (engine._root / "envs").iterdir() if not path.name.endswith(".lock")]
    assert left == []


def test_a_file_that_changed_at_the_index_is_a_hash_mismatch(
    engine: LocalEngine, optics: LocalIndex, recipe: Make
) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    optics.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", code="stolen = True")
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert caught.value.kind_id == "hash-mismatch"
    assert "optics" in caught.value.data["package"]


def test_a_damaged_file_is_a_hash_mismatch(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    optics.corrupt("optics-1.0-py3-none-any.whl")
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert caught.value.kind_id == "hash-mismatch"


def test_a_source_that_changed_at_the_index_is_a_hash_mismatch(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    index.corrupt("optics-1.1.tar.gz")
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert caught.value.kind_id == "hash-mismatch"


def test_a_source_distribution_is_built_and_installed(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="")
    assert asked(built(engine, recipe("optics")), "import optics; print(optics.version)") == "1.1"


def test_without_a_sandbox_source_distributions_are_refused(
    index: LocalIndex, recipe: Make, tmp_path: Path, python: Interpreter, engine: LocalEngine
) -> None:
    index.source("optics", "1.1", uploaded="2016-02-01T00:00:00Z", setup="open('/tmp/ran-outside', 'w')")
    lock = engine.resolve(recipe("optics"), progress=quiet)
    bare = LocalEngine(
        tmp_path / "bare", index_url=index.url, is_sandboxed=False, now=lambda: NOW, interpreters=(python,)
    )
    with pytest.raises(BuildError) as caught:
        bare.build(recipe("optics"), lock, source=Path(), progress=quiet)
    assert caught.value.kind_id == "package-build-failed"
    assert "sandbox" in caught.value.data["reason"]


def test_without_a_sandbox_wheels_are_installed(
    optics: LocalIndex, recipe: Make, tmp_path: Path, python: Interpreter
) -> None:
    bare = LocalEngine(tmp_path, index_url=optics.url, is_sandboxed=False, now=lambda: NOW, interpreters=(python,))
    assert asked(built(bare, recipe("optics")), "import optics; print(optics.version)") == "1.0"


def test_two_environments_share_the_files_of_a_wheel(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    optics.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z")
    pair = [built(engine, recipe("optics")), built(engine, recipe("optics", "lens"))]
    inodes = {next(each.prefix.glob("lib/python*/site-packages/optics.py")).stat().st_ino for each in pair}
    assert len(inodes) == 1


def test_a_python_that_is_gone_is_named(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    with pytest.raises(BuildError) as caught:
        engine.build(recipe("optics"), dataclasses.replace(lock, python_version="3.5.9"), source=Path(), progress=quiet)
    assert caught.value.kind_id == "python-unavailable"


def test_the_lock_as_requirements_installs_the_same(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    text = lock_as_requirements(lock)
    assert "optics==1.0 \\\n    --hash=sha256:" in text


def test_a_lock_reads_back_with_the_same_digest(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    lock = engine.resolve(recipe("optics"), progress=quiet)
    again = make_lock(
        lock.text, python_version=lock.python_version, as_of=lock.as_of, approximations=lock.approximations
    )
    assert again == lock


def test_the_marker_names_what_the_environment_rests_on(engine: LocalEngine, optics: LocalIndex, recipe: Make) -> None:
    environment = built(engine, recipe("optics"))
    marker = json.loads((environment.prefix / "reprise-environment.json").read_text())
    assert marker["lock_sha256"] == environment.lock.sha256
    assert marker["interpreter"]["version"] == environment.python_version
