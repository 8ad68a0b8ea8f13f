"""A build that is killed or cancelled in any stage leaves nothing half-made that is later used."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.progress import BuildCancelledError, Progress, Stage
from builder.engines.protocol import BuiltEnvironment
from tests.builder.engines.conftest import NOW
from tests.builder.engines.local_index import LocalIndex, serve_index
from tests.builder.engines.one_build import plain_recipe

pytestmark = pytest.mark.real
quiet = Progress(lambda _: None)
PROJECT = Path(__file__).parents[3]
NAMES = ("optics", "lens")


@pytest.fixture(scope="module")
def index() -> Iterator[LocalIndex]:
    """A wheel, a source that takes half a second to build, and an index that answers slowly."""
    with serve_index() as served:
        served.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", code="lines = '" + "x" * 2**20 + "'\n")
        served.source("lens", "1.1", uploaded="2016-02-01T00:00:00Z", setup="import time; time.sleep(0.4)")
        served.delays_s = (0.05, 0.2)
        yield served


@pytest.fixture(scope="module")
def undisturbed(index: LocalIndex, python: Interpreter, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("undisturbed")
    return contents(built(LocalEngine(root, index_url=index.url, now=lambda: NOW, interpreters=(python,)), python))


def built(engine: LocalEngine, python: Interpreter, progress: Progress = quiet) -> BuiltEnvironment:
    recipe = plain_recipe(python.version, *NAMES)
    return engine.build(recipe, engine.resolve(recipe, progress=progress), source=Path(), progress=progress)


def contents(environment: BuiltEnvironment) -> dict[str, str]:
    """Return the checksum of each installed file."""
    (site,) = environment.prefix.glob("lib/python*/site-packages")
    files = [path for path in site.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("stage", list(Stage))
def test_a_build_killed_in_any_stage_leaves_nothing_that_is_used(
    stage: Stage, index: LocalIndex, python: Interpreter, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.builder.engines.one_build", str(tmp_path), index.url, *NAMES]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, start_new_session=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == stage:
            break
    time.sleep(0.15)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    visible = [path for path in (tmp_path / "envs").glob("[!.]*") if path.is_dir()]
    # The last stage may be over, and the environment whole, before the kill arrives.
    assert not visible or stage is Stage.VERIFY
    again = built(LocalEngine(tmp_path, index_url=index.url, now=lambda: NOW, interpreters=(python,)), python)
    assert again.is_reused == bool(visible)
    assert contents(again) == undisturbed


@pytest.mark.parametrize("stage", list(Stage))
def test_a_build_cancelled_in_any_stage_ends_at_once_and_leaves_nothing(
    stage: Stage, index: LocalIndex, python: Interpreter, tmp_path: Path
) -> None:
    engine = LocalEngine(tmp_path, index_url=index.url, now=lambda: NOW, interpreters=(python,))
    is_cancelled = threading.Event()
    cancelled_at: list[float] = []

    def cancel() -> None:
        cancelled_at.append(time.monotonic())
        is_cancelled.set()

    def tell(entered: Stage) -> None:
        if entered is stage and not cancelled_at:
            threading.Timer(0.1, cancel).start()

    progress = Progress(lambda _: None, stage=tell, is_cancelled=is_cancelled.is_set)
    with pytest.raises(BuildCancelledError):
        built(engine, python, progress)
    assert time.monotonic() - cancelled_at[0] < 1.0
    assert not [path for path in (tmp_path / "envs").glob("*") if path.is_dir()]
    assert not list((tmp_path / "scratch").glob("*"))
