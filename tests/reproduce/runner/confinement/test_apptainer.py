"""A kernel in a real Apptainer: what it can reach, its limits, and that nothing of it is left."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path

import pytest

from reproduce.runner.job import Apptainer
from reproduce.runner.launch import run_job
from tests.reproduce.runner.conftest import processes_with, wait_until

pytestmark = pytest.mark.real
PROJECT = Path(__file__).resolve().parents[4]
MIB = 1 << 20
BOMB = "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1"


def test_a_notebook_runs_and_the_result_says_by_what(enclosed, apptainer, source):
    (source / "data.txt").write_text("42")
    ran = enclosed("open('data.txt', 'a').write('!')\nprint(open('data.txt').read())")
    assert (ran.result.status, ran.text(0)) == ("completed", "42!\n")
    assert (source / "data.txt").read_text() == "42"
    told = ran.result.sandbox
    assert (told["kind"], told["network"], told["image"]) == ("apptainer", False, apptainer.image)
    assert told["version"].startswith("1.")


def test_the_notebook_has_no_rights(enclosed):
    code = (
        "import os\n"
        "told = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(os.getuid(), told['CapEff'].strip(), told['CapBnd'].strip(), told['NoNewPrivs'].strip())\n"
        "print(len([name for name in os.listdir('/proc') if name.isdigit()]) < 4)"
    )
    assert enclosed(code).text(0) == f"1000 {'0' * 16} {'0' * 16} 1\nTrue\n"


def test_there_is_no_network_in_apptainer(enclosed):
    code = "import socket\nprint(socket.if_nameindex())\nsocket.create_connection(('192.0.2.1', 80), timeout=5)"
    ran = enclosed(code)
    assert ran.text(0).startswith("[(1, 'lo')]")
    assert "unreachable" in ran.result.failure.evalue


def test_only_what_is_counted_can_be_written(enclosed):
    code = (
        "written = []\n"
        "for place in ('', '/usr', '/etc', '/home', '/var/tmp', '/root', '/tmp', '/home/repro', '.', '/dev/shm'):\n"
        "    try:\n        open(place + '/was-here', 'w')\n        written.append(place)\n"
        "    except OSError:\n        pass\nprint(written)"
    )
    assert enclosed(code).text(0) == "['/tmp', '/home/repro', '.', '/dev/shm']\n"
    fill = "f = open('/dev/shm/big', 'wb', buffering=0)\nfor i in range(99): f.write(bytes(1 << 20))\nimport time\n"
    assert enclosed(fill + "time.sleep(9)", limits={"scratch_bytes": 20 * MIB}).result.status == "out-of-disk"


def test_nothing_of_the_host_is_seen(enclosed, source):
    host = ["/root/.bashrc", "/etc/shadow.host", str(source), str(PROJECT / "pyproject.toml")]
    code = (
        f"import os\nprint([path for path in {host!r} if os.path.exists(path)])\n"
        "print([name for name in os.environ if 'APPTAINER' in name or 'SINGULARITY' in name])"
    )
    assert enclosed(code).text(0) == "[]\n[]\n"


def test_memory_that_is_taken_fast_is_out_of_memory_in_apptainer(enclosed):
    ran = enclosed("print('before', flush=True)", BOMB, limits={"memory_bytes": 400 * MIB})
    assert (ran.result.status, ran.result.failure.cell_index) == ("out-of-memory", 1)
    assert ran.text(0) == "before\n"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
def test_a_crash_in_apptainer_is_told_with_the_signal(enclosed, name):
    ran = enclosed(f"import os, signal\nos.kill(os.getpid(), signal.{name})")
    assert ran.result.status == "kernel-died"
    assert name in ran.result.failure.evalue


def test_too_many_processes_are_stopped_in_apptainer(enclosed):
    ran = enclosed("import os\nwhile True: os.fork()", limits={"processes": 20})
    assert ran.result.status == "kernel-died"
    assert ran.result.failure.limit == "20 processes"


def test_cancelling_takes_less_than_two_seconds_in_apptainer(job, apptainer, tmp_path):
    mark = f"reprise-mark-{os.getpid()}-apptainer"
    code = f"print('on', flush=True)\nimport subprocess\nsubprocess.run(['sh', '-c', 'setsid sleep 300; : {mark}'])"
    asked_at: list[float] = []

    def is_cancelled() -> bool:
        if asked_at or not processes_with(mark):
            return bool(asked_at)
        asked_at.append(time.monotonic())
        return True

    limits = {"cell_timeout_s": 60.0, "run_timeout_s": 90.0}
    made = job(code, sandbox="apptainer", apptainer=apptainer, limits=limits)
    result = run_job(made, tmp_path / "bundle", is_cancelled=is_cancelled)
    assert result.status == "cancelled", result.failure
    assert time.monotonic() - asked_at[0] < 2
    assert processes_with(mark) == []


def test_with_a_killed_runner_ends_what_runs_in_apptainer(job, apptainer, tmp_path):
    mark = f"reprise-mark-{os.getpid()}-killed"
    code = f"print('on', flush=True)\nimport subprocess\nsubprocess.run(['sh', '-c', 'setsid sleep 300; : {mark}'])"

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            assert wait_until(lambda: bool(processes_with(mark)), 5)
            for pid in processes_with(str(tmp_path / "bundle")):
                os.kill(pid, signal.SIGKILL)

    made = job(code, sandbox="apptainer", apptainer=apptainer)
    assert run_job(made, tmp_path / "bundle", on_event=on_event).status == "internal-error"
    assert wait_until(lambda: processes_with(mark) == [], 3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"program": "no-such-apptainer"}, "is not installed"),
        ({"image": "/nowhere/environment.sif"}, "there is no /nowhere/environment.sif"),
        ({"image": ""}, "no SIF is named"),
    ],
)
def test_without_apptainer_or_image_there_is_no_sandbox(enclosed, apptainer: Apptainer, change, reason):
    ran = enclosed("print('never')", apptainer=dataclasses.replace(apptainer, **change))
    assert ran.result.status == "sandbox-missing"
    assert reason in ran.result.failure.evalue


def test_figures_are_recorded_in_apptainer(enclosed):
    ran = enclosed("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", limits={"cell_timeout_s": 60.0})
    (row,) = ran.result.figures
    assert row["cell_index"] == 0
    assert row["output"] is not None
