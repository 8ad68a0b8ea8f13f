"""What becomes of an image's root file system: what a kernel needs of it, and nothing that could harm."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from builder.engines.containers.unpacking import RootLimits, unpack
from builder.engines.progress import BuildCancelledError, Progress
from builder.errors import BuildError
from tests.image_tar import QUIET, ImageTar


def _unpack(tar: ImageTar | bytes, target: Path, **limits: int) -> dict[str, str]:
    target.mkdir(exist_ok=True)
    content = tar if isinstance(tar, bytes) else tar.content
    entries = unpack(io.BytesIO(content), target, limits=RootLimits(**limits), progress=QUIET)
    return {entry.path: entry.kind for entry in entries}


def _refused(tar: ImageTar | bytes, target: Path, **limits: int) -> BuildError:
    with pytest.raises(BuildError) as refused:
        _unpack(tar, target, **limits)
    return refused.value


def test_files_directories_and_links_are_made_with_their_times(tmp_path):
    tar = ImageTar().folder("usr", mtime=1000).file("usr/a.py", b"x = 1\n", mtime=2000).link("lib", "usr/lib")
    assert _unpack(tar, tmp_path / "t") == {"usr": "directory", "usr/a.py": "file", "lib": "link"}
    assert (tmp_path / "t/usr/a.py").read_bytes() == b"x = 1\n"
    assert (tmp_path / "t/lib").readlink() == Path("usr/lib")
    assert [(tmp_path / "t" / name).stat().st_mtime for name in ("usr", "usr/a.py")] == [1000, 2000]


def test_nothing_keeps_an_owner_a_setuid_bit_or_a_mode_that_we_cannot_read(tmp_path):
    tar = ImageTar().file("sudo", b"#!", mode=0o6711, uid=0).file("shadow", b"s", mode=0, uid=7).folder("d", mode=0)
    assert _unpack(tar, tmp_path / "t")["sudo"] == "program"
    modes = {name: stat.S_IMODE((tmp_path / "t" / name).stat().st_mode) for name in ("sudo", "shadow", "d")}
    assert modes == {"sudo": 0o555, "shadow": 0o444, "d": 0o755}
    assert (tmp_path / "t/shadow").stat().st_uid == os.geteuid()


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_left_out(tmp_path, kind):
    tar = ImageTar().add("srv/disk", kind, devmajor=8, devminor=0).file("kept")
    assert "srv/disk" not in _unpack(tar, tmp_path / "t")
    assert not (tmp_path / "t/srv/disk").exists()


def test_what_the_sandbox_makes_itself_is_left_out(tmp_path):
    tar = ImageTar().link("proc", "/etc").file("dev/console").file(".dockerenv").file("sys/x").file("kept")
    assert _unpack(tar, tmp_path / "t") == {"kept": "file"}


@pytest.mark.parametrize("name", ["../escaped", "usr/../../escaped", "/../escaped"])
def test_a_path_that_climbs_is_refused(tmp_path, name):
    assert _refused(ImageTar().file(name, b"x"), tmp_path / "t").kind_id == "image-refused"
    assert not (tmp_path / "escaped").exists()


def test_an_absolute_path_lies_below_the_root(tmp_path):
    assert _unpack(ImageTar().file("//etc/hosts", b"x"), tmp_path / "t") == {"etc": "directory", "etc/hosts": "file"}


@pytest.mark.parametrize("to", ["/", "..", "/tmp"])
def test_nothing_is_written_through_a_link(tmp_path, to):
    error = _refused(ImageTar().link("way", to).file("way/reprise-was-here", b"x"), tmp_path / "t")
    assert "no directory" in error.data["reason"]
    assert not any((Path(place) / "reprise-was-here").exists() for place in ("/", tmp_path, "/tmp"))


def test_a_file_does_not_replace_a_link(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    error = _refused(ImageTar().link("a", str(outside)).file("a", b"x"), tmp_path / "t")
    assert "twice" in error.data["reason"]
    assert outside.read_text() == "untouched"


def test_a_hard_link_leads_to_a_file_of_the_image_alone(tmp_path):
    tar = ImageTar().file("a", b"same").hard_link("b", "a")
    assert _unpack(tar, tmp_path / "t") == {"a": "file", "b": "file"}
    for hostile in (ImageTar().hard_link("b", "/etc/passwd"), ImageTar().link("l", "/etc").hard_link("b", "l/passwd")):
        assert _refused(hostile, tmp_path / "hostile").kind_id == "image-refused"
        for left in (tmp_path / "hostile").iterdir():
            left.unlink()


def test_an_image_that_takes_too_much_disk_is_refused_before_it_is_written(tmp_path):
    tar = ImageTar().file("large", b"x" * 100_000)
    assert _refused(tar, tmp_path / "t", size_bytes=50_000).kind_id == "image-too-large"
    assert not (tmp_path / "t/large").exists()


def test_many_empty_files_are_too_large_as_well(tmp_path):
    tar = ImageTar()
    for number in range(50):
        tar.file(f"d/{number}")
    assert _refused(tar, tmp_path / "t", entries=40).kind_id == "image-too-large"


def test_a_file_that_only_claims_to_be_huge_is_not_written(tmp_path):
    claim = tarfile.TarInfo("huge")
    claim.size = 8 << 40
    assert _refused(claim.tobuf() + b"\0" * 1024, tmp_path / "t").kind_id == "image-too-large"


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path):
    claim = tarfile.TarInfo("x")
    claim.type, claim.size = tarfile.XHDTYPE, 1 << 33
    assert _refused(claim.tobuf() + b"\0" * 4096, tmp_path / "t").kind_id == "image-refused"


def test_a_file_with_holes_is_refused(tmp_path):
    hole = ImageTar().add("hole", pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 50)})
    assert _refused(hole, tmp_path / "t").kind_id == "image-refused"


@pytest.mark.parametrize(
    "tar",
    [
        ImageTar().file("n" * 300),
        ImageTar().folder("/".join(["d" * 200] * 25)),
        ImageTar().link("a", ""),
        ImageTar().link("a", "x" * 5000),
        ImageTar().file("a", pax_headers={"mtime": "nan"}),
        ImageTar().folder("a", pax_headers={"mtime": "1e400"}),
        ImageTar().file("a", pax_headers={"size": "-1"}),
    ],
    ids=["long name", "long path", "empty link", "long link", "no time", "endless time", "negative size"],
)
def test_an_entry_that_cannot_be_made_is_refused(tmp_path, tar):
    assert _refused(tar, tmp_path / "t").kind_id == "image-refused"


@pytest.mark.parametrize("cut", [100, 600, 1500])
def test_an_archive_that_ends_early_is_refused(tmp_path, cut):
    assert _refused(ImageTar().file("a", b"x" * 2000).content[:cut], tmp_path / "t").kind_id == "image-refused"


def test_what_is_no_archive_is_refused(tmp_path):
    assert _refused(b"<html>" * 500, tmp_path / "t").kind_id == "image-refused"


def test_more_than_fits_on_a_command_line_is_refused(tmp_path):
    tar = ImageTar()
    for number in range(3000):
        tar.link(f"etc/{number}", "/nowhere")
    assert "/etc holds too much" in _refused(tar, tmp_path / "t").data["reason"]


def test_a_cancel_is_heard_in_the_middle_of_a_file(tmp_path):
    (tmp_path / "t").mkdir()
    content = ImageTar().file("large", b"x" * (8 << 20)).content
    asked = iter([False] * 6)
    progress = Progress(lambda line: None, is_cancelled=lambda: next(asked, True))
    with pytest.raises(BuildCancelledError):
        unpack(io.BytesIO(content), tmp_path / "t", limits=RootLimits(), progress=progress)
    assert (tmp_path / "t/large").stat().st_size < 8 << 20
