"""A run whose every attempt is killed ends without a verdict; the service as it is served comes back by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builder.process_tree import descendants
from tests.faults.installation import Installation
from tests.faults.invariants import wait_until_swept
from tests.faults.ledger import name
from tests.faults.processes import command_line, is_bubblewrap, is_runner, kill, outliving, works_on
from tests.journeys.installation import ROOT, git_repository, notebook
from tests.journeys.web import free_port

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One machine, two attempts, and a notebook that takes three seconds."""
    slow = notebook(("import time\nprint('begun', flush=True)\ntime.sleep(3)", "begun\n"))
    git_repository(tmp_path / "repository", {"slow.ipynb": slow, "requirements.txt": "ipykernel\n"})
    papers = [(f"file://{tmp_path / 'repository'}", "slow")]
    made = Installation(tmp_path, papers, machines=1, REPRISE_RUN_ATTEMPTS="2")
    try:
        yield made
    finally:
        made.end()


def wait_for(is_true: Callable[[], bool], installation: Installation, *, is_tended: bool = True) -> None:
    until = time.monotonic() + 120
    while not is_true():
        assert time.monotonic() < until, f"{installation.ledger.active()} {installation.logs()}"
        if is_tended:
            installation.tend()
        time.sleep(0.02)


def row(installation: Installation, run: str) -> tuple[object, ...]:
    rows = installation.ledger.rows("SELECT id, state, verdict, attempts, cause FROM reproduce_run")
    return next(row[1:] for row in rows if name(row[0]) == run)


@pytest.mark.parametrize(("victim", "cause"), [("pool", "worker-lost"), ("runner", "internal-error")])
def test_after_the_set_attempts_it_names_the_service(installation: Installation, victim: str, cause: str) -> None:
    (target,) = installation.kinds
    run = str(installation.clerk.ask("request", target))
    (machine,) = installation.machines
    for attempt in (1, 2):
        wait_for(
            lambda attempt=attempt: (
                installation.ledger.active().get(run, ("", 0, 0))[:2] == ("running", attempt)
                and any(is_runner(pid) for pid in machine.below())
            ),
            installation,
        )
        kill(
            next(
                pid for pid in (machine.pool() if victim == "pool" else machine.below()) if is_chosen(pid, victim, run)
            )
        )
    wait_for(lambda: run not in installation.ledger.active(), installation)
    state, verdict, attempts, why = row(installation, run)
    assert (state, verdict, attempts) == ("done", None, 2)
    assert f'"{cause}"' in str(why)
    assert '"service"' in str(why)
    assert wait_until_swept(installation) == []


def is_chosen(pid: int, victim: str, run: str) -> bool:
    return works_on(pid, run) if victim == "pool" else is_runner(pid)


def test_a_sandbox_that_is_killed_from_outside_is_not_the_notebooks_fault(installation: Installation) -> None:
    (target,) = installation.kinds
    run = str(installation.clerk.ask("request", target))
    (machine,) = installation.machines
    wait_for(lambda: installation.ledger.has_said(run, "Cell 1 (1 of 1)"), installation)
    kill(next(pid for pid in machine.below() if is_bubblewrap(pid)))
    wait_for(lambda: run not in installation.ledger.active(), installation)
    assert row(installation, run)[:3] == ("done", "identical", 2)
    assert installation.ledger.has_said(run, "This service failed: the sandbox was killed by signal 9")


def test_the_service_that_is_served_brings_its_worker_back_and_takes_all_with_it(installation: Installation) -> None:
    (target,) = installation.kinds
    argv = (sys.executable, "manage.py", "serve", "--port", str(free_port()), "--workers", "1")
    log = (installation.folder / "serve.log").open("wb")
    served = subprocess.Popen(
        argv, cwd=ROOT, env=installation.variables, stdout=log, stderr=log, start_new_session=True
    )
    try:
        run = str(installation.clerk.ask("request", target))
        wait_for(lambda: installation.ledger.has_said(run, "Cell 1 (1 of 1)"), installation, is_tended=False)
        below = descendants(served.pid)
        kill(next(pid for pid in below if " worker " in command_line(pid) and os.getpgid(pid) == pid))
        wait_for(lambda: run not in installation.ledger.active(), installation, is_tended=False)
        assert row(installation, run)[:3] == ("done", "identical", 2)
        installation.clerk.kill()
    finally:
        served.send_signal(signal.SIGKILL)
        served.wait()
        log.close()
    assert outliving(str(installation.data)) == []
