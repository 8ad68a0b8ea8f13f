"""What a hostile notebook can reach, and what is left of a run that was ended from outside."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from reproduce.errors import RunError
from reproduce.reproduction import find_sandbox
from reproduce.runner.bundle import read_events, write_job
from reproduce.runner.confinement import choose
from reproduce.runner.confinement.choose import detect_sandbox, why_no_sandbox
from reproduce.runner.launch import run_job
from tests.reproduce.runner.conftest import processes_with, wait_until

pytestmark = pytest.mark.real
PROJECT = Path(__file__).resolve().parents[3]


def test_the_sandbox_is_detected_by_starting_one():
    assert detect_sandbox() == "bwrap"


def test_without_the_program_there_is_no_sandbox(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert why_no_sandbox() == "bwrap is not installed"


def test_a_sandboxed_job_is_refused_where_there_is_none(run, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    ran = run("print('never')")
    assert ran.result.status == "sandbox-missing"
    assert ran.result.cells_done == 0


def test_there_is_no_network(run):
    code = "import socket\nprint(socket.if_nameindex())\nsocket.create_connection(('192.0.2.1', 80), timeout=5)"
    ran = run(code)
    assert ran.text(0).startswith("[(1, 'lo')]")
    assert "unreachable" in ran.result.failure.evalue


def test_the_hosts_own_ports_are_out_of_reach(run):
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0"], stdout=subprocess.PIPE, bufsize=0
    ) as server:
        try:
            port = int(server.stdout.readline().split()[5]) if wait_until(lambda: True, 1) else 0
            ran = run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=5)")
        finally:
            server.kill()
    assert ran.result.failure.ename == "ConnectionRefusedError"


def test_the_hosts_files_are_not_there(run, source):
    host = ["/root/.bashrc", "/etc/shadow", "/etc/hostname", "/var/log", "/sys", "/run", "/opt", "/srv"]
    ours = [str(source), str(source.parent), str(PROJECT / "pyproject.toml"), str(PROJECT / ".git")]
    ran = run(f"import os\nprint([path for path in {host + ours!r} if os.path.exists(path)])")
    assert ran.text(0) == "[]\n"


def test_nothing_outside_its_own_directories_can_be_written(run):
    paths = [f"{place}/reprise-was-here" for place in ("", "/usr", "/etc", "/dev", "/home", "/proc", sys.prefix)]
    code = (
        "written = []\n"
        f"for path in {paths!r}:\n"
        "    try:\n        open(path, 'w')\n        written.append(path)\n"
        "    except OSError:\n        pass\n"
        "print(written)"
    )
    assert run(code).text(0) == "[]\n"
    assert not any(Path(path).exists() for path in paths)


def test_the_notebook_is_no_root_and_has_no_capabilities(run):
    code = "import os\nprint(os.getuid(), [l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')])"
    assert run(code).text(0) == "1000 ['0000000000000000']\n"


def test_no_further_namespace_can_be_made(run):
    code = "import subprocess\nprint(subprocess.run(['unshare', '-U', 'true'], capture_output=True).returncode)"
    assert run(code).text(0) == "1\n"


def test_the_hosts_processes_are_not_seen(run):
    code = "import os\nprint(sum(name.isdigit() for name in os.listdir('/proc')) < 10, os.getppid() < 5)"
    assert run(code).text(0) == "True True\n"


def test_two_runs_do_not_see_each_others_sockets(run):
    assert run("import glob\nprint(len(glob.glob('/tmp/**/rr-*', recursive=True)))").text(0) == "1\n"


@pytest.mark.parametrize("is_killed", [False, True])
def test_no_directory_of_a_run_is_left(job, tmp_path, monkeypatch, is_killed):
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp(prefix="t"))
    made = job("import os\nos.mkdir('locked')\nopen('locked/f', 'w')\nos.chmod('locked', 0)\nprint('on')")

    def on_event(event: dict[str, object]) -> None:
        if is_killed and event["type"] == "output":
            for pid in processes_with(str(tmp_path / "bundle")):
                os.kill(pid, signal.SIGKILL)

    result = run_job(made, tmp_path / "bundle", on_event=on_event)
    assert result.status == ("internal-error" if is_killed else "completed")
    assert list(Path(tempfile.tempdir).iterdir()) == []
    Path(tempfile.tempdir).rmdir()


@pytest.mark.parametrize("sandbox", ["bwrap", "none"])
def test_cancelling_takes_less_than_two_seconds_and_leaves_nothing(job, tmp_path, sandbox):
    mark = f"reprise-mark-{os.getpid()}-{sandbox}"
    code = f"print('on', flush=True)\nimport subprocess\nsubprocess.run(['sh', '-c', 'setsid sleep 300; : {mark}'])"
    asked_at = []

    def is_cancelled() -> bool:
        if asked_at or not processes_with(mark):
            return bool(asked_at)
        asked_at.append(time.monotonic())
        return True

    result = run_job(job(code, sandbox=sandbox), tmp_path / "bundle", is_cancelled=is_cancelled)
    took = time.monotonic() - asked_at[0]
    assert result.status == "cancelled"
    assert took < 2
    assert processes_with(mark) == []
    assert (tmp_path / "bundle" / "executed.ipynb").exists()


def test_a_runner_that_does_not_stop_is_killed(job, tmp_path):
    made = job("import time\nprint('on', flush=True)\ntime.sleep(60)")
    mark = str(tmp_path / "bundle")
    seen = threading.Event()

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            for pid in processes_with(mark):
                os.kill(pid, signal.SIGSTOP)
            seen.set()

    started = time.monotonic()
    result = run_job(made, tmp_path / "bundle", on_event=on_event, is_cancelled=seen.is_set)
    assert result.status == "cancelled"
    assert result.failure.cell_index == 0
    assert time.monotonic() - started < 8
    assert processes_with(mark) == []


def test_a_runner_that_is_killed_is_our_fault(job, tmp_path):
    made = job("print('on', flush=True)\nimport time\ntime.sleep(60)")
    mark = str(tmp_path / "bundle")

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            for pid in processes_with(mark):
                os.kill(pid, signal.SIGKILL)

    result = run_job(made, tmp_path / "bundle", on_event=on_event)
    assert result.status == "internal-error"
    assert result.cells_total == 1


def test_killing_the_starter_leaves_no_process(job, tmp_path):
    mark = f"reprise-orphan-{os.getpid()}"
    made = job(f"import subprocess\nsubprocess.run(['sh', '-c', 'sleep 300; : {mark}'])")
    write_job(tmp_path / "bundle", made)
    program = (
        "import sys; from pathlib import Path; from reproduce.runner.bundle import read_job;"
        "from reproduce.runner.launch import run_job; b = Path(sys.argv[1]); run_job(read_job(b), b)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "bundle")], cwd=PROJECT) as starter:
        assert wait_until(lambda: bool(processes_with(mark)), 15)
        starter.kill()
    assert wait_until(lambda: not processes_with(mark) and not processes_with(str(tmp_path / "bundle")), 2)


def test_an_error_of_the_listener_leaves_no_process(job, tmp_path):
    class ListenerError(Exception):
        pass

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "cell-started":
            raise ListenerError

    with pytest.raises(ListenerError):
        run_job(job("import time; time.sleep(60)"), tmp_path / "bundle", on_event=on_event)
    assert processes_with(str(tmp_path / "bundle")) == []


def test_events_arrive_within_fifty_milliseconds(job, tmp_path):
    cells = ["import time", *["print(time.time(), flush=True); time.sleep(0.1)"] * 5]
    delays = []

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            delays.append(time.time() - float(event["text"]))

    run_job(job(*cells), tmp_path / "bundle", on_event=on_event)
    assert len(delays) == 5
    assert sorted(delays)[2] < 0.05


def test_the_clock_of_the_launcher_ends_a_runner_that_misses_its_own(job, tmp_path, monkeypatch):
    monkeypatch.setattr("reproduce.runner.launch._OVERTIME_S", -4.0)
    made = job("print('on', flush=True)\nimport time\ntime.sleep(60)", limits={"run_timeout_s": 6.0})
    mark = str(tmp_path / "bundle")

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            for pid in processes_with(mark):
                os.kill(pid, signal.SIGSTOP)

    result = run_job(made, tmp_path / "bundle", on_event=on_event)
    assert result.status == "run-timeout"
    assert result.failure.limit == "6 s"


def test_a_path_of_the_kernel_that_is_missing_is_our_fault(run, kernel):
    broken = dataclasses.replace(kernel, readonly_paths=(*kernel.readonly_paths, "/no/such/prefix"))
    ran = run("1", kernel=broken)
    assert ran.result.status == "internal-error"
    assert "/no/such/prefix" in ran.result.failure.evalue


def test_an_unusable_bundle_ends_with_status_two(tmp_path):
    for content in (None, "{", '{"schema": "other"}', '{"schema": "reprise.job/1", "id": "x"}'):
        if content is not None:
            (tmp_path / "job.json").write_text(content)
        ended = subprocess.run(
            [sys.executable, "-m", "reproduce.runner", str(tmp_path)], cwd=PROJECT, capture_output=True
        )
        assert ended.returncode == 2
        assert b"job.json" in ended.stderr
        assert read_events(tmp_path) == []


def kill_the_trials(folder: Path, monkeypatch: pytest.MonkeyPatch, times: int, ending: str = "kill -9 $$") -> None:
    """Put a bwrap on the path that ends in this way so often before it works."""
    program, count = folder / "bwrap", folder / "count"
    count.write_text("")
    real = shutil.which("bwrap")
    program.write_text(
        f'#!/bin/sh\necho >> {count}\n[ $(wc -l < {count}) -le {times} ] && {ending}\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    choose._working_sandbox.cache_clear()


def test_a_trial_that_is_killed_from_outside_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_the_trials(tmp_path, monkeypatch, 4)
    assert detect_sandbox() == "bwrap"


@pytest.mark.parametrize("ending", ["kill -9 $$", "exit 137"])
def test_trials_that_are_killed_again_and_again_do_not_say_that_there_is_no_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    kill_the_trials(tmp_path, monkeypatch, 5, ending)
    with pytest.raises(RunError) as met:
        find_sandbox()
    assert met.value.cause.fault == "service"
    assert detect_sandbox() == "bwrap"


def test_that_there_is_no_sandbox_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kill_the_trials(tmp_path, monkeypatch, 1, "exit 1")
    assert detect_sandbox() is None
    assert detect_sandbox() == "bwrap"
