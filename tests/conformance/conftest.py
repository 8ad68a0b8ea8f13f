"""One environment, made by each engine once a session: on this machine, in a built image, in a given one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from builder.engines.containers.image_engine import ImageEngine
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.repo2docker_engine import Repo2DockerEngine
from builder.engines.containers.sif import export_sif
from builder.engines.given.engine import GivenEngine, in_given
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment, Engine
from builder.recipe.model import Extra, Recipe, Requirement, Wish
from reproduce.runner.job import Apptainer, Container
from tests.apptainer_program import apptainer_program
from tests.docker_engine import DockerEngine, docker_engine
from tests.given_prefix import copy_as_given
from tests.podman_engine import podman_engine

# Engine and confinement. What a given image adds to a built one is in its making, so it is run in one way only.
PLACES = (
    ("local", "bwrap"),
    ("repo2docker", "bwrap"),
    ("image", "bwrap"),
    ("given", "bwrap"),
    ("local", "container"),
    ("local", "podman"),
    ("given", "container"),
    ("repo2docker", "container"),
    ("repo2docker", "apptainer"),
)
_GIVEN = "localhost/reprise-conformance/given:1"
_AS_OF = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def container_engine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[DockerEngine]:
    """A running Docker engine of the tests' own, with the base image."""
    own = tmp_path_factory.getbasetemp()
    with docker_engine(own if worker_id == "master" else own.parent) as engine:
        yield engine


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerEngine]:
    """Podman with the base image."""
    with podman_engine(tmp_path_factory.mktemp("podman")) as engine:
        yield engine


@pytest.fixture(scope="session")
def sif(built: Callable[[str], BuiltEnvironment], tmp_path_factory: pytest.TempPathFactory) -> Apptainer:
    """Apptainer with the image that repo2docker built, as a SIF."""
    program = apptainer_program()
    environment = built("repo2docker")
    target = tmp_path_factory.mktemp("sif") / "environment.sif"
    assert environment.root is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        export_sif(environment.root, target, variables=environment.variables, progress=Progress(lambda line: None))
    return Apptainer(str(program), sif=str(target))


@pytest.fixture(scope="session")
def confined(request: pytest.FixtureRequest) -> Callable[[str], dict[str, Any]]:
    """Tell how a notebook is confined in such a place, as arguments of reproduce_notebook."""

    def arguments(sandbox: str) -> dict[str, Any]:
        if sandbox == "apptainer":
            return {"sandbox": sandbox, "apptainer": request.getfixturevalue("sif")}
        if sandbox not in ("container", "podman"):
            return {"sandbox": sandbox}
        engine: DockerEngine = request.getfixturevalue("podman" if sandbox == "podman" else "container_engine")
        return {"sandbox": "container", "container": Container(engine.program, engine.host, engine.base_image)}

    return arguments


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """A kernel and two small pure packages, one of them a kernel of another language."""
    wanted = ("ipykernel", "bash_kernel==0.9.3", "six==1.16.0")
    requirements = tuple(Requirement(text, "requirements.txt") for text in wanted)
    return Recipe(
        files=("requirements.txt",),
        requirements=requirements,
        python="3.11",
        python_reason="the test says so",
        as_of=_AS_OF,
        as_of_reason="the test says so",
        is_inferred=False,
    )


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, recipe: Recipe, request: pytest.FixtureRequest
) -> Callable[[str], BuiltEnvironment]:
    """Make the environment by the engine of this name, once."""
    folder = tmp_path_factory.mktemp("environments")
    source = tmp_path_factory.mktemp("source")
    (source / "requirements.txt").write_text("six==1.16.0\n")
    made: dict[str, BuiltEnvironment] = {}

    def settings() -> ImageSettings:
        docker: DockerEngine = request.getfixturevalue("container_engine")
        return ImageSettings(docker.client(), base_image=docker.base_image, buildpacks="uv")

    def make(name: str) -> BuiltEnvironment:
        if name not in made:
            wished = recipe
            engine: Engine = LocalEngine(folder)
            if name == "repo2docker":
                engine = Repo2DockerEngine(folder, settings(), local=LocalEngine(folder))
            elif name == "given":
                other = make("local")
                prefix = copy_as_given(other.prefix, folder / "facility" / "beamline", version=other.python_version)
                wished = in_given(recipe, "beamline", asked_by="the test")
                engine = GivenEngine(folder, {"beamline": prefix})
            elif name == "image":
                # The image that the other engine built, given by its name alone.
                docker = request.getfixturevalue("container_engine")
                root = make("repo2docker").root
                assert root is not None
                docker.docker("tag", root.digest, _GIVEN)
                wished = replace(recipe, requirements=(), extras=(Extra(Wish.IMAGE, "--image", (_GIVEN,), ""),))
                engine = ImageEngine(folder, settings())
            progress = Progress(lambda line: None)
            lock = engine.resolve(wished, progress=progress)
            made[name] = engine.build(wished, lock, source=source, progress=progress)
        return made[name]

    return make
