"""A kernel in a container of a real Docker: what it can reach, its limits, and that its container always goes."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reproduce.runner.bundle import BundleUnusableError, check_job, write_job
from reproduce.runner.confinement.container import ContainerConfinement
from reproduce.runner.confinement.container_engine import LABEL, ContainerEngine
from reproduce.runner.job import Container, DataMount
from reproduce.runner.launch import run_job
from reproduce.runner.workspace import Workspace
from tests.reproduce.runner.conftest import processes_with, wait_until

pytestmark = pytest.mark.real
PROJECT = Path(__file__).resolve().parents[4]
MIB = 1 << 20
BOMB = "import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(0, 2 << 30, 4096): m[i] = 1"


def _containers(engine) -> list[str]:
    return engine.docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split()


def test_a_notebook_runs_in_a_container_and_the_result_says_so(contained, container_engine, source):
    (source / "data.txt").write_text("42")
    ran = contained("open('data.txt', 'a').write('!')\nprint(open('data.txt').read())")
    assert (ran.result.status, ran.text(0)) == ("completed", "42!\n")
    assert (source / "data.txt").read_text() == "42"
    told = ran.result.sandbox
    assert (told["kind"], told["network"], told["image"]) == ("container", False, container_engine.base_image)
    assert told["version"].split(" ")[0] == Path(container_engine.program).name
    assert _containers(container_engine) == []


def test_the_notebook_is_nobody_in_particular(contained):
    code = (
        "import os\n"
        "told = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(os.getuid(), told['CapEff'].strip(), told['CapBnd'].strip(), told['NoNewPrivs'].strip())"
    )
    assert contained(code).text(0) == f"1000 {'0' * 16} {'0' * 16} 1\n"


def test_there_is_no_network_in_a_container(contained):
    code = "import socket\nprint(socket.if_nameindex())\nsocket.create_connection(('192.0.2.1', 80), timeout=5)"
    ran = contained(code)
    assert ran.text(0).startswith("[(1, 'lo')]")
    assert "unreachable" in ran.result.failure.evalue


def test_only_its_own_directories_can_be_written(contained):
    code = (
        "written = []\nfor place in ('', '/usr', '/etc', '/home', '/var/tmp', '/root', '/tmp', '/home/repro', '.'):\n"
        "    try:\n        open(place + '/was-here', 'w')\n        written.append(place)\n"
        "    except OSError:\n        pass\nprint(written)"
    )
    assert contained(code).text(0) == "['/tmp', '/home/repro', '.']\n"


def test_nothing_of_the_host_or_of_the_client_is_seen(contained, source):
    host = ["/root/.bashrc", "/var/run/docker.sock", str(source), str(PROJECT / "pyproject.toml")]
    code = (
        "import os\n"
        f"print([path for path in {host!r} if os.path.exists(path)])\n"
        "print(sorted(name for name in os.environ if 'DOCKER' in name or name in ('HOSTNAME', 'PWD')))"
    )
    assert contained(code).text(0) == "[]\n[]\n"


def test_memory_that_is_taken_fast_is_out_of_memory(contained, container_engine):
    ran = contained("print('before', flush=True)", BOMB, limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "out-of-memory"
    assert (ran.result.failure.limit, ran.result.failure.cell_index, ran.text(0)) == ("300 MiB", 1, "before\n")
    assert _containers(container_engine) == []


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL"])
def test_a_crash_in_a_container_is_told_with_the_signal(contained, name):
    ran = contained(f"import os, signal\nos.kill(os.getpid(), signal.{name})", limits={"memory_bytes": 300 * MIB})
    assert ran.result.status == "kernel-died"
    assert name in ran.result.failure.evalue


def test_a_fork_bomb_is_stopped_by_the_limit_of_processes(contained):
    ran = contained("import os\nwhile True: os.fork()", limits={"processes": 20})
    assert ran.result.status == "kernel-died"
    assert ran.result.failure.limit == "20 processes"


def test_disk_and_processors_are_limited(contained):
    fill = "f = open('big', 'wb', buffering=0)\nfor i in range(99): f.write(bytes(1 << 20))"
    limits = {"scratch_bytes": 20 * MIB, "processors": 1}
    ran = contained("import os\nprint(len(os.sched_getaffinity(0)))", fill, limits=limits)
    assert ran.result.status == "out-of-disk"
    assert ran.text(0) == "1\n"


def test_what_an_image_declares_as_volume_is_no_room_to_write(contained, docker, container_engine):
    image = container_engine.build("reprise-volume:1", f"FROM {container_engine.base_image}\nVOLUME /data\n")
    code = "f = open('/data/big', 'wb', buffering=0)\nfor i in range(9): f.write(bytes(1 << 20))"
    ran = contained(code, container=dataclasses.replace(docker, image=image))
    assert ran.result.failure.ename in ("OSError", "PermissionError", "FileNotFoundError")
    assert container_engine.docker("volume", "ls", "--quiet") == ""


def test_cancelling_removes_the_container_within_two_seconds(job, docker, container_engine, tmp_path):
    made = job("print('on', flush=True)\nimport time\ntime.sleep(60)", sandbox="container", container=docker)
    seen: list[float] = []

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            seen.append(time.monotonic())

    result = run_job(made, tmp_path / "bundle", on_event=on_event, is_cancelled=lambda: bool(seen))
    assert result.status == "cancelled"
    assert time.monotonic() - seen[0] < 2.2
    assert _containers(container_engine) == []


def test_the_container_of_a_killed_runner_is_removed(job, docker, container_engine, tmp_path):
    made = job("print('on', flush=True)\nimport time\ntime.sleep(60)", sandbox="container", container=docker)

    def on_event(event: dict[str, object]) -> None:
        if event["type"] == "output":
            assert len(_containers(container_engine)) == 1
            for pid in processes_with(str(tmp_path / "bundle")):
                os.kill(pid, signal.SIGKILL)

    assert run_job(made, tmp_path / "bundle", on_event=on_event).status == "internal-error"
    assert _containers(container_engine) == []


def test_killing_runner_and_starter_leaves_no_container(job, docker, container_engine, tmp_path):
    write_job(tmp_path / "bundle", job("import time; time.sleep(60)", sandbox="container", container=docker))
    program = (
        "import sys; from pathlib import Path; from reproduce.runner.bundle import read_job;"
        "from reproduce.runner.launch import run_job; b = Path(sys.argv[1]); run_job(read_job(b), b)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "bundle")], cwd=PROJECT) as starter:
        assert wait_until(lambda: bool(_containers(container_engine)), 20)
        starter.kill()
    assert wait_until(lambda: not _containers(container_engine), 10)


def test_a_container_of_a_runner_that_is_no_more_is_swept_and_others_are_not(docker, container_engine):
    gone = f"{Path('/proc/self/ns/pid').stat().st_ino}-{os.getpid()}-1"
    image = container_engine.base_image
    for label in (gone, "1-1-1"):
        container_engine.docker("create", "--label", f"{LABEL}={label}", image, "true")
    assert ContainerEngine(docker).sweep() == 1
    left = _containers(container_engine)
    assert len(left) == 1
    container_engine.docker("rm", *left)


def test_a_container_that_another_is_removing_is_gone_when_its_removal_returns(docker, tmp_path):
    # A client whose engine refuses as Docker's does, and knows the container until it was asked three times.
    client = tmp_path / "docker"
    client.write_text(
        "#!/bin/sh\n"
        f"cd {tmp_path}\n"
        'if [ "$1" = rm ]; then echo "removal is already in progress" >&2; exit 1; fi\n'
        "echo asked >> asked\n"
        '[ "$(wc -l < asked)" -le 3 ] && echo "{\\"Running\\": false}"\n'
    )
    client.chmod(0o700)
    engine = ContainerEngine(dataclasses.replace(docker, program=str(client)))
    engine.remove("c1")
    assert (tmp_path / "asked").read_text().split() == ["asked"] * 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"image": "reprise-none:1"}, "has no image reprise-none:1"),
        ({"image": ""}, "no image is named"),
        ({"host": "unix:///nowhere/docker.sock"}, "does not answer"),
        ({"program": "no-such-docker"}, "is not installed"),
    ],
)
def test_without_engine_or_image_there_is_no_sandbox(contained, docker, change, reason):
    ran = contained("print('never')", container=dataclasses.replace(docker, **change))
    assert ran.result.status == "sandbox-missing"
    assert reason in ran.result.failure.evalue


def test_a_job_for_a_container_names_its_engine(job):
    with pytest.raises(BundleUnusableError, match="no container engine"):
        check_job(job("1", sandbox="container"))


def test_podman_is_given_its_own_options(job, tmp_path, monkeypatch):
    program = tmp_path / "podman"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    confinement = ContainerConfinement(job("1", sandbox="container", container=Container(str(program), "", "base:1")))
    workspace = Workspace()
    try:
        command = confinement.command(workspace, {"A": "b"}, ["python"])
    finally:
        confinement.close()
        workspace.remove()
    line = " ".join(command.arguments)
    assert "--read-only-tmpfs=false --image-volume ignore" in line
    assert line.endswith('base:1 -c "$@"; exit $? sh /usr/bin/env -i A=b python')


def test_data_are_shown_where_the_notebook_expects_them_and_cannot_be_written(contained, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "scan.txt").write_text("counts")
    tmp_path.chmod(0o755)
    mounts = (DataMount("10.5072/scan", str(data), "data"), DataMount("10.5072/scan", str(data), "$SCANS"))
    ran = contained(
        "import os\nprint(open('data/scan.txt').read(), open(os.environ['SCANS'] + '/scan.txt').read())",
        "open('data/new', 'w')",
        data=mounts,
    )
    assert ran.text(0) == "counts counts\n", ran.result.failure
    assert ran.result.failure.ename in ("OSError", "PermissionError")
    assert [path.name for path in data.iterdir()] == ["scan.txt"]


def test_calls_and_sockets_that_reach_beyond_are_refused_and_those_of_notebooks_are_not(contained):
    code = (
        "import ctypes, os, socket, subprocess, threading\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "calls = {'io_uring_setup': (425, 8, ctypes.create_string_buffer(120)), 'unshare': (272, 0x10000000),\n"
        "         'clone': (56, 0x10000000 | 17, 0, 0, 0, 0)}\n"
        "print([name for name, call in calls.items() if libc.syscall(*call) >= 0])\n"
        "refused = []\n"
        "stream, packet = socket.SOCK_STREAM, socket.SOCK_SEQPACKET\n"
        "for name, kind in {'UNIX': stream, 'INET': stream, 'INET6': stream, 'VSOCK': stream, 'ALG': packet}.items():\n"
        "    try:\n        socket.socket(getattr(socket, 'AF_' + name), kind)\n"
        "    except OSError:\n        refused.append(name)\n"
        "print(refused)\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "print(subprocess.run(['echo', 'process'], capture_output=True).stdout)"
    )
    assert contained(code).text(0) == "[]\n['VSOCK', 'ALG']\nthread\nb'process\\n'\n"


def test_figures_are_recorded_in_a_container(contained):
    ran = contained("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", limits={"cell_timeout_s": 60.0})
    (row,) = ran.result.figures
    assert row["cell_index"] == 0
    assert row["output"] is not None
