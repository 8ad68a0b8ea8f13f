"""Repositories and images that attack the builder of images, through repo2docker and a real Docker."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.containers import room
from builder.engines.containers.image_engine import ASKED_FOR, ImageEngine
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.repo2docker_engine import Repo2DockerEngine
from builder.engines.interpreters import discover, nearest
from builder.engines.limits import BuildLimits
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.errors import BuildError
from builder.recipe.model import Extra, Recipe, Wish
from tests.builder.engines.one_build import plain_recipe
from tests.docker_engine import DockerEngine, docker_engine
from tests.hostile.cases import HOSTILE, Case, Outside, cases, content, write_files
from tests.hostile.test_builds import ABSTRACT, MARKER, left_running
from tests.image_tar import ImageTar

# Packages of the real index are installed before a script after the build runs.
pytestmark = [pytest.mark.real, pytest.mark.enable_socket, pytest.mark.timeout(180)]
MIB = 1 << 20
TAKEN = "localhost/reprise/taken:latest"
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
WITHIN_S = 60.0
WISHES = {"Dockerfile": Wish.DOCKERFILE, "postBuild": Wish.POST_BUILD}


@pytest.fixture(scope="module")
def container_engine(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[DockerEngine]:
    """A running Docker engine of the tests' own, with the base image."""
    own = tmp_path_factory.getbasetemp()
    with docker_engine(own if worker_id == "master" else own.parent) as engine:
        yield engine


@dataclass
class Yard:
    """An engine of containers, a place for what is built, and all that was said."""

    place: Path
    docker: DockerEngine
    settings: ImageSettings
    outside: Outside
    log: list[str] = field(default_factory=list)
    took_s: float = 0.0

    def source(self, case: Case) -> Path:
        """Write the repository of a case and return its directory."""
        folder = self.place / "repository"
        folder.mkdir()
        make = self.outside.filled_in(case.make)
        write_files(folder, make.get("files", {}))
        for name in make.get("programs", ()):
            (folder / name).chmod(0o755)
        socket_path = self.docker.host.removeprefix("unix://")
        places = {"base": self.docker.base_image, "socket": socket_path, "abstract": ABSTRACT, "marker": MARKER}
        for path in (HOSTILE / "builds" / case.name).glob("*.txt"):
            # Not read as text, which would make one sign of the ends of lines.
            text = self.outside.named(path.read_bytes().decode(), **places)
            (folder / path.name.removesuffix(".txt")).write_bytes(text.encode())
        return folder

    def build(self, source: Path) -> str:
        """Build what the repository asks for; return the cause's id ("" for none)."""
        extras = tuple(Extra(wish, name, (), "") for name, wish in WISHES.items() if (source / name).exists())
        python = nearest(discover(), "3.11")[0]
        engine = Repo2DockerEngine(
            self.place / "images", self.settings, local=LocalEngine(self.place / "images", interpreters=(python,))
        )
        return self._made(engine, replace(plain_recipe("3.11"), as_of=AS_OF, extras=extras), source)

    def take(self, named: str) -> str:
        """Take a given image; return the cause's id ("" for none)."""
        given = Extra(Wish.IMAGE, ASKED_FOR, (named,), "")
        engine = ImageEngine(self.place / "images", self.settings)
        return self._made(engine, replace(plain_recipe("3.11"), extras=(given,)), self.place)

    def _made(self, engine: Repo2DockerEngine | ImageEngine, recipe: Recipe, source: Path) -> str:
        progress = Progress(self.log.append)
        started = time.monotonic()
        try:
            engine.build(recipe, engine.resolve(recipe, progress=progress), source=source, progress=progress)
        except BuildError as error:
            self.log.append(str(error))
            return error.kind_id
        finally:
            self.took_s = time.monotonic() - started
        return ""

    @property
    def said(self) -> str:
        return "\n".join(self.log)

    def check(self, case: Case, cause: str) -> None:
        """It ended as it must, got nothing, left nothing, and what is said of it can be shown."""
        assert (cause, case.reason in self.said) == (case.cause, True), self.said
        assert self.took_s < max(WITHIN_S, case.seconds)
        loot = [line.partition("LOOT ")[2] for line in self.log if "LOOT [" in line]
        assert loot == ["[]"] * len(loot), self.said
        assert bool(loot) == case.make.get("runs", False), self.said
        assert "kept canary" not in self.said
        assert self.log[-1].isprintable(), ascii(self.log[-1])
        assert len(self.log[-1]) < 2000
        assert self.outside.is_untouched()
        assert left_running() == []
        assert not list((self.place / "images" / "scratch").glob("*"))
        assert self.docker.docker("ps", "--all", "--quiet", "--filter", "name=reprise-export") == ""


