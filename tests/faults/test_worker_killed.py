"""A worker that is killed takes the processes of its pool along, also one that it made only just before."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from builder.process_tree import is_alive
from tests.faults.processes import kill, kill_machine
from tests.journeys.installation import ROOT, ask, variables
from tests.reproduce.runner.conftest import wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

# Processes of the pool that are made while there is a file "hold" begin only when it is gone.
HELD = """
import os, time
from pathlib import Path
from celery.signals import celeryd_init, worker_process_init
from config.celery import app

def wait():
    if Path("hold").exists():
        Path(f"held-{os.getpid()}").touch()
    while Path("hold").exists():
        time.sleep(0.01)

@celeryd_init.connect(weak=False)
def hold(**_):
    os.register_at_fork(after_in_child=wait)

@worker_process_init.connect(weak=False)
def tell(**_):
    Path(f"ready-{os.getpid()}").touch()
"""


def test_a_process_whose_worker_died_before_it_began_ends(tmp_path: Path) -> None:
    data, log, hold = tmp_path / "data", tmp_path / "worker.log", tmp_path / "hold"
    ask(data, "from config.installation import prepare_installation\nprepare_installation()\nanswer = 0")
    (tmp_path / "held.py").write_text(HELD)
    arguments = ("-m", "celery", "--quiet", "-A", "held", "worker", "--concurrency", "2", "--loglevel", "WARNING")
    with log.open("wb") as output:
        worker = subprocess.Popen(
            (sys.executable, *arguments),
            cwd=tmp_path,
            env=variables(data, PYTHONPATH=f"{tmp_path}:{ROOT}", DJANGO_SETTINGS_MODULE="config.settings"),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    new = 0
    try:
        first, second = wait_for_pids(tmp_path, "ready", 2, log)
        # One of the two waits for a task with the lock of both in its hand, which is gone with it.
        time.sleep(2)
        hold.touch()
        kill(first)
        (new,) = wait_for_pids(tmp_path, "held", 1, log)
        kill(worker.pid)
        worker.wait()
        assert wait_until(lambda: not is_alive(second), 30), log.read_text()
        assert is_alive(new), "it was to be an orphan before it began"
        hold.unlink()
        assert wait_until(lambda: not is_alive(new), 30), log.read_text()
    finally:
        kill_machine(worker.pid)
        worker.wait()
        if new:
            kill(new)


def wait_for_pids(folder: Path, what: str, how_many: int, log: Path) -> list[int]:
    assert wait_until(lambda: len(list(folder.glob(f"{what}-*"))) == how_many, 30), log.read_text()
    return [int(path.name.removeprefix(f"{what}-")) for path in folder.glob(f"{what}-*")]
