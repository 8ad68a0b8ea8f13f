"""One waiting runner as the pool sees it: its process, its socket, what it was started from, its memory, its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import Final

from builder.held_directory import make_held, release
from builder.process_tree import descendants, processor_s, proportional_bytes
from reproduce.runner.bundle import RUNNER_LOG, write_job
from reproduce.runner.job import Job
from reproduce.runner.launch import runner_variables
from reproduce.runner.warm.words import READY

_GRACE_S: Final = 2.0
# What an idle kernel may use of a processor: so much at once, and this part of the time.
_REST_S: Final = 2.0
_REST_PART: Final = 0.02


class Waiter:
    """Starts the runner at once. `key` is that of its template."""

    def __init__(self, key: str, template: Job) -> None:
        self.key = key
        self.started_at = time.monotonic()
        self.is_ready = False
        self.memory_bytes = 0
        self._rests_since: float | None = None
        self._used_before_s = 0.0
        self.place, self._held = make_held("rl-")
        self._origins = _Origins(template)
        try:
            write_job(self.place, template)
            self.peer, theirs = socket.socketpair()
            with theirs, (self.place / RUNNER_LOG).open("wb") as log:
                module = "reproduce.runner.warm.waiting"
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-s", "-m", module, str(self.place), "--parent", str(os.getpid())],
                    env=runner_variables(self.place),
                    cwd="/",
                    stdin=theirs.fileno(),
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
        except BaseException:
            self._origins.close()
            release(self.place, self._held)
            raise

    def hear(self) -> bool:
        """Take what it says: READY, once. False when it has ended."""
        try:
            said = self.peer.recv(len(READY), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.is_ready = self.is_ready or said == READY
        return bool(said)

    def is_current(self) -> bool:
        """Tell whether what it was started from still lies where it lay."""
        return self._origins.are_in_place()

    def measure(self) -> int:
        """Return the resident memory of runner and kernel in bytes, shared pages counted by their share."""
        pids = [self.process.pid, *descendants(self.process.pid)]
        self.memory_bytes = max(self.memory_bytes, proportional_bytes(pids))
        return self.memory_bytes

    def is_working(self, now: float) -> bool:
        """Tell whether the kernel uses the processor although nothing was asked of it since the first look."""
        used_s = processor_s(descendants(self.process.pid))
        if self._rests_since is None:
            self._rests_since, self._used_before_s = now, used_s
        return used_s - self._used_before_s > _REST_S + _REST_PART * (now - self._rests_since)

    def hand_over(self, asker: socket.socket, message: bytes) -> bool:
        """Give it away with its socket, its events and a handle of its process; False when the asker is gone."""
        stdout = self.process.stdout
        handle = os.pidfd_open(self.process.pid)
        try:
            socket.send_fds(asker, [message], [self.peer.fileno(), stdout.fileno() if stdout else -1, handle])
        except OSError:
            return False
        finally:
            os.close(handle)
        self._let_go()
        return True

    def is_cleared(self, within_s: float = 0.0) -> bool:
        """Once it has ended, by itself or by who was given it, remove what it may have left."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        release(self.place, self._held)
        return True

    def end(self) -> None:
        """Kill it with its kernel, and remove what it left."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)
        self._let_go()
        release(self.place, self._held)

    def _let_go(self) -> None:
        self.peer.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._origins.close()


class _Origins:
    """The directories a kernel was started from, held open: a directory that replaces one is another then."""

    def __init__(self, template: Job) -> None:
        kernel = template.kernel
        environment = (kernel.prefix, *kernel.readonly_paths) if kernel.root is None else (kernel.root,)
        mounts = (here for here, _ in kernel.mounts)
        self._held: dict[str, int] = {}
        for path in (template.source, *environment, *mounts):
            with suppress(OSError):
                self._held[path] = os.open(path, os.O_PATH | os.O_CLOEXEC)

    def are_in_place(self) -> bool:
        for path, descriptor in self._held.items():
            try:
                here, held = os.stat(path), os.fstat(descriptor)  # noqa: PTH116 - called often
            except OSError:
                return False
            if (here.st_dev, here.st_ino) != (held.st_dev, held.st_ino):
                return False
        return True

    def close(self) -> None:
        while self._held:
            os.close(self._held.popitem()[1])
