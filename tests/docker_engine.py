"""A Docker engine for the tests: started once a session, shared by its workers, all that it keeps in one place."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from builder.engines.containers.client import ContainerClient
from builder.engines.exclusive import exclusively
from builder.process_tree import descendants

PROJECT = Path(__file__).resolve().parents[1]
BASE_IMAGE = "reprise-base:bookworm"
_START_S = 60.0
_STOP_S = 60.0
_NO_NETWORK = ["--bridge", "none", "--iptables=false"]
# An engine without a bridge removes docker0, which is another's: it has a network of its own, where there is none.
_APART = ["unshare", "--net"]
# Ends the engine when the test session is gone, however it ended, and keeps what it starts below itself.
_SUPERVISOR = """
import ctypes, os, signal, subprocess, sys, time
session, log, *command = sys.argv[1:]
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
with open(log, "wb") as file:
    engine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
signal.signal(signal.SIGTERM, lambda *_: engine.terminate())
while engine.poll() is None:
    if not os.path.exists("/proc/" + session):
        engine.terminate()
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    time.sleep(0.2)
"""


@dataclass(frozen=True)
class DockerEngine:
    """A running engine: its client's program, its socket's address, and an image to build on, which has a Python.

    Podman has no socket: its program does everything.
    """

    program: str
    host: str
    base_image: str = BASE_IMAGE

    def client(self) -> ContainerClient:
        return ContainerClient(self.program, self.host)

    def pids(self) -> set[int]:
        """The engine's own processes and all of its containers."""
        place = Path(self.host.removeprefix("unix://")).parent
        supervisor = int((place / "supervisor").read_text())
        return {supervisor, *descendants(supervisor)}

    def contained_pids(self) -> set[int]:
        """The processes of its containers: those in another namespace than this process."""
        return {pid for pid in self.pids() if _namespace(pid) not in (_namespace(os.getpid()), "")}

    def docker(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run the client and return what it says; a refusal fails the test."""
        host = ["--host", self.host] if self.host else []
        answer = subprocess.run([self.program, *host, *arguments], input=stdin, capture_output=True)
        assert answer.returncode == 0, answer.stderr.decode()
        return answer.stdout.decode().strip()

    def build(self, name: str, dockerfile: str) -> str:
        """Build an image from the text of a Dockerfile, without a context; return its id."""
        return self.docker("build", "--quiet", "--tag", name, "-", stdin=dockerfile.encode())


def _namespace(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


@contextmanager
def docker_engine(shared: Path, *, has_network: bool = True) -> Iterator[DockerEngine]:
    """Give the session's engine; whoever comes first starts it, whoever leaves last stops it.

    `shared` is a directory that all workers of the session have in common. Without a network beside it several
    engines can be there at once.
    """
    place = shared / "docker"
    place.mkdir(exist_ok=True)
    users = place / "users"
    with exclusively(place / "lock"):
        count = int(users.read_text()) if users.exists() else 0
        known = place / "engine.json"
        engine = DockerEngine(**json.loads(known.read_text())) if count else _start(place, has_network=has_network)
        users.write_text(str(count + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_CONFIG", str(kept() / "docker"))
        try:
            yield engine
        finally:
            with exclusively(place / "lock"):
                count = int(users.read_text()) - 1
                users.write_text(str(count))
                if count == 0:
                    _stop(place)


def kept() -> Path:
    """Prepare what the engine needs, and return where it is kept."""
    script = PROJECT / "deploy" / "test-containers.sh"
    answer = subprocess.run(["sh", str(script)], capture_output=True, text=True)
    if answer.returncode:
        pytest.fail(answer.stderr.strip() or "sh deploy/test-containers.sh failed", pytrace=False)
    return Path(answer.stdout.strip().splitlines()[-1])


def _start(place: Path, *, has_network: bool) -> DockerEngine:
    here = kept()
    daemon = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if os.geteuid() != 0 or daemon is None:
        pytest.fail("tests of real containers need root and Docker; type: sudo make test", pytrace=False)
    # The engine's own client: another one may come first in PATH.
    beside = shutil.which("docker", path="/usr/bin:/usr/local/bin")
    engine = DockerEngine(beside or "docker", f"unix://{place}/socket")
    if len(engine.host) > 100:
        pytest.fail("the directory for temporary files is too deep for Docker's socket; set TMPDIR", pytrace=False)
    command = [
        *([] if has_network else _APART),
        daemon,
        "--data-root",
        str(place / "data"),
        "--exec-root",
        str(place / "exec"),
        "--host",
        engine.host,
    ]
    command += ["--pidfile", str(place / "pid"), *(_own_addresses() if has_network else _NO_NETWORK)]
    session = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    supervisor = subprocess.Popen(
        [sys.executable, "-c", _SUPERVISOR, str(session), str(place / "log"), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    (place / "supervisor").write_text(str(supervisor.pid))
    end = time.monotonic() + _START_S
    while subprocess.run([engine.program, "--host", engine.host, "info"], capture_output=True).returncode:
        if time.monotonic() > end or supervisor.poll() is not None:
            lines = (place / "log").read_text(errors="replace").splitlines()
            pytest.fail(f"dockerd does not start: {lines[-1] if lines else 'it says nothing'}", pytrace=False)
        time.sleep(0.2)
    if not engine.docker("image", "ls", "--quiet", BASE_IMAGE):
        engine.docker("import", str(here / "base.tar"), BASE_IMAGE)
    (place / "engine.json").write_text(json.dumps({"program": engine.program, "host": engine.host}))
    return engine


def _own_addresses() -> list[str]:
    """Beside another Docker of this machine, whose bridge is there already: the upper half of its addresses."""
    answer = subprocess.run(["ip", "-o", "-4", "addr", "show", "docker0"], capture_output=True, text=True)
    words = answer.stdout.split()
    if answer.returncode or "inet" not in words:
        return []
    network = ipaddress.ip_interface(words[words.index("inet") + 1]).network
    return ["--bridge", "docker0", "--fixed-cidr", str(list(network.subnets())[1])]


def _stop(place: Path) -> None:
    """End the engine and wait for it: what it has mounted must be gone before its directory is removed."""
    pid = int((place / "supervisor").read_text())
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + _STOP_S
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    shutil.rmtree(place / "data", ignore_errors=True)
