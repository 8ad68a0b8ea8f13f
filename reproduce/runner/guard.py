"""Watches a running kernel from a thread of its own and stops it at the first limit that it passes."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from builder.process_tree import count_threads, nameless_bytes, proportional_bytes, resident_bytes
from reproduce.runner.job import Job, Status
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.quantities import bytes_words, seconds_words
from reproduce.runner.workspace import Workspace

SAMPLE_S: Final = 0.05
WAITING_SAMPLE_S: Final = 0.5
_DRAIN_S: Final = 0.15
_MEASURE_S: Final = 0.02
_THREADS_OF_PROCESS: Final = 16
_OWN_MEMORY_SLACK_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Breach:
    """Which limit was passed, its value in words, and what was seen."""

    status: Status
    limit: str
    detail: str


class Guard:
    """Samples the process tree; on a breach kills it, remembers why, and wakes whoever waits for the kernel."""

    def __init__(self, job: Job, kernel: KernelProcess, workspace: Workspace, *, is_waiting: bool = False) -> None:
        self.breach: Breach | None = None
        self.peak_memory_bytes = 0
        self.least_free_bytes: float = math.inf
        self.has_ended = threading.Event()
        self._job = job
        self._kernel = kernel
        self._workspace = workspace
        self._meter = workspace.meter()
        self._initial_bytes = workspace.initial_bytes
        self._memory_files_bytes = 0
        self._on_end: Callable[[], object] | None = None
        self._is_done = threading.Event()
        self._has_begun = threading.Event()
        self._run_deadline = math.inf
        if not is_waiting:
            self.begin()
        self._cell_deadline: float | None = None
        self._next_disk_sample = 0.0
        self._thread = threading.Thread(target=self._watch, name="guard", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Start the clock of the run, and look as often as a run asks for."""
        self._run_deadline = time.monotonic() + self._job.limits.run_timeout_s
        self.least_free_bytes = self._workspace.free_bytes()
        self._has_begun.set()

    def wake_with(self, on_end: Callable[[], object] | None) -> None:
        """Name what is called, from the guard's thread, when the kernel has ended; at once if it already has."""
        self._on_end = on_end
        if on_end is not None and self.has_ended.is_set():
            on_end()

    def cell_started(self) -> None:
        """Start the clock of a cell."""
        self._cell_deadline = time.monotonic() + self._job.limits.cell_timeout_s

    def cell_ended(self) -> None:
        """Stop the clock of a cell."""
        self._cell_deadline = None

    def has_processes(self) -> bool:
        """Whether anything of the kernel still runs; it may have ended before the confinement around it has."""
        return bool(self._kernel.pids())

    def stop(self, status: Status, limit: str, detail: str) -> None:
        """Kill the kernel for this reason, unless there was one before. Safe in a signal handler."""
        if self.breach is None and not self._is_done.is_set():
            self.breach = Breach(status, limit, detail)
        with suppress(ProcessLookupError):
            os.kill(self._kernel.pid, 9)

    def close(self) -> None:
        """Stop watching; a kernel that ends from now on ends for no reason of its own."""
        self._is_done.set()
        self._has_begun.set()
        self._thread.join(2)

    def _watch(self) -> None:
        while not self._is_over():
            if self._kernel.process.poll() is not None:
                # What the kernel said last is still on its way through the sockets.
                self._is_done.wait(_DRAIN_S)
                self.breach = self.breach or self._check_told()
                break
            try:
                breach = self._check()
            except OSError:
                continue
            if breach is not None:
                self.breach = self.breach or breach
                self._kernel.kill()
        self.has_ended.set()
        if self._on_end is not None:
            self._on_end()

    def _is_over(self) -> bool:
        """Wait for the next look; True when there is none."""
        if not self._has_begun.is_set():
            self._has_begun.wait(WAITING_SAMPLE_S)
        return self._is_done.wait(SAMPLE_S)

    def _check(self) -> Breach | None:
        pids = self._kernel.pids()
        return (
            self._check_told()
            or self._check_processes(pids)
            or self._check_memory(pids)
            or self._check_clocks()
            or self._check_bytes(pids)
        )

    def _check_told(self) -> Breach | None:
        """What the operating system has ended or refused itself, where it keeps a limit."""
        passed = self._kernel.passed_limit()
        if passed == "memory":
            limit = bytes_words(self._job.limits.memory_bytes)
            return Breach("out-of-memory", limit, f"a process was ended because all used more than {limit} of memory")
        return self._too_many_processes() if passed == "processes" else None

    def _check_processes(self, pids: list[int]) -> Breach | None:
        limit = self._job.limits.processes
        most = _THREADS_OF_PROCESS * limit
        if len(pids) > limit:
            return self._too_many_processes()
        if count_threads(pids) > most:
            return Breach("kernel-died", f"{limit} processes", f"it started more than {most} threads")
        return None

    def _too_many_processes(self) -> Breach:
        limit = self._job.limits.processes
        return Breach("kernel-died", f"{limit} processes", f"it started more than {limit} processes")

    def _check_memory(self, pids: list[int]) -> Breach | None:
        limit = self._job.limits.memory_bytes
        used = resident_bytes(pids) + self._memory_files_bytes
        if used > limit and len(pids) > 1:
            used = (proportional_bytes(pids) or used) + self._memory_files_bytes
        self.peak_memory_bytes = max(self.peak_memory_bytes, used)
        if used <= limit or self._kernel.is_memory_kept:
            return None
        return Breach("out-of-memory", bytes_words(limit), f"it used {bytes_words(used)} of memory")

    def _check_clocks(self) -> Breach | None:
        now = time.monotonic()
        limits = self._job.limits
        if now > self._run_deadline:
            return Breach("run-timeout", seconds_words(limits.run_timeout_s), "the run's time was over")
        if self._cell_deadline is not None and now > self._cell_deadline:
            return Breach("cell-timeout", seconds_words(limits.cell_timeout_s), "the cell's time was over")
        return None

    def _check_bytes(self, pids: list[int]) -> Breach | None:
        limits = self._job.limits
        own = resident_bytes([os.getpid()])
        if (
            self._kernel.log.total_bytes > limits.output_bytes
            or own > 4 * limits.output_bytes + _OWN_MEMORY_SLACK_BYTES
        ):
            return Breach("out-of-output", bytes_words(limits.output_bytes), "it wrote more than may be kept")
        if time.monotonic() < self._next_disk_sample:
            return None
        # Space that is free again at the end tells nothing of what a cell met.
        self.least_free_bytes = min(self.least_free_bytes, self._workspace.free_bytes())
        # A large tree takes long to measure: a little at a time, so that memory and clocks are not out of sight.
        named = self._meter.advance(_MEASURE_S)
        if named is None:
            return None
        self._next_disk_sample = time.monotonic() + 4 * SAMPLE_S
        on_disk, self._memory_files_bytes = nameless_bytes(pids)
        used = named - self._initial_bytes + on_disk
        if used <= limits.scratch_bytes:
            return None
        return Breach("out-of-disk", bytes_words(limits.scratch_bytes), f"it wrote {bytes_words(used)}")
