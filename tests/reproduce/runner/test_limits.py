"""Each limit ends the run as what it is, with the evidence up to there; nothing keeps running."""

from __future__ import annotations

import dataclasses
import time

import pytest

pytestmark = pytest.mark.real
MIB = 1 << 20


def test_an_endless_cell_ends_at_its_time_limit(run):
    ran = run("print('before')", "print('within', flush=True)\nwhile True: pass", limits={"cell_timeout_s": 0.8})
    assert ran.result.status == "cell-timeout"
    assert ran.result.failure.cell_index == 1
    assert ran.result.failure.limit == "0.8 s"
    assert (ran.text(0), ran.text(1)) == ("before\n", "within\n")
    assert ran.result.cells_done == 1


def test_many_cells_end_at_the_limit_of_the_run(run):
    ran = run(*["import time; time.sleep(2.5)"] * 4, limits={"run_timeout_s": 7.0})
    assert ran.result.status == "run-timeout"
    assert ran.result.failure.limit == "7 s"
    assert 0 < ran.result.cells_done < 4


def test_a_cell_that_fills_memory_slowly_is_stopped(run):
    code = "print('start', flush=True)\nkept = []\nwhile True:\n    kept.append(bytearray(b'x' * (1 << 20)))"
    ran = run(code, limits={"memory_bytes": 250 * MIB})
    assert ran.result.status == "out-of-memory"
    assert ran.result.failure.limit == "250 MiB"
    assert ran.text(0).startswith("start")


def test_one_huge_array_is_out_of_memory_and_no_crash(run):
    ran = run("import numpy as np\nnp.ones((1 << 40,))", limits={"memory_bytes": 400 * MIB})
    assert ran.result.status == "out-of-memory"
    assert ran.result.failure.cell_index == 0


