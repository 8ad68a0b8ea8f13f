"""Talk with a kernel that is being started: the kernel, and the program that asks it, side by side, both bounded."""

from __future__ import annotations

import json
import os
import resource
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from builder.engines.kernel_probe import SYSTEM_NAME, VERSIONS_NAME, system_source, versions_source
from builder.engines.progress import Progress
from builder.engines.run_variables import RUN_VARIABLES
from builder.errors import BuildError
from builder.process_group import end_group

_PROJECT: Final = Path(__file__).resolve().parents[2]
_POLL_S: Final = 0.1
# Between the end of a kernel and the end of what it has sent.
_DRAIN_S: Final = 0.5
_SAID_BYTES: Final = 8 * 2**20
_LOG_BYTES: Final = 64 * 2**10
_MEMORY_BYTES: Final = 8 * 2**30
_FILE_BYTES: Final = 2**30


class Conversation:
    """Runs the kernel and the asking program side by side until all was answered, or either has ended."""

    def __init__(self, timeout_s: float, progress: Progress) -> None:
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._progress = progress
        self._said = bytearray()
        self._log = bytearray()

    def hold(
        self, command: list[str], variables: dict[str, str], connection_file: Path, cwd: Path
    ) -> tuple[dict[str, dict[str, Any]], str]:
        """Return what was answered, by name, and the end of the kernel's log."""
        kernel = _start_kernel(command, variables, cwd)
        try:
            asker = _start_asker(connection_file, self._timeout_s)
            try:
                self._follow(kernel, asker)
            finally:
                end_group(asker)
                _close(asker)
        finally:
            end_group(kernel)
            _close(kernel)
        return _lines(bytes(self._said)), self._log.decode("utf-8", "replace")

    def _follow(self, kernel: subprocess.Popen[bytes], asker: subprocess.Popen[bytes]) -> None:
        with selectors.DefaultSelector() as selector:
            for process, kept in ((kernel, self._log), (asker, self._said)):
                assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
                os.set_blocking(process.stdout.fileno(), False)
                selector.register(process.stdout, selectors.EVENT_READ, kept)
            while time.monotonic() < self._deadline and asker.poll() is None:
                self._progress.check()
                self._read(selector)
                if kernel.poll() is not None:
                    self._deadline = min(self._deadline, time.monotonic() + _DRAIN_S)
            while self._read(selector, wait_s=0.0):
                pass

    def _read(self, selector: selectors.BaseSelector, wait_s: float = _POLL_S) -> bool:
        has_read = False
        for key, _ in selector.select(wait_s):
            chunk = os.read(key.fd, 1 << 16)
            if not chunk:
                selector.unregister(key.fileobj)
                continue
            has_read = True
            kept: bytearray = key.data
            kept += chunk
            if kept is self._log:
                del kept[:-_LOG_BYTES]
            elif len(kept) > _SAID_BYTES:
                raise BuildError("kernel-broken", reason="it answers without end")
        return has_read


def _start_kernel(command: list[str], variables: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=variables,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_limit,
    )


def _start_asker(connection_file: Path, timeout_s: float) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-P", "-s", "-m", "builder.engines.kernel_asker"]
    asker = subprocess.Popen(
        [*program, str(connection_file), str(int(timeout_s) + 1)],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(_PROJECT), "JUPYTER_PLATFORM_DIRS": "1"},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    questions = [
        {"name": "versions", "source": versions_source(), "expression": VERSIONS_NAME},
        {"name": "system", "source": system_source(tuple(RUN_VARIABLES)), "expression": SYSTEM_NAME},
    ]
    assert asker.stdin is not None  # noqa: S101 (a pipe was asked for)
    with suppress(BrokenPipeError), asker.stdin as stream:
        stream.write(json.dumps(questions).encode("ascii"))
    return asker


def _close(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _limit() -> None:
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, _MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
    ):
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def _lines(said: bytes) -> dict[str, dict[str, Any]]:
    found = {}
    for line in said.decode("utf-8", "replace").splitlines():
        with suppress(ValueError, KeyError, TypeError):
            answer = json.loads(line)
            found[str(answer["name"])] = dict(answer)
    return found
