"""A registry for images on this machine: Debian's docker-registry, unpacked beside what other tests keep."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.engines.exclusive import exclusively

_START_S = 20.0


@contextmanager
def registry_server(folder: Path) -> Iterator[str]:
    """Give the host and port of an empty registry that keeps its images in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {folder}/images\nhttp:\n  addr: {address}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([_program(), "serve", str(settings)], stdout=log, stderr=log)
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    host, _, port = address.partition(":")
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as connecting:
            if connecting.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the registry does not start", pytrace=False)


def _program() -> str:
    """Return the registry's program; fetch it as a package of this Debian, without installing a service."""
    found = shutil.which("docker-registry")
    if found is not None:
        return found
    kept = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "reprise-tests" / "registry"
    program = kept / "usr/bin/docker-registry"
    kept.mkdir(parents=True, exist_ok=True)
    with exclusively(kept / ".lock"):
        if not program.exists():
            _fetch(kept)
    return str(program)


def _fetch(kept: Path) -> None:
    fetch = ["apt-get", "-qq", "download", "docker-registry"]
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(fetch, cwd=folder, capture_output=True).returncode:
            subprocess.run(["apt-get", "-qq", "update"], capture_output=True)
            answer = subprocess.run(fetch, cwd=folder, capture_output=True, text=True)
            if answer.returncode:
                pytest.fail(f"docker-registry cannot be fetched: {answer.stderr.strip()}", pytrace=False)
        package = next(Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", str(package), f"{folder}/unpacked"], check=True)
        (kept / "usr/bin").mkdir(parents=True, exist_ok=True)
        shutil.copy2(f"{folder}/unpacked/usr/bin/docker-registry", kept / "usr/bin/docker-registry")
