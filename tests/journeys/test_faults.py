"""Faults of the service in the middle of a run: nothing is lost, doubled or stuck, and the paper is never blamed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.journeys.installation import ROOT, ask, git_repository, notebook, share_environments, variables

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.timeout(300)]

SETTINGS = {
    "REPRISE_SOURCE_SCHEMES": "file",
    "REPRISE_ALLOW_PRIVATE_HOSTS": "true",
    "REPRISE_LEASE_S": "2",
    "REPRISE_LOG_LEVEL": "WARNING",
}
SET_UP = """
from config.installation import prepare_installation
prepare_installation()
from django.contrib.auth.models import User
from catalog.models import Publication, Repository, Target
owner = User.objects.create_user("owner")
publication = Publication.objects.create(doi="10.5072/fault", title="Fault", owner=owner, state="published")
repository = Repository.objects.create(publication=publication, url={url!r})
target = Target.objects.create(publication=publication, repository=repository, label="Figure 1", slug="figure-1",
                               notebook="figure-1.ipynb", state="confirmed")
answer = target.pk
"""
REQUEST = """
from catalog.models import Target
from reproduce.queue import request_run
answer = str(request_run(Target.objects.get(), reason="click", requested_by=None).pk)
"""
LOOK = """
from reproduce.models import Run
answer = list(Run.objects.values("state", "verdict", "attempts", "cells_done", "cause"))
"""
SWEEP = """
from reproduce.tasks import sweep
sweep()
answer = None
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    share_environments(folder / "data", Path(os.environ["REPRISE_DATA"]) / "shared-environments")
    slow = notebook(
        ("print('one')", "one\n"), ("import time\ntime.sleep(4)\nprint('two')", "two\n"), ("print('three')", "three\n")
    )
    git_repository(folder / "repository", {"figure-1.ipynb": slow, "requirements.txt": "ipykernel\n"})
    ask(folder / "data", SET_UP.format(url=f"file://{folder / 'repository'}"), **SETTINGS)
    return folder / "data"


@contextmanager
def worker(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = (
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config.celery",
        "worker",
        "-c",
        "1",
        "-l",
        "WARNING",
        "--without-gossip",
    )
    process = subprocess.Popen(
        argv,
        cwd=ROOT,
        env=variables(data, **SETTINGS),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(data: Path, **wanted: object) -> dict[str, object]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        run = ask(data, LOOK, **SETTINGS)[0]
        if all(run[name] == value for name, value in wanted.items()):
            return dict(run)
        time.sleep(0.3)
    pytest.fail(f"waited for {wanted}, the run is {run}")


def test_a_run_whose_worker_is_killed_is_started_again_and_ends_right(data: Path) -> None:
    ask(data, REQUEST, **SETTINGS)
    with worker(data) as first:
        wait_for(data, state="running", cells_done=1)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    interrupted = ask(data, LOOK, **SETTINGS)
    assert [run["verdict"] for run in interrupted] == [None]
    time.sleep(2.5)
    ask(data, SWEEP, **SETTINGS)
    with worker(data):
        run = wait_for(data, state="done")
    assert run["verdict"] == "identical"
    assert run["attempts"] == 2
    assert len(ask(data, LOOK, **SETTINGS)) == 1


def test_no_process_of_a_killed_worker_remains(data: Path) -> None:
    remaining = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(data).encode() in (process / "cmdline").read_bytes():
                remaining.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    assert remaining == []
