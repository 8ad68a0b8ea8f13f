"""The pool beside a worker: off unless asked for, started again when it ends, gone with the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from builder.process_tree import descendants, is_alive
from reproduce import warm
from reproduce.warm import WarmPool
from tests.contracts.project import ROOT


def pool_process(within_s: float = 20.0) -> int:
    """Wait for the pool's process below this one."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        for pid in descendants(os.getpid()):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if b"reproduce.runner.warm" in line and is_alive(pid):
                return pid
        time.sleep(0.05)
    raise AssertionError("there is no pool")


@pytest.fixture
def pool(settings: Settings) -> Iterator[WarmPool]:
    settings.REPRISE_WARM_KERNELS = 1
    made = WarmPool()
    made.settle_address()
    yield made
    made.close()


def test_without_the_setting_there_is_no_pool(settings: Settings) -> None:
    assert settings.REPRISE_WARM_KERNELS == 0
    made = WarmPool()
    made.settle_address()
    made.start()
    assert made.address is None
    made.close()


def test_only_this_user_can_reach_it(pool: WarmPool) -> None:
    assert pool.address is not None
    assert pool.address.parent.stat().st_mode & 0o077 == 0


def test_it_is_started_again_when_it_ends(pool: WarmPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "_AGAIN_S", 0.1)
    pool.start()
    first = pool_process()
    os.kill(first, signal.SIGKILL)
    end = time.monotonic() + 20
    while pool_process() == first and time.monotonic() < end:
        time.sleep(0.05)
    assert pool_process() != first


def test_closing_ends_it_and_removes_its_place(pool: WarmPool) -> None:
    assert pool.address is not None
    place = pool.address.parent
    pool.start()
    process = pool_process()
    pool.close()
    assert not is_alive(process)
    assert not place.exists()


def test_it_ends_with_a_worker_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import django, time; django.setup()\n"
        "from reproduce.warm import WARM_POOL\n"
        "WARM_POOL.settle_address(); WARM_POOL.start(); print(WARM_POOL.address, flush=True); time.sleep(60)\n"
    )
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "REPRISE_DATA": str(tmp_path),
        "REPRISE_WARM_KERNELS": "1",
    }
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=variables, stdout=subprocess.PIPE)
    assert worker.stdout is not None
    address = Path(worker.stdout.readline().decode().strip())
    process = pool_process()
    end = time.monotonic() + 20
    while not address.exists() and time.monotonic() < end:
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    end = time.monotonic() + 5
    while (is_alive(process) or address.parent.exists()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(process)
    assert not address.parent.exists()
