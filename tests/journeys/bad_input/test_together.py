"""Several at the same moment: readers who click, workers who take a run, somebody who cancels while it runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from builder.models import Build
from catalog.models import Evidence, Target
from reproduce.execute import execute
from reproduce.models import Run
from tests.journeys.bad_input.papers import Paper, click, register, run_page
from tests.journeys.installation import ROOT, git_repository, notebook
from tests.journeys.test_servers import postgres_url  # noqa: F401 - a fixture
from tests.personas import People
from tests.reproduce.runner.conftest import processes_with

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

QUICK = notebook(("print('one')", "one\n"))
SLOW = notebook(("print('one')", "one\n"), ("import time\ntime.sleep(60)\nprint('two')", "two\n"))


@pytest.fixture
def paper(author: Client, data: Path, tmp_path: Path) -> Callable[[str], Target]:
    """Register a paper with one notebook, publish it, and return its Figure 1."""

    def make(text: str) -> Target:
        git_repository(tmp_path / "paper", {"figure-1.ipynb": text, "requirements.txt": "ipykernel==6.29.4\n"})
        registered: Paper = register(author, tmp_path / "paper")
        assert registered.fetch().state == "ready"
        target = registered.confirm("figure-1.ipynb")
        assert author.post(reverse("publish", args=[registered.doi])).status_code == 302
        return target

    return make


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Make the calls at the same moment, each in a thread with a database connection of its own."""
    together = threading.Barrier(len(calls))

    def call(one: Callable[[], object]) -> object:
        try:
            together.wait(timeout=10)
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


@contextmanager
def worker(run_id: UUID) -> Iterator[threading.Thread]:
    """A worker that executes the run while the test goes on."""

    def work() -> None:
        try:
            execute(run_id)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(timeout=60)
        assert not thread.is_alive()


def seconds_until(is_true: Callable[[], bool], within_s: float) -> float:
    """Wait, and return how long it took."""
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < within_s, "it did not come about"
        time.sleep(0.02)
    return time.monotonic() - started


def state_of(run_id: UUID) -> str:
    return str(Run.objects.values_list("state", flat=True).get(pk=run_id))


def test_people_who_click_at_the_same_moment_are_led_to_one_run(
    paper: Callable[[str], Target], persons: People
) -> None:
    target = paper(QUICK)
    visitors = [Client() for _ in range(4)]
    visitors[0].force_login(persons.reader)
    visitors[1].force_login(persons.owner)
    led_to = at_once(*(lambda visitor=visitor: click(visitor, target) for visitor in visitors))
    assert len(set(led_to)) == 1
    assert Run.objects.count() == 1
    pages = at_once(*(lambda visitor=visitor: run_page(visitor, Run.objects.get().pk) for visitor in visitors))
    assert all("Waiting" in str(page) for page in pages)


def test_workers_that_take_the_same_run_execute_it_once(paper: Callable[[str], Target]) -> None:
    target = paper(QUICK)
    run_id = click(Client(), target)
    at_once(*(lambda: execute(run_id) for _ in range(3)))
    run = Run.objects.get()
    assert (run.state, run.verdict, run.attempts) == ("done", "identical", 1)
    assert Build.objects.count() == 1
    assert Evidence.objects.get().run == run_id
    numbers = list(run.events.values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    execute(run_id)
    assert Run.objects.values().get() == Run.objects.filter(pk=run_id, attempts=1).values().get()


def test_on_postgresql_clicks_and_workers_meet_in_one_run_as_well(postgres_url: str) -> None:  # noqa: F811
    told = subprocess.run(
        (
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            __file__,
            "-k",
            "led_to_one_run or execute_it_once",
        ),
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgres_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert "2 passed" in told.stdout


def test_a_run_that_is_cancelled_ends_within_two_seconds_and_leaves_nothing(
    paper: Callable[[str], Target], author: Client, data: Path, settings: Settings
) -> None:
    settings.REPRISE_CELL_TIMEOUT_S = 60
    run_id = click(author, paper(SLOW))
    with worker(run_id) as thread:
        seconds_until(lambda: Run.objects.filter(pk=run_id, state="running", cells_done=1).exists(), 60)
        assert processes_with(str(run_id))
        asked = time.monotonic()
        assert author.post(reverse("run-cancel", args=[run_id])).status_code == 302
        seconds_until(lambda: state_of(run_id) == "cancelled", 10)
        assert time.monotonic() - asked < 2
        thread.join(timeout=5)
        assert processes_with(str(run_id)) == []
    run = Run.objects.get()
    assert (run.verdict, run.claim, run.cells_done) == (None, None, 1)
    assert not Evidence.objects.exists()
    assert list((data / "runs").glob("*/*")) == []
    assert "It was ended before it came to a verdict." in unescape(run_page(author, run_id))


@pytest.fixture
def silent_index(settings: Settings) -> Iterator[socket.socket]:
    """A package index that takes questions and answers none."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        settings.REPRISE_INDEX_URL = f"http://127.0.0.1:{listener.getsockname()[1]}/simple"
        yield listener


def test_a_run_that_is_cancelled_while_its_environment_is_made_ends_as_soon(
    paper: Callable[[str], Target], author: Client, data: Path, silent_index: socket.socket
) -> None:
    target = paper(QUICK)
    run_id = click(author, target)
    with worker(run_id) as thread:
        seconds_until(lambda: Run.objects.filter(pk=run_id, build__isnull=False).exists(), 60)
        assert author.post(reverse("run-cancel", args=[run_id])).status_code == 302
        assert seconds_until(lambda: state_of(run_id) == "cancelled", 10) < 2
        # Another may be asked for at once; the index decides how long the old worker is held up.
        assert click(author, target) != run_id
        silent_index.close()
        thread.join(timeout=60)
    run = Run.objects.get(pk=run_id)
    assert (run.state, run.verdict, run.cause, run.claim) == ("cancelled", None, None, None)
    assert not Evidence.objects.exists()
    assert processes_with(str(data)) == []


def test_only_who_asked_and_who_may_edit_end_a_run(paper: Callable[[str], Target], persons: People) -> None:
    target = paper(QUICK)
    reader, stranger = Client(), Client()
    reader.force_login(persons.reader)
    stranger.force_login(persons.stranger)
    run_id = click(reader, target)
    assert stranger.post(reverse("run-cancel", args=[run_id])).status_code == 404
    assert state_of(run_id) == "queued"
    assert reader.post(reverse("run-cancel", args=[run_id])).status_code == 302
    assert state_of(run_id) == "cancelled"
