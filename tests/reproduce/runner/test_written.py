"""What a run writes: its copy of the repository takes everything, the snapshot nothing, and the result tells it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from reproduce.runner.launch import run_job
from reproduce.runner.workspace import copy_file
from reproduce.runner.written import MOST_NAMES, find_written, keep_declared, matches
from tests.reproduce.runner.conftest import Ran

pytestmark = pytest.mark.real

WAYS = {
    "overwrite": "open('own.txt', 'w').write('changed')",
    "append": "open('own.txt', 'a').write('more')",
    "write in place": "f = open('own.txt', 'r+b'); f.write(b'X'); f.close()",
    "truncate": "os.truncate('own.txt', 1)",
    "chmod": "os.chmod('own.txt', 0o777); os.chmod('sub', 0o700)",
    "touch": "os.utime('own.txt', (1, 1))",
    "rename": "os.rename('own.txt', 'other.txt')",
    "rename a directory": "os.rename('sub', 'bus')",
    "replace": "open('new.txt', 'w').write('new'); os.replace('new.txt', 'own.txt')",
    "delete": "os.remove('own.txt')",
    "delete a directory": "shutil.rmtree('sub')",
    "mmap": "f = open('own.txt', 'r+b'); m = mmap.mmap(f.fileno(), 0); m[0:1] = b'X'; m.flush(); m.close(); f.close()",
    "hard link": "os.link('own.txt', 'linked.txt'); open('linked.txt', 'a').write('more')",
    "symbolic link": "os.symlink('own.txt', 'link.txt'); open('link.txt', 'w').write('changed')",
    "through a link of the repository": "open('way.txt', 'w').write('changed')",
    "extended attribute": "os.setxattr('own.txt', 'user.mine', b'1')",
    "subprocess": "subprocess.run('echo x > own.txt; rm -rf sub', shell=True, check=True)",
}


def digest(folder: Path) -> str:
    """Digest of a tree: names, kinds, permissions, times, attributes, links and contents."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        attributes = os.listxattr(path, follow_symlinks=False)
        found.update(
            f"{path.relative_to(folder)} {seen.st_mode} {seen.st_mtime_ns} {seen.st_nlink} {attributes}".encode()
        )
        found.update(str(path.readlink()).encode() if path.is_symlink() else b"")
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()


@pytest.fixture
def filled(source: Path) -> Path:
    (source / "own.txt").write_text("original")
    (source / "sub").mkdir()
    (source / "sub" / "deep.txt").write_text("deep")
    (source / "way.txt").symlink_to("sub/deep.txt")
    return source


@pytest.mark.parametrize("sandbox", ["bwrap", "none"])
@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS)
def test_the_repository_can_be_written_to_in_every_way_and_stays_as_it_was(job, filled, tmp_path, code, sandbox):
    asked = job(f"import mmap, os, shutil, subprocess\n{code}\nprint('done')", sandbox=sandbox)
    before = digest(filled)
    ran = Ran(run_job(asked, tmp_path / "bundle"), tmp_path / "bundle")
    assert ran.text(0).strip() == "done"
    assert digest(filled) == before


def test_new_and_changed_files_are_listed_and_others_are_not(run, filled):
    code = "import os\nopen('own.txt', 'a').write('!')\nopen('sub/new.csv', 'w').write('1,2')\n"
    code += "os.chmod('sub/deep.txt', 0o600)"
    ran = run(code)
    assert ran.result.written == {
        "files": [
            {
                "path": "own.txt",
                "size_bytes": 9,
                "sha256": hashlib.sha256(b"original!").hexdigest(),
                "is_new": False,
                "is_kept": False,
            },
            {
                "path": "sub/new.csv",
                "size_bytes": 3,
                "sha256": hashlib.sha256(b"1,2").hexdigest(),
                "is_new": True,
                "is_kept": False,
            },
        ],
        "count": 2,
        "bytes": 12,
    }


def test_declared_files_are_kept_by_name_and_by_pattern(run):
    code = "import os\nos.mkdir('out')\nfor n in 'ab': open(f'out/{n}.csv', 'w').write(n)\n"
    code += "os.mkdir('out/deep')\nopen('out/deep/c.csv', 'w').write('c')\nopen('note.md', 'w').write('d')"
    ran = run(code, output_files=("out/*.csv", "note.md"))
    kept = sorted(str(path.relative_to(ran.bundle / "files")) for path in (ran.bundle / "files").rglob("*.*"))
    assert kept == ["note.md", "out/a.csv", "out/b.csv"]
    assert ran.result.digests["files/out/a.csv"] == hashlib.sha256(b"a").hexdigest()
    assert {row["path"]: row["is_kept"] for row in ran.result.written["files"]}["out/deep/c.csv"] is False


