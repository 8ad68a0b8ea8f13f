"""The check of data by itself: what is read, what is remembered, and what is told of it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reproduce.runner.data_check import CheckedData, CheckStoppedError, DataProblemError, check_again, check_data
from reproduce.runner.data_memory import DataMemory, Fingerprint
from reproduce.runner.job import DataFile, DataMount

COUNT = 40


@pytest.fixture
def mount(tmp_path: Path) -> DataMount:
    folder = (tmp_path / "scan").resolve()
    folder.mkdir()
    files = []
    for number in range(COUNT):
        content = b"%d\n" % number
        path = folder / f"{number}.txt"
        path.write_bytes(content)
        files.append(DataFile(path.name, len(content), hashlib.sha256(content).hexdigest()))
    return DataMount("10.5072/scan", str(folder), "data", tuple(files))


def settle() -> None:
    """Wait until what was written counts as settled."""
    time.sleep(2.1)


def check(mount: DataMount, memory: Path | None = None) -> CheckedData:
    (checked,) = check_data((mount,), memory, on_progress=lambda *_: None, should_stop=lambda: False)
    return checked


def test_progress_is_told_from_the_first_to_the_last_file(mount: DataMount) -> None:
    told: list[tuple[str, int, int]] = []
    check_data((mount,), None, on_progress=lambda *words: told.append(words), should_stop=lambda: False)
    assert (told[0], told[-1]) == (("10.5072/scan", 0, COUNT), ("10.5072/scan", COUNT, COUNT))


def test_several_runs_check_at_once_and_leave_one_whole_memory(mount: DataMount, tmp_path: Path) -> None:
    settle()
    memory = tmp_path / "memory"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: check(mount, memory), range(16)))
    assert all(one.checked["sha256"] == COUNT for one in found)
    assert len({one.as_dict()["manifest_sha256"] for one in found}) == 1
    (file,) = memory.iterdir()
    assert len(json.loads(file.read_text())["files"]) == COUNT
    assert check(mount, memory).remembered == COUNT


@pytest.mark.parametrize("change", ["content", "content of the same time", "another file in its place"])
def test_a_changed_file_is_read_again_and_the_others_are_not(mount: DataMount, tmp_path: Path, change: str) -> None:
    settle()
    memory = tmp_path / "memory"
    check(mount, memory)
    path = Path(mount.here) / "17.txt"
    before = path.stat()
    if change == "another file in its place":
        (tmp_path / "other").write_text("71\n")
        (tmp_path / "other").replace(path)
    else:
        path.write_text("71\n")
    if change != "content":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(DataProblemError, match=r"17\.txt of 10\.5072/scan has another SHA-256") as problem:
        check(mount, memory)
    assert problem.value.status == "data-changed"


def test_a_file_that_was_written_just_now_is_not_remembered(mount: DataMount, tmp_path: Path) -> None:
    check(mount, tmp_path / "memory")
    assert check(mount, tmp_path / "memory").remembered == 0


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"schema": "other"}'])
def test_a_memory_that_cannot_be_read_is_none(mount: DataMount, tmp_path: Path, content: bytes) -> None:
    settle()
    check(mount, tmp_path / "memory")
    (file,) = (tmp_path / "memory").iterdir()
    file.write_bytes(content)
    assert check(mount, tmp_path / "memory").remembered == 0
    assert check(mount, tmp_path / "memory").remembered == COUNT


def test_a_memory_that_cannot_be_written_costs_time_alone(mount: DataMount, tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("a file in its place")
    assert check(mount, tmp_path / "memory").checked["sha256"] == COUNT


def test_an_md5_says_nothing_of_a_sha256(tmp_path: Path) -> None:
    memory = DataMemory(tmp_path, "/data")
    found = Fingerprint(3, 1, 1, 1, 1)
    memory.keep("a", "md5", found, "0" * 32, "2020-01-01T00:00:00+00:00")
    assert memory.digest("a", "md5", found) is not None
    assert memory.digest("a", "sha256", found) is None
    assert memory.digest("a", "md5", Fingerprint(3, 1, 1, 2, 1)) is None


def test_the_digest_of_the_list_depends_on_names_sizes_and_contents_alone(mount: DataMount) -> None:
    once = check(mount).as_dict()["manifest_sha256"]
    for number in range(COUNT):
        os.utime(Path(mount.here) / f"{number}.txt", (1, 1))
    assert check(mount).as_dict()["manifest_sha256"] == once


def test_a_check_that_is_stopped_ends_without_an_answer(mount: DataMount) -> None:
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(CheckStoppedError):
        check_data((mount,), None, on_progress=lambda *_: None, should_stop=stopped.is_set)


@pytest.mark.parametrize(
    ("path", "status"),
    [("absent.txt", "data-missing"), ("0.txt/x", "data-missing"), ("pipe", "data-missing"), ("loop", "data-missing")],
)
def test_what_is_no_file_is_never_read(mount: DataMount, path: str, status: str) -> None:
    os.mkfifo(Path(mount.here) / "pipe")
    (Path(mount.here) / "loop").symlink_to("loop")
    with pytest.raises(DataProblemError) as problem:
        check(DataMount(mount.dataset, mount.here, "data", (DataFile(path, None, "0" * 64),)))
    assert problem.value.status == status


def test_a_link_inside_the_dataset_is_followed(mount: DataMount) -> None:
    (Path(mount.here) / "link.txt").symlink_to("0.txt")
    file = DataFile("link.txt", 2, hashlib.sha256(b"0\n").hexdigest())
    assert check(DataMount(mount.dataset, mount.here, "data", (file,))).checked["sha256"] == 1


def test_a_file_that_got_other_permissions_while_the_notebook_ran_is_still_what_it_was(mount: DataMount) -> None:
    checked = check(mount)
    (Path(mount.here) / "3.txt").chmod(0o600)
    check_again([checked])
    (Path(mount.here) / "3.txt").write_text("4\n")
    with pytest.raises(DataProblemError, match="while the notebook ran"):
        check_again([checked])
