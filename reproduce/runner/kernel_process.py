"""The kernel's process: started confined, watched through its log, killed as a whole tree."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from builder.lifeline import adopt_orphans
from reproduce.runner.confinement.control_group import ControlGroup, PassedLimit, make_group
from reproduce.runner.confinement.protocol import Confinement, limit_process
from reproduce.runner.job import Job
from reproduce.runner.kernel_environment import kernel_environment
from reproduce.runner.workspace import Workspace

LOG_KEPT_BYTES: Final = 1 << 20


class KernelProcess:
    """Starts the kernel at once and holds its process, its connection and its log."""

    def __init__(
        self,
        job: Job,
        confinement: Confinement,
        workspace: Workspace,
        log_path: Path,
        network_variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Raises ConfinementMissingError, and FileNotFoundError when the program to start is not there."""
        self.connection_file = workspace.connection / "k.json"
        self.connection = _connection_info(workspace.connection / "k")
        self._confinement = confinement
        self._limits = job.limits
        self._group: ControlGroup | None = None
        inside = confinement.inside(workspace)
        seen = {**self.connection, "ip": f"{inside.connection}/k"}
        self.connection_file.write_text(json.dumps(seen), encoding="ascii")
        # Orphans of an unsandboxed kernel would otherwise belong to the machine's init, out of reach.
        adopt_orphans()
        variables = {**kernel_environment(job, home=inside.home, tmp=inside.tmp), **network_variables}
        argv = _argv(job, f"{inside.connection}/{self.connection_file.name}")
        command = confinement.command(workspace, variables, argv)
        if command.is_run:
            self._group = make_group(job.limits)
        try:
            self.process = subprocess.Popen(
                command.arguments,
                env=command.variables,
                cwd=command.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=command.descriptors,
                preexec_fn=self._before_exec if command.is_run else None,
            )
        finally:
            for descriptor in command.descriptors:
                os.close(descriptor)
        self.log = _KernelLog(self.process, log_path)

    @property
    def pid(self) -> int:
        """Process id of the outermost process: what confines, or the kernel itself."""
        return self.process.pid

    def pids(self) -> list[int]:
        """All processes of the run, those of the confinement left out."""
        return self._confinement.pids(self.pid)

    def limit_processes(self) -> None:
        """Limit their number where that must wait until the kernel is ready."""
        self._confinement.limit_processes(self.pid)

    def kill(self) -> bool:
        """Kill everything that belongs to the run; True when nothing is left."""
        return self._confinement.kill(self.process)

    @property
    def is_memory_kept(self) -> bool:
        """Whether the operating system keeps the memory of the whole run below its limit."""
        return self._confinement.is_memory_kept or (self._group is not None and self._group.keeps_memory)

    def passed_limit(self) -> PassedLimit | None:
        """Return the limit at which the operating system has ended or refused a process."""
        if self._group is not None:
            return self._group.passed_limit()
        return self._confinement.passed_limit(self.process.poll())

    def kept_by(self) -> dict[str, str]:
        """How a control group keeps which limit; empty when there is none."""
        return {} if self._group is None else self._group.kept_by()

    def close(self) -> bool:
        """Kill the run, keep the last of its log, and remove its control group; True when nothing of it is left."""
        is_gone = self.kill()
        self._confinement.close()
        if self._group is not None:
            self._group.remove()
        self.log.close()
        return is_gone

    def _before_exec(self) -> None:
        if self._group is not None:
            self._group.join()
        limit_process(self._limits)


def _argv(job: Job, connection_file: str) -> list[str]:
    argv = [part.replace("{connection_file}", connection_file) for part in job.kernel.argv]
    if any("ipykernel" in part for part in argv):
        argv.append("--HistoryManager.hist_file=:memory:")
    return argv


class _KernelLog:
    """Keeps the beginning of what the kernel writes to its own stdout and stderr, and counts all of it."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self.total_bytes = 0
        self._process = process
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._pump, name="kernel-log", daemon=True)
        self._thread.start()

    def move_to(self, path: Path) -> None:
        """Keep it at this path from now on, with what there is of it."""
        with self._writing:
            file = path.open("wb", buffering=0)
            file.write(self._path.read_bytes())
            self._file.close()
            self._file, self._path = file, path

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
        while chunk := os.read(stream.fileno(), 1 << 16):
            room = LOG_KEPT_BYTES - self.total_bytes
            self.total_bytes += len(chunk)
            if room > 0:
                with self._writing:
                    self._file.write(chunk[:room])
        self._file.close()


def _connection_info(prefix: Path) -> dict[str, Any]:
    return {
        "transport": "ipc",
        "ip": str(prefix),
        **{f"{channel}_port": number for number, channel in enumerate(("shell", "iopub", "stdin", "control", "hb"), 1)},
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "reprise",
    }
