"""What confines a kernel, as the rest of the runner knows it: a command line, the run's processes, their end."""

from __future__ import annotations

import math
import os
import resource
import subprocess
from dataclasses import dataclass
from typing import Any, Final, Protocol

from reproduce.runner.confinement.control_group import PassedLimit
from reproduce.runner.job import Job, Limits, SandboxKind
from reproduce.runner.workspace import WORK_NAME, Workspace

HOME: Final = "/home/repro"
WORK: Final = f"{HOME}/{WORK_NAME}"
# Address space that is reserved but never touched is no memory, so a process may map more than it may use.
_DATA_FACTOR: Final = 2
_NICE: Final = 10
_DATA_SLACK_BYTES: Final = 512 << 20


class ConfinementMissingError(Exception):
    """What should confine the kernel is not on this machine. The message says so in one line."""


class ConfinementUnclearError(Exception):
    """Trials were ended from outside, so that nobody knows whether kernels can be confined. It may pass."""


@dataclass(frozen=True, slots=True)
class Inside:
    """Where a run's own directories are seen by its kernel: home, /tmp, the sockets."""

    home: str
    tmp: str
    connection: str


@dataclass(frozen=True, slots=True)
class HostCommand:
    """What is started on this machine: command line, environment, directory.

    `is_run` tells whether what it starts are the processes of the run, which are then limited here, and not those of
    a client. The `descriptors` are open for it alone, and belong to whoever starts it.
    """

    arguments: list[str]
    variables: dict[str, str]
    directory: str
    is_run: bool = True
    descriptors: tuple[int, ...] = ()


class Confinement(Protocol):
    """One way to confine the kernel of one job. `outermost` is the process that the command line became."""

    @property
    def kind(self) -> SandboxKind:
        """The name by which a job asks for it."""

    @property
    def is_memory_kept(self) -> bool:
        """Whether it keeps the memory of the whole run below its limit itself."""

    def why_not(self) -> str | None:
        """Return what stands in its way on this machine in one line, None when a kernel can be confined by it.

        Raises ConfinementUnclearError.
        """

    def version(self) -> str:
        """Return the version of the program that confines; empty when there is none or it does not tell."""

    def inside(self, workspace: Workspace) -> Inside:
        """Return where the kernel sees the directories of its run."""

    def command(self, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> HostCommand:
        """Return what to start so that `argv` runs confined, in the notebook's directory, with these variables alone.

        What the confinement needs meanwhile is made ready. Raises ConfinementMissingError.
        """

    def pids(self, outermost: int) -> list[int]:
        """Return the processes of the run as this machine numbers them, without those of the confinement itself."""

    def limit_processes(self, outermost: int) -> None:
        """Limit their number, now that the confinement stands; called when the kernel is ready."""

    def kill(self, process: subprocess.Popen[bytes]) -> bool:
        """Kill everything that belongs to the run; True when nothing of it is left."""

    def passed_limit(self, exit_status: int | None) -> PassedLimit | None:
        """Return the limit at which a process was ended or refused, where it keeps limits itself.

        `exit_status` is that of the outermost process, None while it runs.
        """

    def close(self) -> None:
        """Give back what it needed while the run was on; called after the kill."""

    def sweep(self) -> None:
        """Remove what killed runners left on this machine."""

    def is_at_fault(self, log: str) -> bool:
        """Tell from the log of a kernel that did not start whether the confinement itself has failed."""

    def describe(self, version: str) -> dict[str, Any]:
        """Return what confined the run, for the result: kind, version, network, and how each limit was kept."""


def process_limits(limits: Limits) -> tuple[tuple[int, int], ...]:
    """Return the resource limits of each process of a run."""
    return (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_DATA, limits.memory_bytes * _DATA_FACTOR + _DATA_SLACK_BYTES),
        (resource.RLIMIT_FSIZE, limits.scratch_bytes),
    )


def processors_of_run(limits: Limits) -> set[int]:
    """Return the processors that a run may use: as many as its limit, rounded up, other ones for other runners."""
    ours = sorted(os.sched_getaffinity(0))
    count = min(math.ceil(limits.processors), len(ours))
    first = os.getpid() * count
    return {ours[(first + number) % len(ours)] for number in range(count)}


def limit_process(limits: Limits) -> None:
    """Set the limits of this process, as far as the hard ones allow; called between fork and exec.

    All others go before it: a fork bomb of the same priority would grow faster than its watcher gets to count it.
    """
    os.nice(_NICE)
    os.sched_setaffinity(0, processors_of_run(limits))
    for kind, value in process_limits(limits):
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))


def shared_memory_bytes(job: Job) -> int:
    """Size of the /dev/shm of a run: a quarter of the memory, in whole pages."""
    return max(job.limits.memory_bytes // 4, 1 << 20) // 4096 * 4096


def described(job: Job, *, version: str, has_network: bool) -> dict[str, Any]:
    """Return the description of a confinement whose processes the runner samples itself."""
    limits = job.limits
    return {
        "kind": job.sandbox,
        "version": version,
        "network": has_network,
        **({"root": job.kernel.root_digest} if job.kernel.root is not None else {}),
        "limits": {
            "cell_timeout_s": {"value": limits.cell_timeout_s, "by": "clock of the runner"},
            "run_timeout_s": {"value": limits.run_timeout_s, "by": "clocks of the runner and of its launcher"},
            "memory_bytes": {
                "value": limits.memory_bytes,
                "by": "resident memory of all processes, sampled; RLIMIT_DATA of each",
            },
            "processes": {"value": limits.processes, "by": "count of all processes, sampled; RLIMIT_NPROC"},
            "open_files": {"value": limits.open_files, "by": "RLIMIT_NOFILE of each process"},
            "output_bytes": {"value": limits.output_bytes, "by": "size of all messages and of the kernel's log"},
            "messages": {"value": limits.messages, "by": "count of all messages"},
            "processors": {"value": limits.processors, "by": "processor affinity"},
            "scratch_bytes": {"value": limits.scratch_bytes, "by": "disk space, sampled; RLIMIT_FSIZE of each file"},
        },
    }
