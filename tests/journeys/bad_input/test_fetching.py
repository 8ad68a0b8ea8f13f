"""Repositories that cannot be fetched: the author's page says why, nothing is left, and mending them is enough."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from catalog.causes import cause
from catalog.models import Target
from tests.journeys.bad_input.papers import Paper, register
from tests.journeys.installation import git_repository, notebook
from tests.reproduce.runner.conftest import processes_with

FILES = {"figure-1.ipynb": notebook(("print('one')", "one\n")), "requirements.txt": "ipykernel==6.29.4\n"}


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Where the author's repository is."""
    return tmp_path / "paper"


def assert_failed(paper: Paper, data: Path, cause_id: str, *said: str) -> None:
    """The request failed for this reason, the page says it, and nothing is left on the disk."""
    snapshot = paper.snapshot
    assert (snapshot.state, snapshot.cause and snapshot.cause["id"]) == ("failed", cause_id)
    assert (snapshot.commit, snapshot.path, snapshot.notebooks) == ("", "", [])
    page = unescape(paper.targets_page())
    for text in (snapshot.cause["message"], cause_id, "Fetch again", *said):
        assert text in page
    assert list((data / "snapshots").iterdir()) == []
    assert not Target.objects.exists()


def assert_mended(paper: Paper) -> None:
    """Asked again, the repository is fetched, and its notebook is offered."""
    assert paper.fetch_again().state == "ready"
    page = paper.targets_page()
    assert "figure-1.ipynb" in page
    assert 'role="alert"' not in page


def test_a_missing_repository_is_told_and_is_fetched_once_it_is_there(author: Client, data: Path, origin: Path) -> None:
    paper = register(author, origin)
    paper.fetch()
    assert_failed(paper, data, "repository-missing", str(origin))
    git_repository(origin, FILES)
    assert_mended(paper)


def test_an_empty_repository_is_told_and_is_fetched_once_something_is_pushed(
    author: Client, data: Path, origin: Path
) -> None:
    subprocess.run(("git", "init", "-q", "-b", "main", str(origin)), check=True)
    paper = register(author, origin)
    paper.fetch()
    assert_failed(paper, data, "repository-empty", "holds no files")
    git_repository(origin, FILES)
    assert_mended(paper)


def test_a_missing_ref_is_told_and_is_fetched_once_it_is_there(author: Client, data: Path, origin: Path) -> None:
    git_repository(origin, FILES)
    paper = register(author, origin, ref="as-published")
    paper.fetch()
    assert_failed(paper, data, "repository-ref-missing", "“as-published”")
    subprocess.run(("git", "-C", str(origin), "tag", "as-published"), check=True)
    assert_mended(paper)


def test_a_commit_that_is_not_there_is_told(author: Client, data: Path, origin: Path) -> None:
    git_repository(origin, FILES)
    paper = register(author, origin, ref="0123456789abcdef0123456789abcdef01234567")
    paper.fetch()
    assert_failed(paper, data, "repository-ref-missing")


def test_a_repository_that_is_too_large_is_told_with_the_limit(
    author: Client, data: Path, origin: Path, settings: Settings
) -> None:
    settings.REPRISE_REPOSITORY_SIZE = 50_000
    git_repository(origin, {**FILES, "data.txt": "0123456789" * 20_000})
    paper = register(author, origin)
    paper.fetch()
    assert_failed(paper, data, "repository-too-large", "50")
    subprocess.run(("git", "-C", str(origin), "rm", "-q", "data.txt"), check=True)
    names = ("-c", "user.name=Olga", "-c", "user.email=olga@example.org")
    subprocess.run(("git", "-C", str(origin), *names, "commit", "-q", "-m", "Smaller"), check=True)
    assert_mended(paper)


@pytest.fixture
def silent_host() -> Iterator[str]:
    """A host that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["http", "git"])
def test_a_host_that_stalls_is_given_up_after_the_time_limit(
    author: Client, data: Path, settings: Settings, silent_host: str, scheme: str
) -> None:
    settings.REPRISE_FETCH_TIMEOUT_S = 1
    address = f"{scheme}://{silent_host}/paper.git"
    paper = register(author, address)
    started = time.monotonic()
    paper.fetch()
    assert time.monotonic() - started < 5
    assert_failed(paper, data, "repository-too-slow", address, "longer than 1 s")
    assert processes_with(silent_host) == []


def test_a_host_that_is_not_there_is_told(author: Client, data: Path) -> None:
    paper = register(author, "http://127.0.0.1:9/paper.git")
    paper.fetch()
    assert_failed(paper, data, "repository-unreachable", "http://127.0.0.1:9/paper.git")


def test_a_repository_without_notebooks_is_fetched_and_told(author: Client, data: Path, origin: Path) -> None:
    git_repository(origin, {"analysis.py": "print('one')\n"})
    paper = register(author, origin)
    assert paper.fetch().state == "ready"
    why = cause("no-notebooks", source=f"file://{origin}")
    page = unescape(paper.targets_page())
    assert why.message in page
    assert why.hint in page
    assert not Target.objects.exists()


def test_asking_again_while_a_fetch_waits_is_one_request(author: Client, data: Path, origin: Path) -> None:
    git_repository(origin, FILES)
    paper = register(author, origin)
    first = paper.snapshot.pk
    assert paper.fetch_again().pk == first
    assert paper.snapshot.state == "ready"
