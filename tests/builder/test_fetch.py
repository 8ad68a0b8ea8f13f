"""Fetching a requested snapshot from a real git repository: what is kept, what fails, what is lost and found."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from builder import fetch as fetching
from builder.errors import SnapshotError
from builder.fetch import fetch, outlines_of, ready_snapshot
from builder.models import Snapshot
from builder.queue import request_snapshot
from builder.sweep import sweep_snapshots
from catalog import wake as waking
from catalog.models import Publication, Repository, Target
from tests.personas import People

NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Figure 1"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "source": "1",
            "execution_count": 1,
            "outputs": [
                {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "1"}}
            ],
        },
    ],
}


def git(path: Path, *words: str) -> None:
    names = ["-c", "user.name=Olga", "-c", "user.email=olga@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", path, *names, *words], check=True, capture_output=True, timeout=60)


@pytest.fixture
def origin(tmp_path: Path, settings: Settings) -> Path:
    """A repository of our own on this disk, which is the only kind that may be a file."""
    settings.REPRISE_DATA = tmp_path
    path = tmp_path / "demonstration" / "spheres"
    path.mkdir(parents=True)
    git(path, "init", "--initial-branch=main")
    (path / "figure-1.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    git(path, "add", ".")
    git(path, "commit", "-m", "Notebooks")
    return path


@pytest.fixture
def repository(people: People) -> Repository:
    paper = Publication.objects.create(doi="10.5072/own", title="Own", owner=people.owner)
    return Repository.objects.create(publication=paper, url="demo:spheres", is_own=True)


def test_a_fetched_snapshot_is_ready_with_its_notebooks_and_proposed_targets(
    origin: Path, repository: Repository
) -> None:
    snapshot = request_snapshot(repository)
    fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.cause, snapshot.lease_until) == ("ready", None, None)
    assert len(snapshot.commit) == 40
    assert snapshot.swhid.startswith("swh:1:dir:")
    assert (Path(snapshot.path) / "figure-1.ipynb").is_file()
    assert [outline.path for outline in outlines_of(snapshot)] == ["figure-1.ipynb"]
    proposed = Target.objects.get(repository=repository)
    assert (proposed.label, proposed.state, proposed.notebook) == ("Figure 1", "proposed", "figure-1.ipynb")
    assert Repository.objects.get().declared == "none"


def test_what_the_newest_commit_declares_its_environment_by_is_kept(origin: Path, repository: Repository) -> None:
    fetch(request_snapshot(repository).pk)
    (origin / "environment.yml").write_text("dependencies: [numpy]\n", encoding="utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "-m", "Declare it")
    fetch(request_snapshot(repository).pk)
    assert Repository.objects.get().declared == "conda"


def test_a_commit_that_is_known_keeps_its_row(origin: Path, repository: Repository) -> None:
    first = request_snapshot(repository)
    fetch(first.pk)
    again = request_snapshot(repository)
    fetch(again.pk)
    assert [row.pk for row in Snapshot.objects.all()] == [first.pk]
    assert Target.objects.count() == 1


def test_a_new_commit_is_another_snapshot(origin: Path, repository: Repository) -> None:
    fetch(request_snapshot(repository).pk)
    (origin / "more.txt").write_text("more", encoding="utf-8")
    git(origin, "add", ".")
    git(origin, "commit", "-m", "More")
    fetch(request_snapshot(repository).pk)
    assert Snapshot.objects.filter(state="ready").count() == 2


def test_a_repository_that_is_missing_fails_with_its_cause(people: People, repository: Repository) -> None:
    snapshot = request_snapshot(repository)
    fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.path) == ("failed", "")
    assert snapshot.cause["fault"] in {"author", "upstream"}


def test_a_fault_of_ours_is_named_as_ours(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Repository) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(fetching, "fetch_facts", fail)
    snapshot = request_snapshot(repository)
    fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.cause["id"], snapshot.cause["fault"]) == ("failed", "internal-error", "service")


@pytest.mark.parametrize("state", ["fetching", "failed"])
def test_a_snapshot_that_another_worker_has_or_had_is_left_alone(
    state: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Repository) -> None:
        raise AssertionError("fetched twice")

    monkeypatch.setattr(fetching, "fetch_facts", fail)
    snapshot = request_snapshot(repository)
    Snapshot.objects.filter(pk=snapshot.pk).update(state=state)
    fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.state == state


def test_a_strangers_address_cannot_name_our_own_files(origin: Path, repository: Repository) -> None:
    Repository.objects.filter(pk=repository.pk).update(is_own=False)
    snapshot = request_snapshot(repository)
    fetch(snapshot.pk)
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.cause["fault"]) == ("failed", "visitor")


def test_content_that_is_gone_from_this_disk_is_fetched_again(
    origin: Path, repository: Repository, remove_tree: Callable[[Path], None]
) -> None:
    first = ready_snapshot(repository)
    remove_tree(Path(first.path))
    again = ready_snapshot(repository)
    assert again.pk == first.pk
    assert (Path(again.path) / "figure-1.ipynb").is_file()


def test_a_missing_repository_is_no_snapshot(repository: Repository, tmp_path: Path, settings: Settings) -> None:
    settings.REPRISE_DATA = tmp_path
    with pytest.raises(SnapshotError):
        ready_snapshot(repository)


@pytest.fixture
def remove_tree() -> Callable[[Path], None]:
    """Removes a snapshot, which is read-only."""

    def remove(path: Path) -> None:
        subprocess.run(["chmod", "-R", "u+w", path], check=True, timeout=60)
        subprocess.run(["rm", "-r", path], check=True, timeout=60)

    return remove


def test_a_lost_fetch_waits_again_and_is_given_up_after_the_set_attempts(
    repository: Repository, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPRISE_RUN_ATTEMPTS = 3
    monkeypatch.setattr(waking, "wake", lambda _task, _key: True)
    snapshot = request_snapshot(repository)
    now = timezone.now()
    seen = []
    for _ in range(3):
        Snapshot.objects.filter(pk=snapshot.pk).update(state="fetching", lease_until=now - timedelta(seconds=1))
        sweep_snapshots(now=now)
        snapshot.refresh_from_db()
        seen.append(snapshot.state)
    assert seen == ["requested", "requested", "failed"]
    assert (snapshot.cause["id"], snapshot.cause["fault"]) == ("worker-lost", "service")


def test_a_request_that_nobody_took_is_told_of_again_but_not_at_every_sweep(
    repository: Repository, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken = []
    monkeypatch.setattr(waking, "wake", lambda _task, key: woken.append(key) or True)
    snapshot = request_snapshot(repository)
    patience = timedelta(seconds=2 * settings.REPRISE_LEASE_S + 1)
    later = timezone.now() + patience
    assert sweep_snapshots(now=timezone.now()) == 0
    assert sweep_snapshots(now=later) == 1
    assert sweep_snapshots(now=later + timedelta(seconds=10)) == 0
    assert sweep_snapshots(now=later + patience) == 1
    assert woken == [snapshot.pk, snapshot.pk]
