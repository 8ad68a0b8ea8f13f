"""A listening socket made inside a sandbox's network from outside, by root and by an ordinary user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from builder.process_tree import descendants
from reproduce.runner.network.inside import NotInsideError, listen_inside

pytestmark = pytest.mark.real
MODULE = Path(__file__).resolve().parents[4] / "reproduce/runner/network/inside.py"
PYTHON = "/usr/bin/python3"
SANDBOX = (
    *("bwrap", "--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-net", "--die-with-parent"),
    *("--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
)
ASK = """
import socket, time
for _ in range(400):
    try:
        connection = socket.create_connection(("127.0.0.1", 3128), timeout=10)
        break
    except OSError:
        time.sleep(0.02)
print(connection.recv(100).decode())
"""
ANSWER = f"""
import os, subprocess
from inside import listen_inside
process = subprocess.Popen({[*SANDBOX, PYTHON, "-c", ASK]!r}, stdout=subprocess.PIPE)
children = "/proc/%d/task/%d/children" % (process.pid, process.pid)
listener = listen_inside(lambda: [int(pid) for pid in open(children).read().split()], 3128)
connection, _ = listener.accept()
connection.sendall(b"from outside")
connection.close()
print(os.getuid(), process.communicate(timeout=20)[0].decode().strip())
"""


def test_what_is_made_inside_is_served_outside():
    with subprocess.Popen([*SANDBOX, PYTHON, "-c", ASK], stdout=subprocess.PIPE) as process:
        with listen_inside(lambda: descendants(process.pid)[1:], 3128) as listener:
            assert listener.getsockname() == ("127.0.0.1", 3128)
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"from outside")
        assert process.communicate(timeout=20)[0] == b"from outside\n"


def test_the_process_that_was_found_may_end_at_once(monkeypatch: pytest.MonkeyPatch):
    """What only prepares a sandbox ends before the kernel begins; the network stays."""
    with subprocess.Popen([*SANDBOX, PYTHON, "-c", "input()"], stdin=subprocess.PIPE) as process:
        run = subprocess.run

        def after_its_end(*arguments: object, **options: object) -> object:
            process.kill()
            process.wait()
            return run(*arguments, **options)

        monkeypatch.setattr(subprocess, "run", after_its_end)
        with listen_inside(lambda: descendants(process.pid)[1:], 3128) as listener:
            assert listener.getsockname() == ("127.0.0.1", 3128)


def test_an_ordinary_user_can_do_it_too():
    """With the system's Python and a copy of the module: the project may lie where that user sees nothing."""
    nobody = 65534 if os.getuid() == 0 else os.getuid()
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        shutil.copyfile(MODULE, Path(directory, "inside.py"))
        Path(directory, "inside.py").chmod(0o644)
        ran = subprocess.run(
            [PYTHON, "-c", ANSWER],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": directory},
            cwd="/",
            user=nobody,
            group=None if nobody == os.getuid() else nobody,
            extra_groups=None if nobody == os.getuid() else [],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (ran.stdout, ran.stderr) == (f"{nobody} from outside\n", "")


def test_a_loopback_that_is_down_is_brought_up():
    command = ["unshare", "--user", "--map-root-user", "--net", PYTHON, "-c", ASK]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        with listen_inside(lambda: [process.pid], 3128) as listener:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"from outside")
        assert process.communicate(timeout=20)[0] == b"from outside\n"


def test_without_a_network_of_its_own_nothing_is_entered(monkeypatch):
    monkeypatch.setattr("reproduce.runner.network.inside._WAIT_S", 0.1)
    with pytest.raises(NotInsideError, match="no process of the run"):
        listen_inside(lambda: [os.getpid()], 3128)
