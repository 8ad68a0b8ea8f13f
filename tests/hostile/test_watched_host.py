"""What counts as changed on a host: what an attack left, and not what servers do that were there before."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.watched_host import WatchedHost

# Starts a process for each line that it is given.
SERVER = "while read line; do sleep 300 & echo $!; done; kill $(jobs -p)"


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    """A server of this process that was there before the host is watched."""
    process = subprocess.Popen(["bash", "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.communicate(timeout=10)


@pytest.fixture
def host(server: subprocess.Popen[str], tmp_path: Path) -> Iterator[WatchedHost]:
    (tmp_path / "temporary").mkdir()
    host = WatchedHost(tmp_path / "host", tmp_path / "temporary")
    host.remember()
    yield host
    host.close()


def test_what_a_server_of_before_starts_is_no_change(server: subprocess.Popen[str], host: WatchedHost) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("one\n")
    server.stdin.flush()
    assert int(server.stdout.readline()) > 0
    assert host.changes() == {}


def test_a_process_that_an_attack_leaves_is_a_change(host: WatchedHost) -> None:
    left = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        before, now = host.changes()["processes"]
        assert sorted({*now} - {*before}) == [left.pid]
    finally:
        left.kill()
        left.wait()
