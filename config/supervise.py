"""Run web, worker and beat as children of one process: none outlives it, and one that ends is started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from django.conf import settings

from builder.lifeline import die_with

_RESTARTS_PER_MINUTE: Final = 5
_LEAST_FREE_BYTES: Final = 500 * 2**20
_GRACE_S: Final = 5.0


class SupervisionError(Exception):
    """The service cannot start or go on; its text is one line that says what to do."""


@dataclass(slots=True)
class _Child:
    name: str
    argv: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: deque[float] = field(default_factory=lambda: deque(maxlen=_RESTARTS_PER_MINUTE))


class Supervisor:
    """The three processes of an installation. Use as a context manager: leaving it ends them all."""

    def __init__(self, *, host: str, port: int, workers: int, log_dir: Path | None = None) -> None:
        self.address = f"http://{host}:{port}"
        # Badges and feeds carry the public address; where none is set, that is where the pages are served.
        self._variables = {"REPRISE_URL": self.address, **os.environ}
        self._log_dir = log_dir
        self._logs: list[IO[bytes]] = []
        web = f"-m uvicorn config.asgi:application --host {host} --port {port} --lifespan off --no-access-log"
        web += " --log-level warning --timeout-graceful-shutdown 2"
        celery = "-m celery --quiet -A config.celery"
        worker = f"{celery} worker --concurrency {workers} --loglevel WARNING --without-gossip --without-mingle"
        worker += " --without-heartbeat -Ofair"
        beat = f"{celery} beat --loglevel WARNING --pidfile="
        self._children = tuple(
            _Child(name, (sys.executable, *arguments.split()))
            for name, arguments in (("web", web), ("worker", worker), ("beat", beat))
        )

    def __enter__(self) -> Self:
        try:
            for child in self._children:
                self._start(child)
        except BaseException:
            self._end_all()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_all()

    def watch_over(self) -> None:
        """Start again what has ended. Raises SupervisionError when one of them ends again and again."""
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                now = time.monotonic()
                if len(child.started) == _RESTARTS_PER_MINUTE and now - child.started[0] < 60:
                    where = f"; see {self._log_dir / (child.name + '.log')}" if self._log_dir else ""
                    raise SupervisionError(f"The {child.name} process ends again and again{where}.")
                self._end_group(child)
                self._start(child)

    def wait_until_answering(self, timeout_s: float = 30.0) -> None:
        """Return when the web process takes connections. Raises SupervisionError when it does not in time."""
        host, _, port = self.address.removeprefix("http://").rpartition(":")
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.watch_over()
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
                return
            time.sleep(0.1)
        raise SupervisionError(f"The web process did not answer at {self.address} within {timeout_s:.0f} s.")

    def _start(self, child: _Child) -> None:
        child.started.append(time.monotonic())
        output: IO[bytes] | None = None
        if self._log_dir is not None:
            self._log_dir.mkdir(parents=True, exist_ok=True)
            output = (self._log_dir / f"{child.name}.log").open("ab")
            self._logs.append(output)
        parent = os.getpid()
        child.process = subprocess.Popen(
            child.argv,
            cwd=settings.BASE_DIR,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: the terminal's Ctrl-C reaches this process alone, which ends the others in order.
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
        )

    def _end_all(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                # SIGQUIT is Celery's cold shutdown: a run under way is given up and found again by the sweeper.
                child.process.send_signal(signal.SIGQUIT if child.name == "worker" else signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        for child in self._children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
                self._end_group(child)
        for log in self._logs:
            log.close()
        self._logs.clear()

    @staticmethod
    def _end_group(child: _Child) -> None:
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def check_start(host: str, port: int) -> None:
    """Refuse to start, in one line, where the port is taken, the disk full or the data directory not writable."""
    data = Path(settings.REPRISE_DATA)
    try:
        data.mkdir(parents=True, exist_ok=True)
        probe = data / f".probe-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        free = shutil.disk_usage(data).free
    except OSError as error:
        raise SupervisionError(
            f"The data directory {data} cannot be written ({error.strerror}); set REPRISE_DATA to one that can."
        ) from None
    if free < _LEAST_FREE_BYTES:
        raise SupervisionError(
            f"Only {free // 2**20} MiB are free in {data}; free {_LEAST_FREE_BYTES // 2**20} MiB or set REPRISE_DATA."
        )
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise SupervisionError(
                f"Port {port} of {host} cannot be used ({error.strerror}); give another with --port."
            ) from None
