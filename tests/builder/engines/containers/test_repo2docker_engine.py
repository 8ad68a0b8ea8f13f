"""Images built for real by repo2docker, on a Docker engine of the tests' own, with packages of the real index."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.containers.image_engine import ASKED_FOR, ImageEngine
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.repo2docker_engine import Repo2DockerEngine
from builder.engines.containers.roots import RootStore
from builder.engines.interpreters import discover, nearest
from builder.engines.local import LocalEngine
from builder.engines.progress import BuildCancelledError, Progress, Stage
from builder.engines.protocol import BuiltEnvironment
from builder.errors import BuildError
from builder.recipe.model import Extra, Recipe, Requirement, Wish
from tests.builder.engines.containers.registry_server import registry_server
from tests.docker_engine import DockerEngine

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]

WISHES = {
    "Dockerfile": Wish.DOCKERFILE,
    "apt.txt": Wish.SYSTEM_PACKAGES,
    "postBuild": Wish.POST_BUILD,
    "start": Wish.START,
}
# What others are built on, so that each takes a second: the packages are there already.
WITH_PACKAGES = "localhost/with-packages"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the engines of this module share, so that no layer and no root is made twice."""
    folder = tmp_path_factory.mktemp("environments")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def settings(container_engine: DockerEngine) -> ImageSettings:
    return ImageSettings(container_engine.client(), base_image=container_engine.base_image, buildpacks="uv")


@pytest.fixture(scope="module")
def engine(place: Path, settings: ImageSettings) -> Repo2DockerEngine:
    python = nearest(discover(), "3.11")[0]
    return Repo2DockerEngine(place, settings, local=LocalEngine(place, interpreters=(python,)))


@pytest.fixture(scope="module")
def packages_only(
    engine: Repo2DockerEngine, tmp_path_factory: pytest.TempPathFactory, container_engine: DockerEngine
) -> BuiltEnvironment:
    """The environment of a repository that asks for packages and nothing else."""
    folder = tmp_path_factory.mktemp("packages-only")
    (folder / "requirements.txt").write_text("six==1.16.0\n")
    environment = built(engine, folder)
    container_engine.docker("tag", environment.details["image_digest"], WITH_PACKAGES)
    return environment


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "requirements.txt").write_text("six==1.16.0\n")
    return folder


def recipe_of(source: Path) -> Recipe:
    """The recipe of a directory, on the Python of the base image."""
    extras = tuple(
        Extra(wish, name, (), f"{name} is not followed.") for name, wish in WISHES.items() if (source / name).exists()
    )
    requirements = tuple(Requirement(text, "requirements.txt") for text in ("six==1.16.0", "ipykernel"))
    date = datetime(2024, 6, 1, tzinfo=UTC)
    return Recipe(("requirements.txt",), requirements, "3.11", "asked", date, "asked", False, extras=extras)


def built(engine: Repo2DockerEngine, source: Path, progress: Progress | None = None) -> BuiltEnvironment:
    recipe, progress = recipe_of(source), progress or Progress(print)
    lock = engine.resolve(recipe, progress=progress)
    return engine.build(recipe, lock, source=source, progress=progress)


def inside(environment: BuiltEnvironment, path: str) -> Path:
    assert environment.root is not None
    return environment.root.path / path


def test_locked_packages_are_installed_by_uv_and_found_again_without_an_engine(
    packages_only: BuiltEnvironment, source: Path, place: Path, settings: ImageSettings
) -> None:
    first = packages_only
    assert first.kernel_argv == ("/srv/env/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}")
    assert first.details["packages"] == [f"{package.name}=={package.version}" for package in first.lock.packages]
    assert first.companion["python"]["version"] == first.python_version
    assert (first.python_version[:5], first.details["kernel"]["version"][:5]) == ("3.11.", "3.11.")
    assert first.details["base_images"].keys() == {f"docker.io/library/{settings.base_image}"}
    assert len(first.details["dockerfile_sha256"]) == 64
    gone = replace(settings, client=replace(settings.client, host="unix:///nowhere/socket"))
    without = Repo2DockerEngine(place, gone, local=LocalEngine(place))
    again = without.build(recipe_of(source), first.lock, source=source, progress=Progress(print))
    assert (again.is_reused, again.root, again.key) == (True, first.root, first.key)
    assert again.build_s < 0.05


