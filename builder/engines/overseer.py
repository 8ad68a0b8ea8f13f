"""Watch a program of a build while it runs, and end it when it is late, unwanted or takes too much."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from builder.engines.limits import BuildLimits, in_words, occupied_bytes
from builder.engines.progress import BuildCancelledError, Progress
from builder.errors import BuildError
from builder.process_group import end_group
from builder.process_tree import descendants, kill_all, proportional_bytes, resident_bytes

_LOOK_EVERY_S: Final = 0.1
# The disk is looked at so seldom that looking takes a twentieth of the time.
_DISK_EVERY_S: Final = 0.5
_DISK_SHARE: Final = 20
# Empty files without end fill a file system too.
_FILE_BYTES: Final = 1024
# Against a program that takes memory faster than it is looked at: what each process may have of its own.
_DATA_FACTOR: Final = 2
_DATA_SLACK_BYTES: Final = 2**30


class Overseer:
    """Oversees `process` until `stop` is called. `verdict` is the reason why it was ended, else None."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        limits: BuildLimits,
        timeout_s: float,
        measured: Callable[[], tuple[Path, ...]],
        progress: Progress,
    ) -> None:
        self.verdict: BuildError | None = None
        self._process = process
        self._limits = limits
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._measured = measured
        self._disk_at = time.monotonic()
        self._progress = progress
        self._is_over = threading.Event()
        _limit_each_process(process.pid, limits)
        self._thread = threading.Thread(target=self._watch, name="build-overseer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns when nothing will be ended any more.

        What was written since the last look counts too, however quick the program was.
        """
        self._is_over.set()
        self._thread.join()
        self._disk_at = 0.0
        self.verdict = self.verdict or self._look_at_disk()

    def end_for(self, verdict: BuildError) -> None:
        """End the program for this reason, unless it is being ended for another."""
        self.verdict = self.verdict or verdict
        end_all(self._process)

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY_S):
            verdict = self._look()
            if verdict is not None:
                self.end_for(verdict)
                return

    def _look(self) -> BuildError | None:
        if self._progress.is_cancelled():
            return BuildCancelledError()
        if time.monotonic() > self._deadline:
            return BuildError("build-timeout", limit=f"{self._timeout_s:.0f} s")
        return self._look_at_processes() or self._look_at_disk()

    def _look_at_processes(self) -> BuildError | None:
        pids = descendants(self._process.pid)
        if len(pids) > self._limits.processes:
            return BuildError("build-out-of-processes", limit=self._limits.processes)
        limit = self._limits.memory_bytes
        # The exact count is slow, and needed only where the quick one, which counts shared pages twice, is over.
        if resident_bytes(pids) > limit and proportional_bytes(pids) > limit:
            return BuildError("build-out-of-memory", limit=in_words(limit))
        return None

    def _look_at_disk(self) -> BuildError | None:
        started = time.monotonic()
        if started < self._disk_at:
            return None
        used = occupied_bytes(self._measured(), least_bytes=_FILE_BYTES)
        took_s = time.monotonic() - started
        self._disk_at = time.monotonic() + max(_DISK_EVERY_S, took_s * _DISK_SHARE)
        if used > self._limits.disk_bytes:
            return BuildError("build-out-of-disk", limit=in_words(self._limits.disk_bytes))
        return None


def end_all(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and everything below it, also what made a session of its own; wait until it has ended."""
    if process.poll() is None:
        kill_all(process.pid, is_root_included=False, within_s=1.0)
    end_group(process)


def _limit_each_process(pid: int, limits: BuildLimits) -> None:
    """Limit the program from outside, before it starts others, which inherit it."""
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, limits.memory_bytes * _DATA_FACTOR + _DATA_SLACK_BYTES),
        (resource.RLIMIT_FSIZE, limits.disk_bytes),
    ):
        # It may have ended already; what it takes is counted in any case.
        with suppress(OSError, ValueError):
            hard = resource.prlimit(pid, kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, kind, (most, most))
