"""What the build of an image added to the repository is there in a run; what the snapshot has stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reproduce.runner.built_files import TooMuchBuiltError, add_built_files
from tests.image_tar import ImageTar


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "data/a.txt").write_text("the snapshot's")
    return folder


def _add(tar: ImageTar, work: Path, repository: str = "/home/x", most_bytes: int = 1 << 20) -> list[str]:
    root = tar.unpacked(work.parent / "roots", repository=repository)
    add_built_files(root.path, root.repository, work, most_bytes=most_bytes)
    return sorted(path.relative_to(work).as_posix() for path in work.rglob("*") if not path.is_dir())


def test_only_what_the_snapshot_has_not_is_added(work):
    tar = ImageTar().file("home/x/data/a.txt", b"the build's").file("home/x/data/b.txt", b"b").file("home/x/new/c.txt")
    assert _add(tar, work) == ["data/a.txt", "data/b.txt", "new/c.txt"]
    assert (work / "data/a.txt").read_text() == "the snapshot's"
    assert os.access(work / "data/b.txt", os.W_OK)


def test_caches_and_version_control_are_left_out(work):
    tar = ImageTar().file("home/x/.git/config").file("home/x/.cache/pip/x").file("home/x/.profile")
    assert _add(tar, work) == [".profile", "data/a.txt"]


def test_links_are_kept_where_they_stay_inside(work):
    tar = ImageTar().link("home/x/data/up", "../new").link("home/x/out", "../y").link("home/x/far", "/etc/passwd")
    tar.link("home/x/sly", "data/../../y")
    assert _add(tar, work) == ["data/a.txt", "data/up"]


def test_nothing_is_written_through_a_link_of_the_snapshot(work, tmp_path):
    (tmp_path / "outside").mkdir()
    (work / "results").symlink_to(tmp_path / "outside")
    _add(ImageTar().file("home/x/results/r.txt", b"x"), work)
    assert not list((tmp_path / "outside").iterdir())


def test_a_repository_that_is_a_link_is_followed_inside_the_image_alone(work):
    assert "b" in _add(ImageTar().link("home/x", "/srv/y").file("srv/y/b"), work)


@pytest.mark.parametrize("repository", ["", "/", "/..", "relative", "/nowhere", "/file"])
def test_where_there_is_no_repository_nothing_is_added(work, repository):
    assert _add(ImageTar().file("file").file("etc/x"), work, repository) == ["data/a.txt"]


def test_more_than_a_run_may_write_is_not_added(work):
    tar = ImageTar().file("home/x/large", b"x" * 5000)
    with pytest.raises(TooMuchBuiltError):
        _add(tar, work, most_bytes=4000)
    assert not (work / "large").exists()
