"""Locks for a Python that only an image has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.containers.absent_python import is_absent, resolve_for_absent
from builder.engines.containers.client import ContainerClient
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.repo2docker_engine import Repo2DockerEngine
from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.uv_process import Uv, find_uv
from builder.recipe.model import Extra, Recipe, Wish

QUIET = Progress(lambda line: None)
NO_ENGINE = ContainerClient("no-such-program")


def test_only_a_python_that_uv_knows_is_resolved_for_from_afar(python: Interpreter) -> None:
    assert not is_absent(python.version, [python])
    assert is_absent("3.99", [python])
    assert not is_absent("2.7", [python])
    assert not is_absent("3.99", [])


@pytest.mark.enable_socket
@pytest.mark.real
def test_the_packages_are_those_of_the_wished_python(
    tmp_path: Path, python: Interpreter, recipe: Callable[..., Recipe]
) -> None:
    uv = Uv(find_uv(), None, True)

    def numpy_on(wished: str) -> Lock:
        asked = recipe("numpy", python=wished, as_of="2021-01-15")
        now = datetime(2024, 1, 1, tzinfo=UTC)
        return resolve_for_absent(asked, [python], uv=uv, root=tmp_path, timeout_s=120, now=now, progress=QUIET)

    newer, older = numpy_on("3.7"), numpy_on("3.6")
    assert (newer.python_version, older.python_version) == ("3.7", "3.6")
    assert "cp37" in newer.text
    assert "cp37" not in older.text
    assert any("resolved from wheels alone" in remark for remark in newer.approximations)


def test_what_others_install_has_a_lock_without_packages_that_says_so(
    tmp_path: Path, recipe: Callable[..., Recipe]
) -> None:
    wished = recipe(extras=(Extra(Wish.DOCKERFILE, "Dockerfile", (), "The Dockerfile is not followed."),))
    engine = Repo2DockerEngine(tmp_path, ImageSettings(NO_ENGINE), local=LocalEngine(tmp_path))
    lock = engine.resolve(wished, progress=QUIET)
    assert lock.packages == ()
    assert "dockerfile: Dockerfile" in lock.text
    assert lock.approximations == ("What Dockerfile installs is not locked: the image is kept.",)
    assert engine.resolve(wished, progress=QUIET).sha256 == lock.sha256


def test_what_the_buildpacks_do_not_follow_is_stated(tmp_path: Path, recipe: Callable[..., Recipe]) -> None:
    conda = Extra(Wish.CONDA_PACKAGES, "environment.yml", ("fftw",), "fftw is not installed.")
    wished = recipe(extras=(conda, Extra(Wish.DOCKERFILE, "Dockerfile", (), "")))
    remarks = []
    for buildpacks in ("standard", "uv"):
        settings = ImageSettings(NO_ENGINE, buildpacks=buildpacks)
        engine = Repo2DockerEngine(tmp_path, settings, local=LocalEngine(tmp_path))
        remarks.append("fftw is not installed." in engine.resolve(wished, progress=QUIET).approximations)
    assert remarks == [False, True]
