"""Asking the pool for a runner that waits, and giving it the bundle: what the launcher calls."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from reproduce.runner.job import Job
from reproduce.runner.warm.key import is_warmable, template_of
from reproduce.runner.warm.words import LONGEST_MESSAGE, TAKEN

_ANSWER_S: Final = 1.0
_HANDLES: Final = 3


class WarmRunner:
    """A runner that was started by the pool and now is ours: it ends when we do. As far as needed like a Popen."""

    def __init__(self, peer: socket.socket, events: IO[bytes], handle: int, place: Path) -> None:
        self.stdout: IO[bytes] | None = events
        self._peer = peer
        self._handle = handle
        self._place = place

    def take(self, bundle: Path) -> bool:
        """Give it the bundle; False when it does not want it, and then it is as good as ended."""
        with suppress(OSError):
            self._peer.sendall(json.dumps({"bundle": str(bundle.resolve())}).encode() + b"\n")
            self._peer.settimeout(_ANSWER_S)
            return self._peer.recv(len(TAKEN), socket.MSG_WAITALL) == TAKEN
        return False

    def send_signal(self, number: int) -> None:
        """Send a signal to the runner; nothing when it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """Kill the runner, and with it bubblewrap and all that runs inside."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> None:
        """Return when it has ended. Raises subprocess.TimeoutExpired."""
        if not select.select([self._handle], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("reproduce.runner", timeout or 0.0)

    def end(self) -> None:
        """Leave nothing of it."""
        self.kill()
        self.wait()
        self._peer.close()
        os.close(self._handle)
        if self.stdout is not None:
            self.stdout.close()
        shutil.rmtree(self._place, ignore_errors=True)


@contextmanager
def taken_from(address: Path | None, job: Job, bundle: Path) -> Iterator[WarmRunner | None]:
    """Hold a waiting runner that has taken the bundle, or None where there is none or the job must start cold.

    The pool learns that the run is over when this is left, and only then gets the next one ready.
    """
    if address is None or not is_warmable(job):
        yield None
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as pool:
        runner = _ask(pool, address, job)
        if runner is not None and not runner.take(bundle):
            runner.end()
            runner = None
        try:
            yield runner
        finally:
            if runner is not None:
                runner.end()


def _ask(pool: socket.socket, address: Path, job: Job) -> WarmRunner | None:
    with suppress(OSError, ValueError, KeyError):
        pool.settimeout(_ANSWER_S)
        pool.connect(str(address))
        pool.sendall(json.dumps(dataclasses.asdict(template_of(job))).encode())
        answer, handles, _, _ = socket.recv_fds(pool, LONGEST_MESSAGE, _HANDLES)
        for handle in handles:
            os.set_inheritable(handle, False)
        said = json.loads(answer)
        if said["is_warm"] and len(handles) == _HANDLES:
            peer, events, process = handles
            stream = os.fdopen(events, "rb", buffering=0)
            return WarmRunner(socket.socket(fileno=peer), stream, process, Path(said["place"]))
    return None
