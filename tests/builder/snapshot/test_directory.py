"""A plain directory gets the same content-addressed copy as a fetched repository."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.errors import SnapshotError
from builder.snapshot.checkout import FetchLimits
from builder.snapshot.directory import snapshot_directory
from builder.snapshot.facts import SnapshotFacts
from tests.builder.snapshot.conftest import DATE, code, git, notebook


def take(path: Path, into: Path, log: list[str] | None = None, limit: int = 2**30) -> SnapshotFacts:
    limits = FetchLimits(size_bytes=limit)
    return snapshot_directory(path, into=into, limits=limits, on_log=(log if log is not None else []).append)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    (root / ".ipynb_checkpoints").mkdir(parents=True)
    (root / ".ipynb_checkpoints" / "a.ipynb").write_text("{}")
    (root / "env").mkdir()
    (root / "env" / "pyvenv.cfg").write_text("home = /usr")
    (root / "a.ipynb").write_text(notebook(code("1")))
    for path in root.rglob("*"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    return root


def test_a_clean_checkout_is_its_commit(repository: Path, tmp_path: Path) -> None:
    facts = take(repository, tmp_path / "s")
    assert facts.commit == git("rev-parse", "HEAD", cwd=repository)
    assert facts.tree == git("rev-parse", "HEAD^{tree}", cwd=repository)
    assert facts.committed_at == datetime.fromisoformat(DATE)


def test_ignored_files_of_a_clean_checkout_are_left_out_and_said(repository: Path, tmp_path: Path) -> None:
    (repository / ".git" / "info" / "exclude").write_text("scratch\n")
    (repository / "scratch").write_text("x")
    log: list[str] = []
    facts = take(repository, tmp_path / "s", log)
    assert facts.commit is not None
    assert not (facts.path / "scratch").exists()
    assert any("scratch" in line for line in log)


@pytest.mark.parametrize("change", ["edit", "add", "remove"])
def test_a_changed_checkout_names_no_commit(repository: Path, tmp_path: Path, change: str) -> None:
    if change == "edit":
        (repository / "data.csv").write_text("other")
    elif change == "add":
        (repository / "new.txt").write_text("x")
    else:
        (repository / "data.csv").unlink()
    assert take(repository, tmp_path / "s").commit is None


def test_a_plain_directory_carries_the_date_of_its_newest_file(plain: Path, tmp_path: Path) -> None:
    facts = take(plain, tmp_path / "s")
    assert facts.commit is None
    assert facts.committed_at == datetime.fromtimestamp(1_500_000_000, UTC)


def test_checkpoints_and_virtual_environments_are_left_out(plain: Path, tmp_path: Path) -> None:
    facts = take(plain, tmp_path / "s")
    assert [path.name for path in facts.path.iterdir()] == ["a.ipynb"]


def test_the_directory_itself_is_not_touched(plain: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in plain.rglob("*")}
    take(plain, tmp_path / "s")
    assert {path: path.stat().st_mtime_ns for path in plain.rglob("*")} == before


def test_the_same_content_has_the_same_place(plain: Path, tmp_path: Path) -> None:
    assert take(plain, tmp_path / "s").path == take(plain, tmp_path / "s").path


def test_a_folder_of_a_checkout_has_the_commit_that_touched_it_last(repository: Path, tmp_path: Path) -> None:
    (repository / "paper").mkdir()
    (repository / "paper" / "b.ipynb").write_text(notebook(code("1")))
    git("add", ".", cwd=repository)
    git("commit", "-q", "-m", "paper", cwd=repository)
    touched = git("rev-parse", "HEAD", cwd=repository)
    (repository / "data.csv").write_text("later")
    git("commit", "-q", "-a", "-m", "later", cwd=repository)
    assert take(repository / "paper", tmp_path / "s").commit == touched


def test_a_hostile_configuration_of_the_directory_does_not_run(repository: Path, tmp_path: Path) -> None:
    for name in ("core.fsmonitor", "filter.evil.clean", "core.sshCommand", "diff.external"):
        git("config", name, f"touch {tmp_path}/ran; cat", cwd=repository)
    (repository / ".gitattributes").write_text("* filter=evil\n")
    take(repository, tmp_path / "s")
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_directory_is_refused(plain: Path, tmp_path: Path) -> None:
    (plain / "link").symlink_to("/etc")
    with pytest.raises(SnapshotError) as caught:
        take(plain, tmp_path / "s")
    assert caught.value.kind_id == "repository-hostile"


def test_a_fifo_is_left_out_and_said(plain: Path, tmp_path: Path) -> None:
    os.mkfifo(plain / "pipe")
    log: list[str] = []
    take(plain, tmp_path / "s", log)
    assert any("pipe" in line for line in log)


@pytest.mark.parametrize(
    ("make", "kind"),
    [("missing", "directory-missing"), ("empty", "repository-empty"), ("large", "repository-too-large")],
)
def test_what_cannot_be_taken_has_its_cause(tmp_path: Path, make: str, kind: str) -> None:
    root = tmp_path / "x"
    if make != "missing":
        root.mkdir()
    if make == "large":
        (root / "a").write_bytes(b"0" * 100)
    with pytest.raises(SnapshotError) as caught:
        take(root, tmp_path / "s", limit=50)
    assert caught.value.kind_id == kind
    assert not list((tmp_path / "s").glob("*")) if (tmp_path / "s").exists() else True