def test_a_declared_file_that_the_run_did_not_write_is_not_taken_from_the_repository(run, filled):
    ran = run("1", output_files=("own.txt",))
    assert not (ran.bundle / "files").exists()
    assert ran.result.written["count"] == 0


def test_a_declared_file_that_is_written_again_as_it_was_counts_as_written(run, filled):
    ran = run("text = open('own.txt').read()\nopen('own.txt', 'w').write(text)", output_files=("own.txt",))
    assert (ran.bundle / "files" / "own.txt").read_text() == "original"


def test_what_is_kept_is_bounded(run):
    code = "for n in range(3): open(f'{n}.raw', 'wb').write(bytes(1000))"
    ran = run(code, output_files=("*.raw",), output_files_bytes=2500)
    assert sorted(path.name for path in (ran.bundle / "files").iterdir()) == ["0.raw", "1.raw"]
    assert ran.result.written["count"] == 3


def test_what_is_listed_is_bounded(run):
    ran = run(f"for n in range({MOST_NAMES + 7}): open(f'{{n}}.txt', 'w')")
    assert len(ran.result.written["files"]) == MOST_NAMES
    assert ran.result.written["count"] == MOST_NAMES + 7


def test_names_that_no_page_can_show_are_replaced_and_such_files_are_not_kept(run):
    code = "import os\nopen('a\\x1b[31m\\n.csv', 'w')\nopen(b'\\xff.csv', 'w')\nopen('plain.csv', 'w')"
    ran = run(code, output_files=("*.csv",))
    assert sorted(row["path"] for row in ran.result.written["files"]) == ["a·[31m·.csv", "plain.csv", "\ufffd.csv"]
    assert [path.name for path in (ran.bundle / "files").iterdir()] == ["plain.csv"]


def test_neither_links_nor_devices_nor_what_lies_behind_them_is_kept(run, tmp_path):
    code = "import os\nos.symlink('/etc/passwd', 'a.csv')\nos.symlink('/', 'root')\nos.mkfifo('b.csv')\n"
    code += "os.symlink('c.csv', 'd.csv')\nopen('c.csv', 'w')"
    ran = run(code, output_files=("*.csv", "root/etc/passwd"))
    assert [path.name for path in (ran.bundle / "files").iterdir()] == ["c.csv"]


def test_evidence_of_a_cell_that_raised_has_its_files(run):
    ran = run("open('half.csv', 'w').write('1')\nraise ValueError", output_files=("half.csv",))
    assert ran.result.status == "cell-raised"
    assert (ran.bundle / "files" / "half.csv").is_file()


@pytest.mark.parametrize(
    ("path", "pattern", "is_meant"),
    [
        ("a.csv", "*.csv", True),
        ("out/a.csv", "*.csv", False),
        ("out/a.csv", "out/*", True),
        ("out/deep/a.csv", "out/*", False),
        ("out/deep/a.csv", "out/*/a.csv", True),
        ("A.csv", "a.csv", False),
        ("a1.csv", "a?.csv", True),
        ("a" * 200, "*a" * 40 + "b", False),
    ],
)
def test_a_pattern_means_what_lies_in_one_directory(path, pattern, is_meant):
    assert matches(path, pattern) is is_meant


def test_a_time_that_was_set_hides_no_file(tmp_path):
    work, source = tmp_path / "work", tmp_path / "source"
    work.mkdir()
    source.mkdir()
    (work / "old.txt").write_text("new")
    os.utime(work / "old.txt", (1, 1))
    assert [file.path for file in find_written(work, source, since_ns=0)] == ["old.txt"]
    assert keep_declared(find_written(work, source, since_ns=0), work, tmp_path / "kept", ("*",), most_bytes=10) == [
        "old.txt"
    ]


@pytest.mark.parametrize("size", [0, 1, 5000, 3 << 20])
def test_a_copy_has_the_time_of_its_original(tmp_path, size):
    (tmp_path / "one").write_bytes(bytes(size))
    os.utime(tmp_path / "one", ns=(10**9, 10**18 + 7))
    copy_file(str(tmp_path / "one"), tmp_path / "two")
    assert (tmp_path / "two").stat().st_mtime_ns == 10**18 + 7


def test_a_copy_that_was_replaced_by_a_link_holds_nothing_of_the_run(tmp_path: Path) -> None:
    others, source = tmp_path / "others", tmp_path / "source"
    others.mkdir()
    source.mkdir()
    (others / "secret.txt").write_text("not the run's")
    (tmp_path / "work").symlink_to(others)
    assert find_written(tmp_path / "work", source, since_ns=0) == []
