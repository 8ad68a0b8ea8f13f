"""Data beside the run: shown read-only where the notebook expects them, checked before and after, never copied."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
import time
from pathlib import Path

import jsonschema
import pytest

from reproduce.runner.bundle import BundleUnusableError, check_job
from reproduce.runner.data_places import DataPlaceError, checked_binds
from reproduce.runner.job import DataFile, DataMount
from reproduce.runner.launch import run_job

pytestmark = pytest.mark.real
DATASET = "10.5072/scan"
SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "facility" / "scan"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "one.txt").write_text("counts 17\n")
    (folder / "two.txt").write_text("counts 18\n")
    return folder.resolve()


def settle(folder: Path) -> None:
    """Wait until a further change would show in the times of the files."""
    newest = max(path.stat().st_ctime_ns for path in folder.rglob("*"))
    time.sleep(max(0.0, 2.05 - (time.time_ns() - newest) / 1e9))


def listed(folder: Path, algorithm: str = "sha256") -> tuple[DataFile, ...]:
    """Return the files of a dataset with their sizes and digests."""
    return tuple(
        DataFile(
            str(path.relative_to(folder)),
            path.stat().st_size,
            **{algorithm: hashlib.new(algorithm, path.read_bytes()).hexdigest()},
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


def mount(folder: Path, at: str = "data", files: tuple[DataFile, ...] | None = None) -> DataMount:
    return DataMount(DATASET, str(folder), at, listed(folder) if files is None else files)


@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ("data/scan", "data/scan"),
        ("/data/scan", "/data/scan"),
        ("/gpfs/beamline/2020/scan", "/gpfs/beamline/2020/scan"),
        ("$SCAN_DIR", "$SCAN_DIR"),
    ],
)
def test_data_are_seen_where_the_notebook_expects_them(run, data, at, seen):
    ran = run(f"import os\nprint(open(os.path.expandvars('{seen}/raw/one.txt')).read())", data=(mount(data, at),))
    assert ran.result.status == "completed"
    assert ran.text(0).strip() == "counts 17"


def test_a_place_is_relative_to_the_repository_and_not_to_the_notebook(run, data):
    ran = run("print(open('../data/two.txt').read())", notebook="docs/a.ipynb", data=(mount(data),))
    assert ran.text(0).strip() == "counts 18"


def test_one_file_may_be_shown_alone_beside_the_notebook(run, data):
    one = DataMount(
        DATASET, str(data / "two.txt"), "two.txt", (DataFile("", 10, hashlib.sha256(b"counts 18\n").hexdigest()),)
    )
    ran = run("print(open('two.txt').read())", data=(one,))
    assert ran.text(0).strip() == "counts 18"
    assert ran.result.data[0]["checked"]["sha256"] == 1


ATTEMPTS = {
    "overwrite": "open('data/two.txt', 'w')",
    "append": "open('data/two.txt', 'a')",
    "create": "open('data/new.txt', 'w')",
    "delete": "os.remove('data/two.txt')",
    "rename": "os.rename('data/two.txt', 'data/three.txt')",
    "chmod": "os.chmod('data/two.txt', 0o777)",
    "touch": "os.utime('data/two.txt')",
    "link": "os.link('data/two.txt', 'data/three.txt')",
    "link out": "os.link('data/two.txt', 'mine.txt')",
    "replace the directory": "os.rename('data', 'other')",
    "remove the directory": "os.rmdir('data')",
}


@pytest.mark.parametrize("code", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_notebook_cannot_change_data(run, data, code):
    before = [(path, path.read_bytes(), path.stat()) for path in sorted(data.rglob("*")) if path.is_file()]
    ran = run(
        f"import os\ntry:\n    {code}\n    print('changed')\nexcept OSError as error:\n    print('refused')",
        data=(mount(data),),
    )
    assert ran.text(0).strip() == "refused"
    after = [(path, path.read_bytes(), path.stat()) for path in sorted(data.rglob("*")) if path.is_file()]
    assert [(path, text, seen.st_mtime_ns, seen.st_mode, seen.st_nlink) for path, text, seen in before] == [
        (path, text, seen.st_mtime_ns, seen.st_mode, seen.st_nlink) for path, text, seen in after
    ]


def test_the_snapshot_gets_no_place_of_its_own(run, data, source):
    run("1", data=(mount(data, "data/deep/scan"),))
    assert not (source / "data").exists()


def test_the_result_tells_what_was_shown_and_how_it_was_checked_but_not_where_it_lies(run, data):
    ran = run("1", data=(mount(data),))
    (told,) = ran.result.data
    assert (told["dataset"], told["at"], told["files"], told["bytes"]) == (DATASET, "data", 2, 20)
    assert told["checked"] == {"sha256": 2, "md5": 0, "size": 0, "nothing": 0}
    assert str(data) not in (ran.bundle / "result.json").read_text()
    assert str(data) not in (ran.bundle / "events.jsonl").read_text()
    schema = json.loads((SCHEMAS / "result.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads((ran.bundle / "result.json").read_text()))
    schema = json.loads((SCHEMAS / "job.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads((ran.bundle / "job.json").read_text()))
    schema = json.loads((SCHEMAS / "event.schema.json").read_text())
    for event in ran.events:
        jsonschema.Draft202012Validator(schema).validate(event)
    assert [(event["done"], event["total"]) for event in ran.events if event["type"] == "data"][-1] == (2, 2)


def test_md5_counts_as_checked_by_md5(run, data):
    ran = run("1", data=(mount(data, files=listed(data, "md5")),))
    assert ran.result.data[0]["checked"] == {"sha256": 0, "md5": 2, "size": 0, "nothing": 0}


def test_a_dataset_that_lists_no_files_is_shown_and_told_as_not_checked(run, data):
    ran = run("1", data=(mount(data, files=()),))
    assert ran.result.status == "completed"
    assert ran.result.data[0]["checked"]["nothing"] == 2


def test_files_beyond_the_list_are_seen_and_named(run, data):
    files = listed(data)[:1]
    ran = run("print(open('data/two.txt').read())", data=(mount(data, files=files),))
    assert ran.text(0).strip() == "counts 18"
    assert ran.result.data[0]["extra"] == {"files": 1, "names": ["two.txt"]}


@pytest.mark.parametrize(
    ("damage", "status", "words"),
    [
        (lambda data: (data / "two.txt").write_text("counts 19\n"), "data-changed", "another SHA-256"),
        (lambda data: (data / "two.txt").write_text("counts 180\n"), "data-changed", "11 bytes instead of 10"),
        (lambda data: (data / "two.txt").unlink(), "data-missing", "is not there"),
        (lambda data: data.rename(data.with_name("elsewhere")), "data-not-here", "is not where"),
    ],
)
def test_data_that_are_not_what_the_dataset_says_end_the_run_before_it_begins(run, data, damage, status, words):
    told = mount(data)
    damage(data)
    ran = run("print('ran')", data=(told,))
    assert ran.result.status == status
    assert words in ran.result.failure.evalue
    assert DATASET in ran.result.failure.evalue
    assert not (ran.bundle / "executed.ipynb").exists()


def test_a_link_out_of_the_dataset_counts_as_missing(run, data, tmp_path):
    told = mount(data)
    (tmp_path / "outside.txt").write_text("counts 18\n")
    (data / "two.txt").unlink()
    (data / "two.txt").symlink_to(tmp_path / "outside.txt")
    ran = run("1", data=(told,))
    assert ran.result.status == "data-missing"


def test_what_was_checked_is_remembered_and_a_changed_file_is_read_again(run, data, tmp_path):
    memory = str(tmp_path / "memory")
    settle(data)
    first = run("1", data=(mount(data),), data_memory=memory)
    assert (first.result.status, first.result.data[0]["remembered"]) == ("completed", 0)
    second = run("1", data=(mount(data),), data_memory=memory)
    assert (second.result.status, second.result.data[0]["remembered"]) == ("completed", 2)
    assert second.result.data[0]["manifest_sha256"] == first.result.data[0]["manifest_sha256"]
    told = mount(data)
    before = (data / "two.txt").stat()
    (data / "two.txt").write_text("counts 81\n")
    os.utime(data / "two.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    third = run("1", data=(told,), data_memory=memory)
    assert third.result.status == "data-changed"


def test_a_file_that_changes_while_the_notebook_runs_is_no_ground_for_a_verdict(job, data, tmp_path):
    def change(event):
        if event["type"] == "cell-started":
            (data / "two.txt").write_text("counts 20\n")

    asked = job("import time\ntime.sleep(0.5)", data=(mount(data),))
    result = run_job(asked, tmp_path / "bundle", on_event=change)
    assert result.status == "data-changed"
    assert "while the notebook ran" in result.failure.evalue


def test_a_check_is_cancelled_at_once(job, tmp_path):
    folder = tmp_path / "large"
    folder.mkdir()
    with (folder / "hole.raw").open("wb") as file:
        file.truncate(200 << 30)
    files = (DataFile("hole.raw", 200 << 30, "0" * 64),)
    cancelled = threading.Event()
    asked = job("1", data=(mount(folder.resolve(), files=files),))
    threading.Timer(1.0, cancelled.set).start()
    begun = time.monotonic()
    result = run_job(asked, tmp_path / "bundle", is_cancelled=cancelled.is_set)
    assert result.status == "cancelled"
    assert time.monotonic() - begun < 4


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"


@pytest.mark.parametrize(
    "files",
    [{}, {".gitkeep": ""}, {"two.txt": POINTER, "raw/one.txt": POINTER}, {"README": ""}],
    ids=["none", "kept", "lfs", "empty"],
)
def test_data_take_the_place_of_what_stands_for_them(run, data, source, files):
    for name, text in files.items():
        (source / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (source / "data" / name).write_text(text)
    ran = run("print(open('data/two.txt').read())", data=(mount(data),))
    assert ran.text(0).strip() == "counts 18"
    assert {
        str(path.relative_to(source / "data")): path.read_text()
        for path in (source / "data").rglob("*")
        if path.is_file()
    } == files


@pytest.mark.parametrize("own", ["data", "data/own.txt", "data/sub/own.txt"])
def test_data_never_hide_files_of_the_repository(run, data, source, own):
    (source / own).parent.mkdir(parents=True, exist_ok=True)
    (source / own).write_text("mine")
    ran = run("1", data=(mount(data),))
    assert ran.result.status == "data-place-taken"


def test_a_link_of_the_repository_leads_no_data_elsewhere(run, data, source, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (source / "data").symlink_to(tmp_path / "elsewhere")
    ran = run("1", data=(mount(data, "data/scan"),))
    assert ran.result.status == "data-place-taken"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_without_a_sandbox_data_are_reached_by_a_link_and_a_variable(run, data):
    code = "import os\nprint(open('data/two.txt').read() + open(os.environ['SCAN_DIR'] + '/two.txt').read())"
    ran = run(code, data=(mount(data), mount(data, "$SCAN_DIR")), sandbox="none")
    assert ran.text(0).split() == ["counts", "18", "counts", "18"]


def test_without_a_sandbox_nothing_is_shown_at_an_absolute_place(run, data):
    ran = run("1", data=(mount(data, "/data/scan"),), sandbox="none")
    assert ran.result.status == "data-not-here"


@pytest.mark.parametrize(
    "places",
    [
        ("../data",),
        ("/etc/x",),
        ("a/../b",),
        ("$PATH",),
        ("$LD_PRELOAD",),
        (".git/x",),
        ("a", "a/b"),
        ("a", "a"),
        ("/tmp/x",),
    ],
)
def test_places_that_cannot_be_meant_are_refused(job, data, places):
    with pytest.raises(BundleUnusableError):
        check_job(job("1", data=tuple(mount(data, at) for at in places)))


def test_data_are_not_copied(run, data, source):
    with (data / "hole.raw").open("wb") as file:
        file.truncate(3 << 30)
    ran = run("import os\nprint(os.path.getsize('data/hole.raw'))", data=(mount(data, files=()),))
    assert ran.text(0).strip() == str(3 << 30)


def image(tmp_path: Path, *directories: str) -> Path:
    root = tmp_path / "root"
    for name in ("usr", *directories):
        (root / name).mkdir(parents=True)
    return root


@pytest.mark.parametrize(
    ("directories", "at", "is_shown"),
    [
        ((), "/data/scan", True),
        (("data/scan",), "/data/scan", True),
        (("data",), "/data/scan", False),
        (("data",), "$SCAN_DIR", True),
        (("data",), "data", True),
    ],
)
def test_over_an_image_data_are_shown_where_it_has_a_place(job, kernel, data, tmp_path, directories, at, is_shown):
    root = image(tmp_path, *directories)
    asked = job("1", data=(mount(data, at),), kernel=dataclasses.replace(kernel, root=str(root)))
    if is_shown:
        ((here, _),) = checked_binds(asked, "/home/repro/work")
        assert here == str(data)
    else:
        with pytest.raises(DataPlaceError, match="no place"):
            checked_binds(asked, "/home/repro/work")


@pytest.mark.parametrize("at", ["/gpfs", "/gpfs/environment", "/gpfs/environment/data"])
def test_data_never_hide_what_the_kernel_needs(job, data, at):
    asked = job("1", data=(mount(data, at),))
    with pytest.raises(DataPlaceError, match="taken by what the notebook runs in"):
        checked_binds(asked, "/home/repro/work", closed=["/usr", "/gpfs/environment"])