def test_an_evicted_root_is_unpacked_from_the_same_image(
    engine: Repo2DockerEngine, packages_only: BuiltEnvironment, source: Path, place: Path
) -> None:
    RootStore(place / "roots").remove(packages_only.details["image_digest"])
    again = built(engine, source)
    assert (again.key, again.root) == (packages_only.key, packages_only.root)
    assert inside(again, "srv/env/bin/python").is_symlink()


@pytest.mark.usefixtures("packages_only")
def test_a_dockerfile_is_followed(engine: Repo2DockerEngine, source: Path) -> None:
    (source / "Dockerfile").write_text(f"FROM {WITH_PACKAGES}\nCOPY . .\nRUN echo made > made.txt\n")
    environment = built(engine, source)
    assert environment.lock.packages == ()
    assert "six==1.16.0" in environment.details["packages"]
    assert environment.details["buildpack"] == "dockerfile"
    assert environment.root is not None
    assert environment.root.repository == "/home/jovyan"
    assert inside(environment, "home/jovyan/made.txt").read_text() == "made\n"


def test_system_packages_of_apt_txt_are_installed(engine: Repo2DockerEngine, source: Path) -> None:
    (source / "apt.txt").write_text("figlet\n")
    environment = built(engine, source)
    assert inside(environment, "usr/bin/figlet-figlet").exists()
    assert any(package.startswith("figlet=") for package in environment.details["system_packages"])
    assert any("apt.txt" in remark and "day of the build" in remark for remark in environment.lock.approximations)


def test_post_build_and_start_are_run(engine: Repo2DockerEngine, source: Path) -> None:
    (source / "postBuild").write_text('#!/bin/bash\nset -e\npip --version\necho "$NB_PYTHON_PREFIX" > made.txt\n')
    (source / "start").write_text('#!/bin/bash\nexport SAID_BY_START=yes\nexec "$@"\n')
    environment = built(engine, source)
    assert environment.root is not None
    assert inside(environment, "home/jovyan/made.txt").read_text() == "/srv/env\n"
    assert environment.root.repository == "/home/jovyan"
    assert environment.kernel_argv[0] == "/usr/local/share/reprise/start"


@pytest.mark.parametrize(
    ("name", "text", "kind", "words"),
    [
        ("postBuild", "#!/bin/bash\nno-such-one --now\n", "image-build-failed", "postBuild ended with: .*no-such-one"),
        ("apt.txt", "no-such-package\n", "image-build-failed", "apt.txt ended with: E: Unable to locate package"),
        ("Dockerfile", "FROM {base}\nRUN exit 3\n", "image-build-failed", "RUN exit 3"),
        ("Dockerfile", "FROM {base}\nCOPY nothing-there /x\n", "image-build-failed", "nothing-there"),
        ("Dockerfile", "FROM {base}\n", "kernel-missing-in-image", "no kernel for python"),
        ("Dockerfile", "FROM 127.0.0.1:9/x\n", "image-forbidden", "127.0.0.1:9"),
    ],
)  # fmt: skip
def test_what_the_author_did_is_told(
    engine: Repo2DockerEngine, source: Path, container_engine: DockerEngine, name: str, text: str, kind: str, words: str
) -> None:
    (source / name).write_text(text.format(base=container_engine.base_image))
    with pytest.raises(BuildError, match=words) as raised:
        built(engine, source)
    assert (raised.value.kind_id, raised.value.cause.fault) == (kind, "author")


def test_a_registry_that_does_not_answer_is_not_the_authors_fault(
    place: Path, settings: ImageSettings, source: Path
) -> None:
    (source / "Dockerfile").write_text("FROM 127.0.0.1:9/x\n")
    allowed = replace(settings, hosts=("127.0.0.1:9",))
    with pytest.raises(BuildError) as raised:
        built(Repo2DockerEngine(place, allowed, local=LocalEngine(place)), source)
    assert raised.value.kind_id == "registry-unreachable"


def test_an_engine_that_does_not_answer_is_the_operators_fault(
    place: Path, settings: ImageSettings, source: Path
) -> None:
    (source / "Dockerfile").write_text("FROM x\n")
    gone = replace(settings, client=replace(settings.client, host="unix:///nowhere/socket"))
    with pytest.raises(BuildError) as raised:
        built(Repo2DockerEngine(place, gone, local=LocalEngine(place)), source)
    assert (raised.value.kind_id, raised.value.cause.fault) == ("container-engine-unreachable", "operator")


