"""What the pool keeps and for how long; whatever happens to it or to a kernel of it, a run starts all the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from builder.process_tree import descendants, is_alive
from reproduce.runner.bundle import write_job
from reproduce.runner.job import Kernel
from reproduce.runner.launch import run_job
from tests.reproduce.runner.conftest import wait_until
from tests.reproduce.runner.warm.conftest import PROJECT

pytestmark = pytest.mark.real


def outermost(pool) -> int:
    """The bubblewrap of the kernel that waits."""
    return descendants(next(iter(descendants(pool.process.pid))))[0]


def test_without_a_pool_a_run_starts_cold(run_with, start_pool):
    pool = start_pool()
    pool.close()
    ran = run_with(pool, "1")
    assert (ran.result.is_warm, ran.result.status) == (False, "completed")


def test_the_end_of_the_worker_ends_all_that_waits_and_leaves_no_file(heated):
    pool = heated("1")
    waiting = pool.waiting()
    assert waiting
    assert pool.close() == 0
    assert wait_until(lambda: not any(map(is_alive, waiting)), 2)
    assert list(pool.scratch.iterdir()) == []
    assert not pool.address.exists()


def test_a_pool_that_is_killed_takes_what_waits_with_it_and_no_run(heated, job, tmp_path):
    job("import time\nprint('begun', flush=True)\ntime.sleep(2)\nprint('ended')", notebook="long.ipynb")
    pool = heated("1")
    told = []

    def kill_pool(event):
        told.append(event["type"])
        if event["type"] == "output":
            pool.process.kill()

    result = run_job(job(notebook="long.ipynb"), tmp_path / "bundle", on_event=kill_pool, warm=pool.address)
    assert result.is_warm
    assert result.status == "completed"
    assert told[-1] == "ended"


def test_kernels_that_wait_end_with_a_pool_that_is_killed(heated):
    pool = heated("1")
    waiting = pool.waiting()
    pool.process.kill()
    assert wait_until(lambda: not any(map(is_alive, waiting)), 2)


def test_a_worker_that_is_killed_takes_its_warm_run_with_it(heated, job, tmp_path, source):
    job("import time\nprint('begun', flush=True)\ntime.sleep(60)", notebook="long.ipynb")
    pool = heated("1")
    described = job(notebook="long.ipynb")
    program = (
        "import sys, pathlib\n"
        "from reproduce.runner.bundle import read_job\n"
        "from reproduce.runner.launch import run_job\n"
        "said = lambda event: print(event['type'], flush=True)\n"
        "place = pathlib.Path(sys.argv[1])\n"
        "run_job(read_job(place), place / 'b', on_event=said, warm=pathlib.Path(sys.argv[2]))\n"
    )
    from_bundle = tmp_path / "asked"
    write_job(from_bundle, described)
    before = pool.waiting()
    [place] = pool.scratch.iterdir()
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(from_bundle), str(pool.address)], cwd=PROJECT, stdout=subprocess.PIPE
    )
    while worker.stdout.readline() != b"output\n":
        assert worker.poll() is None
    run = [pid for pid in before if is_alive(pid)]
    assert run
    worker.kill()
    worker.wait()
    assert wait_until(lambda: not any(map(is_alive, run)), 2)
    # Nobody else is left who could remove it.
    assert wait_until(lambda: not place.exists(), 60)


def test_a_cancelled_warm_run_leaves_nothing_after_two_seconds(heated, job, tmp_path):
    job("import time\nprint('begun', flush=True)\ntime.sleep(60)", notebook="long.ipynb")
    pool = heated("1")
    run = pool.waiting()
    asked = []
    result = run_job(
        job(notebook="long.ipynb"),
        tmp_path / "bundle",
        on_event=lambda event: asked.append(time.monotonic()) if event["type"] == "output" else None,
        is_cancelled=lambda: bool(asked),
        warm=pool.address,
    )
    assert (result.is_warm, result.status) == (True, "cancelled")
    assert time.monotonic() - asked[0] < 2
    assert not any(map(is_alive, run))


def test_a_kernel_that_ended_while_it_waited_is_not_missed(heated, run_with):
    pool = heated("print('ran')")
    os.kill(outermost(pool), signal.SIGKILL)
    assert pool.says("its kernel ended by itself"), pool.log
    ran = run_with(pool)
    assert (ran.result.is_warm, ran.text(0)) == (False, "ran\n")


def test_a_runner_that_does_not_answer_is_left_and_killed(heated, run_with):
    pool = heated("print('ran')")
    runner = pool.waiting()[0]
    os.kill(runner, signal.SIGSTOP)
    ran = run_with(pool)
    assert (ran.result.is_warm, ran.text(0)) == (False, "ran\n")
    assert wait_until(lambda: not is_alive(runner), 2)


def test_a_kernel_that_cannot_start_is_tried_once(pool, run_with, kernel):
    argv = (kernel.argv[0], "-c", "1 / 0", "{connection_file}")
    broken = Kernel(argv, "python", kernel.prefix, kernel.readonly_paths)
    assert run_with(pool, "1", kernel=broken).result.status == "kernel-not-started"
    assert pool.says("its kernel ended by itself")
    assert run_with(pool, kernel=broken).result.status == "kernel-not-started"
    time.sleep(2.5)
    assert pool.log.count("ended by itself") == 1


def test_what_lies_beyond_the_memory_is_not_kept(start_pool, run_with):
    pool = start_pool(memory_bytes=20 << 20)
    assert not run_with(pool, "1").result.is_warm
    assert pool.says("there is no memory for it"), pool.log
    time.sleep(2.5)
    assert pool.log.count("no memory") == 1
    assert wait_until(lambda: pool.waiting() == [], 20)


def test_a_kernel_that_nobody_asks_for_again_ends(start_pool, run_with):
    pool = start_pool(idle_s=6.0)
    run_with(pool, "1")
    assert pool.says("nobody asked for it any more")
    assert wait_until(lambda: pool.waiting() == [], 20)


def test_the_hottest_take_the_place_of_the_others(heated, run_with, job):
    job("1", notebook="hot/a.ipynb")
    pool = heated("1")
    for _ in range(2):
        run_with(pool, notebook="hot/a.ipynb")
    assert pool.says("nobody asked for it any more")
    assert pool.says("is ready", times=2)
    assert run_with(pool, notebook="hot/a.ipynb").result.is_warm


def test_a_kernel_of_a_removed_environment_ends(heated, run_with, kernel, tmp_path):
    environment = tmp_path / "environment"
    environment.mkdir()
    own = Kernel(kernel.argv, kernel.language, kernel.prefix, (*kernel.readonly_paths, str(environment)))
    pool = heated("1", kernel=own)
    shutil.rmtree(environment)
    assert pool.says("what it was started from is not there any more")
    assert wait_until(lambda: pool.waiting() == [], 20)


def test_a_kernel_of_an_environment_that_was_made_again_is_not_used(heated, run_with, kernel, tmp_path):
    environment = tmp_path / "environment"
    environment.mkdir()
    own = Kernel(kernel.argv, kernel.language, kernel.prefix, (*kernel.readonly_paths, str(environment)))
    pool = heated(
        "import os\nprint(os.listdir(os.environ['WHERE']))",
        kernel=own,
        environment_variables={"WHERE": str(environment)},
    )
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "new").touch()
    environment.rename(tmp_path / "old")
    (tmp_path / "made").rename(environment)
    ran = run_with(pool, kernel=own, environment_variables={"WHERE": str(environment)})
    assert not ran.result.is_warm
    assert ran.text(0) == "['new']\n"


def test_a_kernel_that_passes_its_limits_while_it_waits_ends(heated, source):
    (source / "lib").mkdir()
    (source / "lib" / "sitecustomize.py").write_text(
        "import threading, time\n"
        "def grow():\n"
        "    time.sleep(6)\n"
        "    blocks = [bytearray(20 << 20) for _ in range(100)]\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=grow, daemon=True).start()\n"
    )
    pool = heated("1", import_roots=("lib",), limits={"memory_bytes": 400 << 20})
    assert pool.says("its kernel ended by itself")
    assert wait_until(lambda: pool.waiting() == [], 20)


def test_a_kernel_that_does_not_rest_while_it_waits_ends(heated, source):
    (source / "lib").mkdir()
    (source / "lib" / "sitecustomize.py").write_text(
        "import threading\n"
        "def spin():\n"
        "    while True:\n"
        "        pass\n"
        "threading.Thread(target=spin, daemon=True).start()\n"
    )
    pool = heated("1", import_roots=("lib",))
    assert pool.says("it does not rest while it waits", within_s=60)
    assert wait_until(lambda: pool.waiting() == [], 20)
