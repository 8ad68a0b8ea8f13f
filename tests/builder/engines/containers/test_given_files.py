"""Images that lie in a file."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from builder.engines.containers.client import ContainerClient
from builder.engines.containers.given_files import GivenFile, given_file, unpacked_file
from builder.engines.containers.image_environment import Finisher
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.containers.roots import RootStore
from builder.engines.progress import Progress
from builder.errors import BuildError
from builder.recipe.model import Extra, Wish
from tests.docker_engine import DockerEngine
from tests.image_tar import ImageTar

QUIET = Progress(lambda line: None)
NO_ENGINE = ImageSettings(ContainerClient("no-such-program"))


@pytest.fixture
def finisher(tmp_path: Path) -> Finisher:
    return Finisher(RootStore(tmp_path / "roots"), tmp_path / "scratch", 2**30, is_sandboxed=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("docker-archive:/a.tar", "docker-archive"), ("oci-archive:/a.tar", "oci-archive"), ("/x/y.sif", "sif")],
)
def test_a_file_is_told_from_a_name(text: str, kind: str) -> None:
    file = GivenFile.parse(text)
    assert file is not None
    assert (file.kind, GivenFile.parse(str(file))) == (kind, file)
    assert GivenFile.parse("quay.io/a/b:1") is None


def test_a_repository_names_no_file_of_this_machine() -> None:
    for given in (
        Extra(Wish.IMAGE, "image.txt", ("docker-archive:/etc/passwd",), ""),
        Extra(Wish.SIF, "x", ("x.img",), ""),
    ):
        with pytest.raises(BuildError) as raised:
            given_file(given, is_asked_for=False)
        assert raised.value.kind_id == "image-forbidden"


def test_a_sif_is_unpacked_without_a_container_engine(tmp_path: Path, finisher: Finisher) -> None:
    (tmp_path / "tree/usr/share").mkdir(parents=True)
    (tmp_path / "tree/usr/share/words").write_text("inside\n")
    squashed = tmp_path / "squashed"
    subprocess.run(["mksquashfs", str(tmp_path / "tree"), str(squashed), "-quiet", "-no-progress"], check=True)
    sif = tmp_path / "image.sif"
    sif.write_bytes(b"#!/usr/bin/env run-singularity\n".ljust(8192, b"\0") + squashed.read_bytes())
    with unpacked_file(GivenFile("sif", sif), NO_ENGINE, finisher, tmp_path / "scratch", QUIET) as image:
        root = finisher.roots.put(image.export, digest=image.digest, progress=QUIET)
    assert (root.path / "usr/share/words").read_text() == "inside\n"
    assert root.digest == f"sha256:{hashlib.sha256(sif.read_bytes()).hexdigest()}"


@pytest.mark.parametrize("kind", ["oci-archive", "sif"])
def test_a_file_that_holds_no_image_is_refused(tmp_path: Path, finisher: Finisher, kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"nothing")
    with (
        pytest.raises(BuildError) as raised,
        unpacked_file(GivenFile(kind, path), NO_ENGINE, finisher, tmp_path / "scratch", QUIET) as image,
    ):
        finisher.roots.put(image.export, digest=image.digest, progress=QUIET)
    assert raised.value.kind_id == "image-refused"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as raised:
        GivenFile("sif", tmp_path / "gone.sif").digest(progress=QUIET)
    assert raised.value.kind_id == "image-not-found"


@pytest.mark.real
def test_an_oci_archive_is_loaded_by_an_engine_that_does_not_know_them(
    tmp_path: Path, finisher: Finisher, container_engine: DockerEngine
) -> None:
    tree = ImageTar().folder("usr").file("usr/words", b"inside\n").content
    settings = ImageSettings(container_engine.client())
    archive = tmp_path / "image.tar"
    archive.write_bytes(oci_archive(tree))
    with unpacked_file(GivenFile("oci-archive", archive), settings, finisher, tmp_path / "scratch", QUIET) as image:
        root = finisher.roots.put(image.export, digest=image.digest, progress=QUIET)
    assert (root.path / "usr/words").read_text() == "inside\n"
    assert image.variables == (("PATH", "/usr/bin"),)


def oci_archive(layer: bytes) -> bytes:
    """An archive as skopeo and buildah write it: one image with one layer."""
    archive = ImageTar().file("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')

    def blob(content: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        archive.file(f"blobs/sha256/{digest}", content)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    kind = "application/vnd.oci.image"
    diff = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    }
    manifest = {
        "schemaVersion": 2,
        "config": blob(json.dumps(config).encode(), f"{kind}.config.v1+json"),
        "layers": [blob(layer, f"{kind}.layer.v1.tar")],
    }
    index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), f"{kind}.manifest.v1+json")]}
    return archive.file("index.json", json.dumps(index).encode()).content
