"""The kernel's process: started confined, watched through its log, killed as a whole tree."""

from __future__ import annotations

import json
import os
import resource
import secrets
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from builder.process_tree import descendants, kill_all
from reproduce.runner.job import Job
from reproduce.runner.kernel_environment import kernel_environment
from reproduce.runner.lifeline import adopt_orphans
from reproduce.runner.sandbox import HOME, bwrap_arguments, connection_inside
from reproduce.runner.workspace import Workspace

LOG_KEPT_BYTES: Final = 1 << 20
# Address space that is reserved but never touched is no memory, so a process may map more than it may use.
_DATA_FACTOR: Final = 2
_DATA_SLACK_BYTES: Final = 512 << 20


class KernelProcess:
    """Starts the kernel at once and holds its process, its connection and its log."""

    def __init__(self, job: Job, workspace: Workspace, log_path: Path) -> None:
        self.connection_file = workspace.connection / "k.json"
        self.connection = _connection_info(workspace.connection / "k")
        self._inside = Path(connection_inside(job, workspace))
        inside = {**self.connection, "ip": str(self._inside / "k")}
        self.connection_file.write_text(json.dumps(inside), encoding="ascii")
        self._job = job
        # Orphans of an unsandboxed kernel would otherwise belong to the machine's init, out of reach.
        adopt_orphans()
        if job.sandbox == "bwrap":
            arguments, variables, directory = self._sandboxed(workspace)
        else:
            arguments, variables, directory = self._bare(workspace)
        self.process = subprocess.Popen(
            arguments,
            env=variables,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=self._limit,
        )
        self.log = _KernelLog(self.process, log_path)

    @property
    def pid(self) -> int:
        """Process id of the outermost process: bubblewrap, or the kernel itself."""
        return self.process.pid

    def pids(self) -> list[int]:
        """All processes of the run, bubblewrap's own left out."""
        if self._job.sandbox == "none":
            return descendants(os.getpid())
        # Bubblewrap is there twice: outside, and inside as the first process; below it is the kernel.
        return descendants(self.pid)[1:]

    def limit_processes(self) -> None:
        """Set RLIMIT_NPROC, which must not count before the sandbox exists. It does not bind root; a count does."""
        limit = self._job.limits.processes
        if self._job.sandbox == "bwrap":
            for pid in self.pids():
                with suppress(OSError, ValueError):
                    resource.prlimit(pid, resource.RLIMIT_NPROC, (limit, limit))

    def kill(self) -> bool:
        """Kill everything that belongs to the run; True when nothing is left."""
        with suppress(ProcessLookupError):
            self.process.kill()
        is_gone = kill_all(os.getpid(), is_root_included=False)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        return is_gone

    def _sandboxed(self, workspace: Workspace) -> tuple[list[str], dict[str, str], str]:
        variables = kernel_environment(self._job, home=HOME, tmp="/tmp")  # noqa: S108 - the sandbox's own
        argv = self._argv()
        return bwrap_arguments(self._job, workspace, variables, argv), {"PATH": "/usr/bin:/bin"}, "/"

    def _bare(self, workspace: Workspace) -> tuple[list[str], dict[str, str], str]:
        variables = kernel_environment(self._job, home=str(workspace.home), tmp=str(workspace.tmp))
        return self._argv(), variables, str((workspace.work / self._job.notebook).parent)

    def _argv(self) -> list[str]:
        connection_file = str(self._inside / self.connection_file.name)
        argv = [part.replace("{connection_file}", connection_file) for part in self._job.kernel.argv]
        if any("ipykernel" in part for part in argv):
            argv.append("--HistoryManager.hist_file=:memory:")
        return argv

    def _limit(self) -> None:
        limits = self._job.limits
        data = limits.memory_bytes * _DATA_FACTOR + _DATA_SLACK_BYTES
        for kind, value in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, limits.open_files),
            (resource.RLIMIT_DATA, data),
            (resource.RLIMIT_FSIZE, limits.scratch_bytes),
        ):
            hard = resource.getrlimit(kind)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (most, most))


class _KernelLog:
    """Keeps the beginning of what the kernel writes to its own stdout and stderr, and counts all of it."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self.total_bytes = 0
        self._process = process
        self._path = path
        path.touch()
        self._thread = threading.Thread(target=self._pump, name="kernel-log", daemon=True)
        self._thread.start()

    def tail(self, characters: int = 1500) -> str:
        """The last of what was kept, after waiting shortly for the rest when the kernel has ended."""
        if self._process.poll() is not None:
            self._thread.join(1)
        return self._path.read_bytes()[-4 * characters :].decode("utf-8", "replace")[-characters:].strip()

    def close(self) -> None:
        """Wait shortly for the last of the log."""
        self._thread.join(1)

    def _pump(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        with self._path.open("wb", buffering=0) as file:
            while chunk := os.read(stream.fileno(), 1 << 16):
                room = LOG_KEPT_BYTES - self.total_bytes
                self.total_bytes += len(chunk)
                if room > 0:
                    file.write(chunk[:room])


def _connection_info(prefix: Path) -> dict[str, Any]:
    return {
        "transport": "ipc",
        "ip": str(prefix),
        **{f"{channel}_port": number for number, channel in enumerate(("shell", "iopub", "stdin", "control", "hb"), 1)},
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "reprise",
    }