@pytest.fixture
def yard(
    tmp_path: Path, container_engine: DockerEngine, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Yard]:
    for name in ("REPRISE_CANARY", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "canary")
    settings = ImageSettings(
        container_engine.client(),
        base_image=container_engine.base_image,
        buildpacks="uv",
        build_timeout_s=60,
        limits=BuildLimits(output_bytes=MIB, disk_bytes=100 * MIB),
        size_limit_bytes=200 * MIB,
    )
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0" + ABSTRACT)
        abstract.listen()
        yield Yard(tmp_path, container_engine, settings, outside)


@pytest.mark.parametrize("case", cases("builds", "dockerfile"), ids=lambda case: case.name)
def test_a_hostile_dockerfile(case: Case, yard: Yard) -> None:
    yard.check(case, yard.build(yard.source(case)))


@pytest.mark.parametrize("case", cases("builds", "endless"), ids=lambda case: case.name)
def test_a_dockerfile_without_end_is_ended_for_what_it_takes(
    case: Case, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of what a step prints without end an engine passes on a little each second.
    yard.settings = replace(yard.settings, limits=BuildLimits(output_bytes=MIB // 8))
    if case.cause == "build-timeout":
        yard.settings = replace(yard.settings, build_timeout_s=6)
    if "leaves_mib" in case.make:
        free = shutil.disk_usage(yard.docker.host.removeprefix("unix://").rpartition("/")[0]).free
        monkeypatch.setattr(room.Room, "is_short", _short_below(free - case.make["leaves_mib"] * MIB))
    yard.check(case, yard.build(yard.source(case)))


def _short_below(least_bytes: int) -> Callable[[room.Room], bool]:
    def is_short(self: room.Room) -> bool:
        assert self.storage is not None
        return shutil.disk_usage(self.storage).free < least_bytes

    return is_short


@pytest.mark.parametrize("case", cases("builds", "script"), ids=lambda case: case.name)
def test_a_hostile_script_after_the_build(case: Case, yard: Yard) -> None:
    yard.check(case, yard.build(yard.source(case)))


@pytest.mark.parametrize("case", cases("builds", "archive"), ids=lambda case: case.name)
def test_a_hostile_archive_of_an_image(case: Case, yard: Yard) -> None:
    base = yard.docker.docker("image", "inspect", "--format", "{{.Id}}", yard.docker.base_image)
    path = yard.place / "image.tar"
    path.write_bytes(_archive(case, yard.docker))
    yard.settings = replace(yard.settings, size_limit_bytes=100 * MIB)
    yard.check(case, yard.take(f"docker-archive:{path}"))
    assert yard.docker.docker("image", "inspect", "--format", "{{.Id}}", yard.docker.base_image) == base
    assert yard.docker.docker("image", "ls", "--quiet", TAKEN) == ""


@pytest.mark.parametrize("case", cases("builds", "sif"), ids=lambda case: case.name)
def test_a_hostile_sif(case: Case, yard: Yard) -> None:
    path = yard.place / "image.sif"
    if "unfolds_mib" in case.make:
        (yard.place / "tree" / "usr").mkdir(parents=True)
        for number in range(10):
            big = yard.place / "tree" / "usr" / f"{number}"
            big.write_bytes(bytes([number + 1]) * (case.make["unfolds_mib"] * MIB // 10))
        subprocess.run(["mksquashfs", str(yard.place / "tree"), str(path), "-quiet", "-no-progress"], check=True)
        assert path.stat().st_size < MIB
    else:
        path.write_bytes(content(case.make["text"]))
    yard.check(case, yard.take(str(path)))


def _archive(case: Case, docker: DockerEngine) -> bytes:
    """An archive as docker save writes it, with what the case makes of it."""
    make = case.make
    if "text" in make:
        return content(make["text"])
    if "header" in make:
        claim = tarfile.TarInfo("manifest.json")
        claim.type, claim.size = tarfile.XHDTYPE, 4 << 30
        return claim.tobuf() + b"\0" * MIB
    layer = ImageTar().folder("bin").file("bin/x", b"x")
    if "climbs" in make:
        layer.file("../../../../tmp/reprise-was-here").link("out", "/tmp").file("out/reprise-was-here")
    if "unfolds_mib" in make:
        layer.file("bin/big", b"\1" * (make["unfolds_mib"] * MIB))
    written = gzip.compress(layer.content, 6) if "unfolds_mib" in make else layer.content
    above = "../../../" if "above" in make else ""
    taken = [docker.base_image, TAKEN] if "takes" in make else None
    names = {"Config": f"{above}config.json", "Layers": [f"{above}layer.tar"], "RepoTags": taken}
    diff = f"sha256:{hashlib.sha256(layer.content).hexdigest()}"
    config = {
        "architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }  # fmt: skip
    archive = ImageTar().file(f"{above}config.json", json.dumps(config).encode()).file(f"{above}layer.tar", written)
    return archive.file("manifest.json", json.dumps([names]).encode()).content
