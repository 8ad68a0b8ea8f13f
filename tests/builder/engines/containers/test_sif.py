"""A root given away as a SIF: the tree that Apptainer packs, its command line, and what it says when it fails."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from builder.engines.containers.roots import RootStore
from builder.engines.containers.sif import (
    build_command,
    build_variables,
    export_archive,
    export_sif,
    stage_tree,
    variables_script,
)
from builder.errors import BuildError
from tests.image_tar import DIGEST, QUIET, ImageTar

# Packs what it is given as Apptainer does, without Apptainer's header. (It is in Debian's newest release alone.)
_PACKER = """#!/bin/sh
[ "$1 $2" = "build --force" ] || exit 2
exec mksquashfs "$4" "$3" -all-root -noappend -no-progress -quiet
"""


def _tar() -> ImageTar:
    return (
        ImageTar().programs().file("usr/lib/a.py", b"x = 1\n").link("lib64x", "usr/lib").link("etc/far", "/etc/shadow")
    )


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a program as the machine's Apptainer."""

    def install(text: str) -> None:
        place = tmp_path / "bin/apptainer"
        place.parent.mkdir()
        place.write_text(text)
        place.chmod(0o755)
        monkeypatch.setenv("PATH", f"{place.parent}:{os.environ['PATH']}")

    return install


@pytest.mark.real
def test_the_packed_tree_is_the_root_with_the_places_and_variables_of_apptainer(tmp_path, program):
    program(_PACKER)
    root = _tar().unpacked(tmp_path / "roots")
    export_sif(root, tmp_path / "x.sif", variables=(("OWN", "it's $HOME"),), progress=QUIET)
    subprocess.run(["unsquashfs", "-q", "-n", "-d", tmp_path / "out", tmp_path / "x.sif"], check=True)
    assert (tmp_path / "out/usr/lib/a.py").read_bytes() == b"x = 1\n"
    assert (tmp_path / "out/etc/far").readlink() == Path("/etc/shadow")
    assert all((tmp_path / "out" / place).is_dir() for place in ("proc", "sys", "dev", "tmp", "var/tmp", "home"))
    said = subprocess.run(
        ["sh", "-c", ". ./10-image.sh; echo $OWN"], cwd=tmp_path / "out/.singularity.d/env", capture_output=True
    )
    assert said.stdout == b"it's $HOME\n"


@pytest.mark.real
def test_the_root_stays_as_it_is(tmp_path, program):
    program(_PACKER)
    store = RootStore(tmp_path / "roots")
    root = _tar().unpacked(tmp_path / "roots")
    export_sif(root, tmp_path / "x.sif", variables=(("A", "b"),), progress=QUIET)
    assert store.verify(DIGEST, progress=QUIET) == ()
    assert not list((tmp_path / "roots").glob(".making-*"))


def test_without_apptainer_the_cause_says_so(tmp_path, monkeypatch):
    root = _tar().unpacked(tmp_path / "roots")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BuildError) as refused:
        export_sif(root, tmp_path / "x.sif", progress=QUIET)
    assert refused.value.kind_id == "sif-program-missing"


def test_a_failing_apptainer_leaves_no_file(tmp_path, program):
    program("#!/bin/sh\necho half > $3\necho 'FATAL: no space' >&2\nexit 1\n")
    root = _tar().unpacked(tmp_path / "roots")
    with pytest.raises(BuildError, match="FATAL: no space") as failed:
        export_sif(root, tmp_path / "x.sif", progress=QUIET)
    assert failed.value.kind_id == "sif-failed"
    assert not (tmp_path / "x.sif").exists()


def test_apptainer_inherits_nothing_and_keeps_everything_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRISE_SECRET_KEY", "secret")
    seen = build_variables(tmp_path)
    assert set(seen) - {"PATH", "LC_ALL"} == {
        *("HOME", "TMPDIR", "APPTAINER_TMPDIR", "APPTAINER_CACHEDIR", "SINGULARITY_TMPDIR", "SINGULARITY_CACHEDIR")
    }
    command = build_command("/usr/bin/apptainer", tmp_path / "tree", tmp_path / "x.sif")
    assert command == ["/usr/bin/apptainer", "build", "--force", f"{tmp_path}/x.sif", f"{tmp_path}/tree"]


def test_variables_cannot_become_commands(tmp_path):
    script = tmp_path / "script"
    hostile = {"A": "'; touch hacked; '", "B;touch hacked": "x", "C": "$(touch hacked)\n`touch hacked`", "D": "\0"}
    script.write_text(variables_script(hostile) + 'printf %s "$A$C"\n')
    said = subprocess.run(["sh", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said == hostile["A"] + hostile["C"]
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("place", [".singularity.d", "proc", "var", "home", "etc"])
def test_nothing_is_written_through_a_link_of_the_image(tmp_path, place):
    victim = tmp_path / "victim"
    victim.mkdir()
    root = ImageTar().file("usr/x").link("linked", str(victim)).unpacked(tmp_path / "roots")
    (root.path / place).symlink_to(victim)
    stage_tree(root.path, tmp_path / "tree", (("A", "b"),))
    assert list(victim.iterdir()) == []
    assert stat.S_ISDIR((tmp_path / "tree/.singularity.d").lstat().st_mode)


def test_what_the_image_brings_for_apptainer_to_run_is_left_out(tmp_path):
    tar = ImageTar().file(".singularity.d/env/99-hostile.sh", b"rm -rf ~\n").file("usr/x")
    stage_tree(tar.unpacked(tmp_path / "roots").path, tmp_path / "tree", ())
    assert [path.name for path in (tmp_path / "tree/.singularity.d/env").iterdir()] == ["10-image.sh"]


@pytest.mark.real
def test_the_archive_of_an_image_can_be_loaded_again(tmp_path, container_engine):
    client = container_engine.client()
    digest = container_engine.docker("image", "inspect", "--format", "{{.Id}}", container_engine.base_image)
    export_archive(client, digest, tmp_path / "image.tar", progress=QUIET)
    assert client.load(tmp_path / "image.tar", progress=QUIET).id == digest
    with pytest.raises(BuildError):
        export_archive(client, "localhost/nothing:1", tmp_path / "none.tar", progress=QUIET)
    assert [path.name for path in tmp_path.iterdir()] == ["image.tar"]
