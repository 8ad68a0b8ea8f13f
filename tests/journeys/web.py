"""A web process of an installation, on a port of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.journeys.installation import ROOT, variables


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web_server(data: Path, *, page: str = "/about", port: int = 0, **more: str) -> Iterator[str]:
    """Serve the installation in `data` and give its address once `page` is answered; it ends with the block."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        (
            sys.executable,
            *("-m", "uvicorn", "config.asgi:application", "--port", str(port)),
            *("--log-level", "warning", "--timeout-graceful-shutdown", "1"),
        ),
        cwd=ROOT,
        env=variables(data, REPRISE_URL=url, **more),
    )
    try:
        wait_for(url, process, page=page)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes], *, page: str = "/about", timeout_s: float = 60) -> None:
    """Return when the address answers. Raises TimeoutError or, when the process has ended, RuntimeError."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the web process ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}{page}", timeout=5) as answer:
                answer.read()
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)


@contextmanager
def service(data: Path, **more: str) -> Iterator[str]:
    """Run web, worker and beat on the installation in `data` as an operator does, and give the address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        (sys.executable, "manage.py", "serve", "--port", str(port)),
        cwd=ROOT,
        env=variables(data, REPRISE_URL=url, **more),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
