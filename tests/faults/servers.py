"""A PostgreSQL and a Redis on loopback that can be killed and come back on the same address."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psycopg

from builder.process_tree import descendants
from tests.journeys.test_servers import postgres_binary
from tests.journeys.web import free_port


class Postgres:
    """A cluster of its own. PostgreSQL refuses to run as root, so root lends it another account."""

    def __init__(self) -> None:
        self.folder = Path("/tmp") / f"reprise-faults-postgres-{os.getpid()}"  # short: its socket's path is limited
        self.folder.mkdir(mode=0o700)
        self._account: dict[str, object] = {}
        if os.getuid() == 0:
            names = {each.pw_name for each in pwd.getpwall()}
            lent = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(self.folder, lent.pw_uid, lent.pw_gid)
            self._account = {"user": lent.pw_uid, "group": lent.pw_gid, "cwd": str(self.folder)}
        self.port = free_port()
        self.url = f"postgres://reprise@127.0.0.1:{self.port}/postgres"
        options = ("-U", "reprise", "-A", "trust", "-E", "UTF8", "--no-sync")
        subprocess.run(
            (postgres_binary("initdb"), "-D", str(self.folder / "db"), *options),
            check=True,
            capture_output=True,
            **self._account,  # type: ignore[call-overload]
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and return when it answers."""
        place = ("-D", str(self.folder / "db"), "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1")
        self._process = subprocess.Popen(
            (postgres_binary("postgres"), *place, "-c", "max_connections=100"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self._account,  # type: ignore[call-overload]
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(psycopg.Error):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            time.sleep(0.1)
        raise TimeoutError("PostgreSQL did not start")

    def stop(self, number: signal.Signals = signal.SIGQUIT) -> None:
        """End it: by SIGQUIT at once and unclean, so that it recovers when it starts."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)

    def cut_connections(self) -> int:
        """End every other connection; return how many there were."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            return len(ended.fetchall())

    def hang(self, seconds: float) -> None:
        """Let every process of it stand still for so long: it takes connections, and answers nothing."""
        assert self._process is not None
        stand_still((self._process.pid, *descendants(self._process.pid)), seconds)

    def remove(self) -> None:
        """End it and delete what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """A server that keeps nothing on disk: what it held is lost with it."""

    def __init__(self) -> None:
        found = shutil.which("redis-server")
        assert found, "Redis is missing; type: apt-get install redis-server"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._argv = (found, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, empty."""
        self._process = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.2)

    def hang(self, seconds: float) -> None:
        """Let it stand still for so long: it takes connections and messages, and answers nothing."""
        assert self._process is not None
        stand_still((self._process.pid,), seconds)

    def kill(self) -> None:
        """Kill it, with every message in it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def stand_still(pids: Iterable[int], seconds: float) -> None:
    """Stop processes, and let those that are left go on later."""
    stopped = tuple(pids)
    try:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
