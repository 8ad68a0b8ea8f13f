"""What a run has written is measured a little at a time and removed whole, whatever it is."""

from __future__ import annotations

import os
from pathlib import Path

from builder.held_directory import remove_tree
from reproduce.runner.disk_use import DiskMeter, used_bytes

BLOCK = 4096


def make_deep(top: Path, levels: int) -> None:
    """Make directories below each other, deeper than a path can be long, with a file of two blocks in the last."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 50, dir_fd=here)
        below = os.open("d" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(file, b"x" * 2 * BLOCK)
    os.close(file)
    os.close(here)


def test_files_without_content_count_as_a_block_each(tmp_path):
    for number in range(10):
        (tmp_path / str(number)).touch()
    assert used_bytes(tmp_path) == 10 * BLOCK


def test_what_lies_deeper_than_a_path_is_long_counts(tmp_path):
    make_deep(tmp_path, 300)
    assert used_bytes(tmp_path) >= 302 * BLOCK
    remove_tree(tmp_path)


def test_links_are_not_followed(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"x" * 100 * BLOCK)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link").symlink_to(tmp_path / "kept")
    assert used_bytes(tmp_path / "run") == BLOCK
    remove_tree(tmp_path / "run")
    assert (tmp_path / "kept" / "file").exists()


def test_a_meter_takes_no_longer_than_it_may_and_ends_with_the_whole(tmp_path):
    for number in range(2000):
        (tmp_path / str(number)).touch()
    meter = DiskMeter((tmp_path,))
    seen = [meter.advance(0) for _ in range(8)]
    assert seen[0] is None
    assert next(total for total in seen if total is not None) == 2000 * BLOCK
    assert meter.advance(60) == 2000 * BLOCK


def test_a_directory_that_is_gone_is_empty(tmp_path):
    assert DiskMeter((tmp_path / "gone",)).advance(1) == 0
    remove_tree(tmp_path / "gone")


def test_closed_directories_and_deep_ones_are_removed(tmp_path):
    (tmp_path / "run" / "closed" / "below").mkdir(parents=True)
    (tmp_path / "run" / "closed" / "below" / "file").touch()
    (tmp_path / "run" / "closed").chmod(0)
    make_deep(tmp_path / "run", 1500)
    remove_tree(tmp_path / "run")
    assert not (tmp_path / "run").exists()