def test_memory_of_child_processes_counts(run):
    code = (
        "import os, time\n"
        "for i in range(4):\n"
        "    if os.fork() == 0:\n"
        "        kept = bytearray(b'x' * (100 << 20))\n"
        "        time.sleep(20)\n"
        "time.sleep(20)"
    )
    ran = run(code, limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "out-of-memory"


def test_memory_that_processes_share_counts_once(run):
    code = (
        "import os, time\nkept = bytearray(b'x' * (120 << 20))\npids = []\n"
        "for i in range(5):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n        time.sleep(0.7)\n        os._exit(0)\n"
        "    pids.append(pid)\n"
        "for pid in pids: os.waitpid(pid, 0)\nprint('fine')"
    )
    ran = run(code, limits={"memory_bytes": 400 * MIB})
    assert ran.result.status == "completed"


def test_a_fork_bomb_is_stopped(run):
    started = time.monotonic()
    ran = run("import os\nwhile True: os.fork()", limits={"processes": 40})
    assert ran.result.status in ("kernel-died", "cell-raised")
    assert time.monotonic() - started < 15


def test_too_many_processes_are_named_as_the_reason(run):
    code = "import subprocess, time\nprocesses = [subprocess.Popen(['sleep', '20']) for i in range(60)]\ntime.sleep(20)"
    ran = run(code, limits={"processes": 30})
    assert ran.result.status == "kernel-died"
    assert ran.result.failure.limit == "30 processes"


def test_open_files_are_limited(run):
    ran = run("kept = [open('/dev/null') for i in range(5000)]", limits={"open_files": 200})
    assert ran.result.status == "cell-raised"
    assert "Too many open files" in ran.result.failure.evalue


def test_one_file_beyond_the_scratch_space_is_out_of_disk(run):
    code = "f = open('big', 'wb', buffering=0)\nfor i in range(200): f.write(b'x' * (1 << 20))"
    ran = run(code, limits={"scratch_bytes": 30 * MIB})
    assert ran.result.status == "out-of-disk"
    assert ran.result.failure.limit == "30 MiB"


def test_many_files_anywhere_beyond_the_scratch_space_are_out_of_disk(run):
    code = (
        "import time\n"
        "for i in range(60):\n"
        "    for place in ('.', '/tmp', '/home/repro'):\n"
        "        open(place + '/part%d' % i, 'wb').write(b'x' * (1 << 20))\n"
        "    time.sleep(0.02)\n"
        "time.sleep(20)"
    )
    assert run(code, limits={"scratch_bytes": 90 * MIB}).result.status == "out-of-disk"


def test_files_without_a_name_count_as_disk(run):
    code = (
        "import os, time\nkept = []\n"
        "for i in range(20):\n"
        "    f = open('hidden%d' % i, 'wb', buffering=0)\n"
        "    os.unlink('hidden%d' % i)\n"
        "    f.write(b'x' * (5 << 20))\n    kept.append(f)\n"
        "time.sleep(20)"
    )
    assert run(code, limits={"scratch_bytes": 40 * MIB}).result.status == "out-of-disk"


def test_memory_disguised_as_a_disk_is_limited(run):
    code = "f = open('/dev/shm/big', 'wb', buffering=0)\nfor i in range(400): f.write(b'x' * (1 << 20))"
    ran = run(code, limits={"memory_bytes": 400 * MIB})
    assert ran.result.status == "cell-raised"
    assert "No space left" in ran.result.failure.evalue


def test_endless_printing_is_stopped_and_its_beginning_kept(run):
    ran = run("while True: print('x' * 1000)", limits={"output_bytes": 2 * MIB})
    assert ran.result.status == "out-of-output"
    assert ran.result.failure.limit == "2 MiB"
    assert 0 < len(ran.text(0)) <= 2 * MIB
    assert len(ran.events) < 100


def test_one_enormous_output_is_stopped(run):
    ran = run("print('x' * (60 << 20))", limits={"output_bytes": 1 * MIB})
    assert ran.result.status == "out-of-output"


def test_writing_past_the_kernels_streams_is_stopped(run):
    ran = run("import os\nwhile True: os.write(2, b'y' * 65536)", limits={"output_bytes": 2 * MIB})
    assert ran.result.status == "out-of-output"
    assert (ran.bundle / "kernel.log").stat().st_size <= MIB


def test_a_kernel_that_exits_is_told_with_its_status(run):
    ran = run("print('before', flush=True)\nimport os, time\ntime.sleep(0.4)\nos._exit(3)")
    assert ran.result.status == "kernel-died"
    assert ran.result.failure.evalue == "it ended with exit status 3"
    assert ran.text(0) == "before\n"


def test_a_kernel_that_is_killed_is_told_with_the_signal(run):
    ran = run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert ran.result.status == "kernel-died"
    assert "SIGKILL" in ran.result.failure.evalue


def test_a_crash_in_compiled_code_is_told_with_the_signal(run):
    ran = run("import ctypes\nctypes.string_at(0)")
    assert ran.result.status == "kernel-died"
    assert "SIGSEGV" in ran.result.failure.evalue


def test_a_kernel_that_ends_between_two_cells_is_noticed(run):
    code = "import os, threading\nthreading.Timer(0.05, os._exit, [4]).start()"
    ran = run(code, "import time; time.sleep(5)", "1")
    assert ran.result.status == "kernel-died"
    assert ran.result.run_s < 4


def test_a_kernel_that_never_starts_is_told_with_its_last_words(run, kernel):
    argv = (kernel.argv[0], "-c", "import no_such_kernel", "{connection_file}")
    ran = run("1", kernel=dataclasses.replace(kernel, argv=argv))
    assert ran.result.status == "kernel-not-started"
    assert "no_such_kernel" in ran.result.failure.evalue
    assert ran.result.cells_done == 0


def test_a_kernel_that_says_nothing_ends_at_the_time_limit(run, kernel):
    argv = (kernel.argv[0], "-c", "import time; time.sleep(60)", "{connection_file}")
    ran = run("1", kernel=dataclasses.replace(kernel, argv=argv), limits={"run_timeout_s": 1.0})
    assert ran.result.status == "kernel-not-started"


def test_the_number_of_messages_is_a_limit_of_the_job(run):
    ran = run("for number in range(300): display(number)", limits={"messages": 100})
    assert ran.result.status == "out-of-output"
    assert ran.result.failure.limit == "100 messages"
    assert 90 < len(ran.notebook.cells[0].outputs) <= 101
