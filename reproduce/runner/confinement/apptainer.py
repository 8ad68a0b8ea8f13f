"""Apptainer: the kernel as a descendant of the runner, in a SIF or an unpacked root, without a daemon."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final

from builder.process_tree import descendants
from reproduce.runner.confinement.below_runner import BelowRunner
from reproduce.runner.confinement.devices import find_devices
from reproduce.runner.confinement.protocol import (
    HOME,
    ConfinementMissingError,
    HostCommand,
    Inside,
    described,
)
from reproduce.runner.confinement.shown import bind, give_away, notebook_directory, shown_accounts, shown_of_machine
from reproduce.runner.job import Apptainer, Job, SandboxKind
from reproduce.runner.workspace import Workspace

_TMP: Final = "/tmp"  # noqa: S108 - inside
_CONNECTION: Final = f"{_TMP}/.reprise"
# Apptainer makes these writable, in memory and without a limit; so they are directories of the run, or empty ones.
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108 - inside
_CLOSED: Final = "/var/tmp"  # noqa: S108 - inside


class ApptainerConfinement(BelowRunner):
    """Starts the kernel by `apptainer exec`, with everything contained that Apptainer can contain."""

    kind: Final[SandboxKind] = "apptainer"

    def __init__(self, job: Job) -> None:
        self._job = job
        self._apptainer = job.apptainer or Apptainer()
        self._image = self._apptainer.image if job.kernel.root is None else self._apptainer.sif or job.kernel.root

    def why_not(self) -> str | None:
        """Return why nothing can be run in it."""
        try:
            self._program()
        except ConfinementMissingError as error:
            return str(error)
        if not self._image:
            return "no SIF is named in which environments of this machine run"
        return None if Path(self._image).exists() else f"there is no {self._image}"

    def version(self) -> str:
        """Return the version of Apptainer, empty when it does not tell."""
        with suppress(OSError, subprocess.TimeoutExpired, ConfinementMissingError):
            answer = subprocess.run([self._program(), "--version"], capture_output=True, timeout=10, check=False)
            return answer.stdout.decode("ascii", "replace").strip().rpartition(" ")[2]
        return ""

    def inside(self, workspace: Workspace) -> Inside:  # noqa: ARG002 - the same for all
        """Return where the kernel sees the directories of its run."""
        return Inside(HOME, _TMP, _CONNECTION)

    def command(self, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> HostCommand:
        """Return the command line of Apptainer, after giving the run's directories to the user inside.

        Raises ConfinementMissingError.
        """
        arguments = [self._program(), "--quiet", "exec", "--containall", "--no-home", "--cleanenv", "--no-eval"]
        arguments += ["--no-privs", "--hostname", "reprise", "--pwd", notebook_directory(self._job)]
        arguments += ["--net", "--network", "none"]
        devices = find_devices(self._job.gpus)
        if devices.maker:
            # It shows all of the machine's; the batch system keeps the job from those of others.
            arguments.append("--nv" if devices.maker == "nvidia" else "--rocm")
        variables = {**variables, **devices.variables_where_all_are_seen()}
        own = workspace.root / "apptainer"
        places = {name: own / name for name in ("shm", "closed", "tmp", "cache", "home")}
        for place in places.values():
            place.mkdir(parents=True)
        places["shm"].chmod(0o1777)
        (workspace.tmp / PurePosixPath(_CONNECTION).name).mkdir(exist_ok=True)
        user, _, group = give_away(workspace).partition(":")
        if os.geteuid() == 0:
            arguments += ["--security", f"uid:{user}", "--security", f"gid:{group}"]
        for option in shown_accounts(workspace):
            arguments += option
        arguments += bind(str(workspace.tmp), _TMP) + bind(str(workspace.home), HOME)
        arguments += bind(str(workspace.connection), _CONNECTION) + bind(str(places["shm"]), _SHARED_MEMORY)
        arguments += bind(str(places["closed"]), _CLOSED, is_readonly=True)
        arguments += shown_of_machine(self._job, workspace)
        arguments += [self._image, "/usr/bin/env", "-i", *(f"{name}={text}" for name, text in variables.items())]
        return HostCommand([*arguments, *argv], _variables(places), "/")

    def pids(self, outermost: int) -> list[int]:
        """Return the processes in the run's own namespace, without its first, which is Apptainer's."""
        ours = _namespace(os.getpid())
        inside = [pid for pid in descendants(outermost) if _namespace(pid) not in (ours, "")]
        return inside[1:]

    def limit_processes(self, outermost: int) -> None:
        """Set RLIMIT_NPROC of what runs inside."""
        limit = self._job.limits.processes
        for pid in self.pids(outermost):
            with suppress(OSError, ValueError):
                resource.prlimit(pid, resource.RLIMIT_NPROC, (limit, limit))

    def is_at_fault(self, log: str) -> bool:
        """Tell whether Apptainer itself gave up."""
        return any(line.startswith("FATAL:") for line in log.splitlines())

    def describe(self, version: str) -> dict[str, Any]:
        """Return what confined the run."""
        told = described(self._job, version=version, has_network=self._job.network is not None)
        told["image"] = self._image
        return told

    def _program(self) -> str:
        found = shutil.which(self._apptainer.program)
        if found is None:
            raise ConfinementMissingError(f"{self._apptainer.program} is not installed")
        return found


def _variables(places: dict[str, Path]) -> dict[str, str]:
    """The environment of Apptainer itself: all that it keeps lies in the run's own directory."""
    own = {f"APPTAINER_{name}DIR": str(places[name.lower()]) for name in ("TMP", "CACHE")}
    path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {"PATH": path, "HOME": str(places["home"]), "LC_ALL": "C.UTF-8", **own}


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115 - called often
    except OSError:
        return ""
