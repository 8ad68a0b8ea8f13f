"""What the operating system keeps for a run: memory, processes, processors; and what is left of the group after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builder.process_tree import is_alive
from reproduce.runner.bundle import read_result, write_job
from reproduce.runner.confinement.control_group import ControlGroup, make_group, sweep_groups
from reproduce.runner.confinement.group_places import GroupPlace, group_places
from reproduce.runner.job import Limits
from reproduce.runner.launch import run_job
from tests.reproduce.runner.conftest import processes_with, wait_until

pytestmark = pytest.mark.real
PROJECT = Path(__file__).resolve().parents[4]
MIB = 1 << 20
# Shared memory is bound by no resource limit, and a GiB of it is taken within few samples.
BOMB = "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1"


def _groups_of(pid: int) -> list[Path]:
    return [path for place in group_places() for path in place.parent.glob(f"reprise-*-{pid}-*")]


def _spawn(group: ControlGroup, line: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["sh", "-c", line], preexec_fn=group.join, capture_output=True)


@pytest.fixture
def group():
    made = make_group(Limits(memory_bytes=60 * MIB, processes=10, processors=0.2))
    assert made is not None
    yield made
    assert made.remove()


def test_memory_that_is_taken_fast_never_passes_the_limit(run):
    ran = run("print('before', flush=True)", BOMB, limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "out-of-memory"
    assert ran.result.failure.limit == "300 MiB"
    assert ran.result.failure.cell_index == 1
    assert ran.text(0) == "before\n"
    assert ran.result.peak_memory_bytes <= 320 * MIB
    assert "control group" in ran.result.sandbox["limits"]["memory_bytes"]["by"]


def test_a_child_that_was_ended_for_its_memory_ends_the_run(run):
    code = "import os, time\nif os.fork() == 0:\n" + "\n".join(f"    {line}" for line in BOMB.splitlines())
    ran = run(code + "\ntime.sleep(15)", limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "out-of-memory"
    assert ran.result.run_s < 12


def test_children_may_share_what_their_parent_has(run):
    code = (
        "import mmap, os\nm = mmap.mmap(-1, 150 << 20)\nm[:] = bytes(150 << 20)\n"
        "pids = []\nfor i in range(6):\n    pid = os.fork()\n"
        "    if pid == 0:\n        os._exit(m[:].count(1))\n    pids.append(pid)\n"
        "print([os.waitpid(pid, 0)[1] for pid in pids])"
    )
    assert run(code, limits={"memory_bytes": 1200 * MIB}).text(0) == "[0, 0, 0, 0, 0, 0]\n"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_a_crash_is_not_out_of_memory(run, name):
    ran = run(f"import os, signal\nos.kill(os.getpid(), signal.{name})", limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "kernel-died"
    assert name in ran.result.failure.evalue


def test_a_fork_bomb_is_refused_its_next_process(group):
    ended = _spawn(group, "for i in $(seq 200); do sleep 5 & done; echo all started")
    assert b"fork" in ended.stderr.lower()
    assert b"all started" not in ended.stdout
    assert group.passed_limit() == "processes"


def test_nothing_that_is_started_leaves_the_group(group):
    _spawn(group, "setsid sleep 60 >/dev/null 2>&1 & setsid setsid sleep 60 >/dev/null 2>&1 &")
    assert wait_until(lambda: len(group.pids()) == 2, 5)  # the shell that started them is gone
    pids = group.pids()
    assert group.remove()
    assert wait_until(lambda: not any(map(is_alive, pids)), 2)


def test_the_number_of_processors_is_limited(run):
    ran = run("import os\nprint(len(os.sched_getaffinity(0)))", limits={"processors": 1})
    assert ran.text(0) == "1\n"
    assert ran.result.sandbox["limits"]["processors"]["value"] == 1


def test_a_part_of_a_processor_can_be_given(group):
    code = "import time\nend = time.monotonic() + 1.5\nwhile time.monotonic() < end: pass\nprint(time.process_time())"
    ended = subprocess.run([sys.executable, "-c", code], preexec_fn=group.join, capture_output=True, text=True)
    assert float(ended.stdout) < 0.7


def test_the_group_of_a_killed_runner_is_removed_by_its_launcher(job, tmp_path):
    runners = []

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            runners.extend(processes_with(str(tmp_path / "bundle")))
            assert any(map(_groups_of, runners))
            for pid in runners:
                os.kill(pid, signal.SIGKILL)

    run_job(job("print('on', flush=True)\nimport time\ntime.sleep(60)"), tmp_path / "bundle", on_event=on_event)
    assert runners
    assert not any(map(_groups_of, runners))


def test_what_runs_in_the_group_of_a_runner_that_is_no_more_is_swept(tmp_path):
    program = (
        "import os, subprocess, sys\n"
        "from reproduce.runner.confinement.control_group import make_group\n"
        "from reproduce.runner.job import Limits\n"
        "group = make_group(Limits())\n"
        "no = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}\n"
        "kept = subprocess.Popen(['sleep', '300'], preexec_fn=group.join, **no)\n"
        "print(os.getpid(), kept.pid)"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    runner, kept = map(int, said.stdout.split())
    for place in group_places():
        sweep_groups(place.parent)
    assert not _groups_of(runner)
    assert wait_until(lambda: not Path(f"/proc/{kept}/cmdline").exists() or not _words(kept), 2)


def _words(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_group_of_a_living_runner_is_left_alone(group):
    for place in group_places():
        sweep_groups(place.parent)
    assert _groups_of(os.getpid())


def test_without_a_group_the_limits_are_sampled_and_the_result_says_so(job, tmp_path):
    write_job(tmp_path, job(BOMB, limits={"memory_bytes": 300 * MIB}))
    program = (
        "import sys\nfrom reproduce.runner import kernel_process\nfrom reproduce.runner.__main__ import main\n"
        "kernel_process.make_group = lambda limits: None\nsys.exit(main([sys.argv[1]]))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=PROJECT, capture_output=True, check=True)
    result = read_result(tmp_path)
    assert result.status == "out-of-memory"
    assert {"sampled" in result.sandbox["limits"][name]["by"] for name in ("memory_bytes", "processes")} == {True}
    assert "group" not in result.sandbox["limits"]["memory_bytes"]["by"]


def test_in_version_2_a_group_is_made_beside_the_own_one_where_the_parent_was_given(tmp_path):
    own = tmp_path / "reprise.service" / "worker"
    own.mkdir(parents=True)
    (own.parent / "cgroup.procs").write_text("")
    (own.parent / "cgroup.subtree_control").write_text("memory pids cpu")
    mounts = f"30 23 0:26 / {tmp_path} rw - cgroup2 cgroup2 rw,nsdelegate\n"
    assert [(place.parent, place.version) for place in group_places(mounts, "0::/reprise.service/worker\n")] == [
        (own.parent, 2)
    ]


def test_in_version_2_a_parent_with_processes_of_its_own_is_not_used(tmp_path):
    own = tmp_path / "reprise.service" / "worker"
    own.mkdir(parents=True)
    (own.parent / "cgroup.procs").write_text("17\n")
    (own.parent / "cgroup.subtree_control").write_text("memory pids cpu")
    mounts = f"30 23 0:26 / {tmp_path} rw - cgroup2 cgroup2 rw,nsdelegate\n"
    assert group_places(mounts, "0::/reprise.service/worker\n") == ()


@pytest.mark.parametrize("group", ["/", "/worker", "/system.slice/worker"])
def test_in_version_2_a_parent_that_is_nobodys_own_is_not_used(tmp_path, group):
    own = tmp_path / group.strip("/")
    own.mkdir(parents=True, exist_ok=True)
    for name, text in (("cgroup.procs", ""), ("cgroup.subtree_control", "memory pids cpu")):
        (own.parent / name).write_text(text) if own != tmp_path else (own / name).write_text(text)
    assert group_places(f"30 23 0:26 / {tmp_path} rw - cgroup2 cgroup2 rw\n", f"0::{group}\n") == ()


def test_in_version_2_the_events_of_the_group_tell_what_was_passed(tmp_path):
    group = ControlGroup({"memory": tmp_path, "pids": tmp_path}, {"memory": 2, "pids": 2})
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\n")
    (tmp_path / "pids.events").write_text("max 0\n")
    assert group.passed_limit() is None
    (tmp_path / "pids.events").write_text("max 3\n")
    assert group.passed_limit() == "processes"
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n")
    assert group.passed_limit() == "memory"


def test_where_no_group_can_be_made_there_is_none(tmp_path):
    assert make_group(Limits(), [GroupPlace(tmp_path, ("memory", "pids"), 2)]) is None
    assert list(tmp_path.iterdir()) == []
    assert make_group(Limits(), []) is None