def test_a_cancelled_build_leaves_nothing_that_is_used(
    engine: Repo2DockerEngine, source: Path, container_engine: DockerEngine, place: Path
) -> None:
    (source / "Dockerfile").write_text(f"FROM {container_engine.base_image}\nRUN echo sleeping; sleep 60\n")
    lines: list[str] = []
    stages: list[Stage] = []
    progress = Progress(lines.append, stages.append, lambda: any(line.endswith(" sleeping") for line in lines))
    with pytest.raises(BuildCancelledError):
        built(engine, source, progress)
    assert stages[-1] == Stage.BUILD
    assert list((place / "scratch").glob("image-*")) == []
    assert not any("sleep" in line for line in container_engine.docker("ps", "--all").splitlines())


def test_a_built_image_is_shared_by_its_digest(
    place: Path, settings: ImageSettings, packages_only: BuiltEnvironment, source: Path, tmp_path: Path
) -> None:
    (source / "Dockerfile").write_text(f"FROM {WITH_PACKAGES}\nRUN echo shared > shared.txt\n")
    with registry_server(tmp_path) as address:
        shared = replace(settings, registry=f"{address}/reprise", hosts=(address,))
        first = built(Repo2DockerEngine(place, shared, local=LocalEngine(place)), source)
        remote = first.details["remote"]
        assert remote.startswith(f"{address}/reprise/environment@sha256:")
        # Another machine, which has neither the image nor its root, but may not build.
        for name in (f"localhost/reprise/{first.key}", f"{address}/reprise/environment:{first.key}"):
            settings.client.remove(name, progress=Progress(print))
        assert settings.client.inspect(first.details["image_digest"], progress=Progress(print)) is None
        RootStore(place / "roots").remove(first.details["image_digest"])
        lines: list[str] = []
        again = built(
            Repo2DockerEngine(tmp_path / "elsewhere", shared, local=LocalEngine(place)), source, Progress(lines.append)
        )
        assert (again.key, again.details["image_digest"]) == (first.key, first.details["image_digest"])
        assert not any("RUN echo" in line for line in lines)
        assert inside(again, "home/jovyan/shared.txt").read_text() == "shared\n"
        given = Extra(Wish.IMAGE, ASKED_FOR, (f"{address}/reprise/environment:{first.key}",), "The image is not used.")
        pinned = ImageEngine(place, shared).resolve(
            replace(recipe_of(source), extras=(given,)), progress=Progress(print)
        )
        assert remote in pinned.text


def test_a_given_image_is_used_by_its_digest(
    place: Path, settings: ImageSettings, packages_only: BuiltEnvironment, source: Path
) -> None:
    given = Extra(Wish.IMAGE, ASKED_FOR, (WITH_PACKAGES,), "The image is not used.")
    recipe = replace(recipe_of(source), extras=(given,))
    engine = ImageEngine(place, settings)
    lock = engine.resolve(recipe, progress=Progress(print))
    environment = engine.build(recipe, lock, source=source, progress=Progress(print))
    assert environment.details["digest"] == packages_only.details["image_digest"]
    assert environment.kernel_argv == packages_only.kernel_argv
    assert engine.build(recipe, lock, source=source, progress=Progress(print)).is_reused


def test_a_given_archive_is_loaded(
    place: Path,
    settings: ImageSettings,
    packages_only: BuiltEnvironment,
    container_engine: DockerEngine,
    source: Path,
    tmp_path: Path,
) -> None:
    archive = tmp_path / "image.tar"
    container_engine.docker("save", "--output", str(archive), WITH_PACKAGES)
    given = Extra(Wish.IMAGE, ASKED_FOR, (f"docker-archive:{archive}",), "The image is not used.")
    recipe = replace(recipe_of(source), extras=(given,))
    engine = ImageEngine(place, settings)
    lock = engine.resolve(recipe, progress=Progress(print))
    environment = engine.build(recipe, lock, source=source, progress=Progress(print))
    archive.unlink()
    assert environment.details["image_digest"] == packages_only.details["image_digest"]
    inside_repository = replace(recipe, extras=(replace(given, file="image.txt"),))
    with pytest.raises(BuildError, match="only where the command line names it"):
        engine.resolve(inside_repository, progress=Progress(print))
