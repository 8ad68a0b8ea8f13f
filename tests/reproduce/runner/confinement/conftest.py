"""Docker, Podman and Apptainer for real, and the shortest way from a few cells to a run in their containers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reproduce.runner.job import Apptainer, Container, Job
from reproduce.runner.launch import run_job
from tests.apptainer_program import apptainer_program
from tests.docker_engine import DockerEngine, docker_engine
from tests.podman_engine import podman_engine
from tests.reproduce.runner.conftest import Ran


@pytest.fixture(scope="session", params=["docker", "podman"])
def container_engine(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, request: pytest.FixtureRequest
) -> Iterator[DockerEngine]:
    """A running engine of the tests' own, with the base image."""
    if request.param == "podman":
        with podman_engine(tmp_path_factory.mktemp("podman")) as engine:
            yield engine
        return
    own = tmp_path_factory.getbasetemp()
    with docker_engine(own if worker_id == "master" else own.parent) as engine:
        yield engine


@pytest.fixture(scope="session")
def apptainer(tmp_path_factory: pytest.TempPathFactory) -> Apptainer:
    """Apptainer with the base image of the tests of containers, unpacked."""
    program = apptainer_program()
    root = tmp_path_factory.mktemp("base")
    subprocess.run(["tar", "-C", str(root), "-xf", str(program.parents[1] / "base.tar")], check=True)
    root.chmod(0o755)
    return Apptainer(str(program), str(root))


@pytest.fixture
def docker(container_engine: DockerEngine) -> Container:
    """The engine and its base image as a job names them."""
    return Container(container_engine.program, container_engine.host, container_engine.base_image)


@pytest.fixture
def contained(job: Callable[..., Job], docker: Container, tmp_path: Path) -> Callable[..., Ran]:
    """Run the cells in a container, with small limits unless others are given."""

    def start(*cells: str, **options: object) -> Ran:
        bundle = tmp_path / "bundle"
        given = {"sandbox": "container", "container": docker, **options}
        return Ran(run_job(job(*cells, **given), bundle), bundle)

    return start


@pytest.fixture
def enclosed(job: Callable[..., Job], apptainer: Apptainer, tmp_path: Path) -> Callable[..., Ran]:
    """Run the cells by Apptainer, with small limits unless others are given."""

    def start(*cells: str, **options: object) -> Ran:
        bundle = tmp_path / "bundle"
        given = {"sandbox": "apptainer", "apptainer": apptainer, **options}
        return Ran(run_job(job(*cells, **given), bundle), bundle)

    return start
