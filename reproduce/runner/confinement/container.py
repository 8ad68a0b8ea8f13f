"""A container of Docker or Podman: no network, a read-only root, no capabilities, removed by its name at the end."""

from __future__ import annotations

import os
import resource
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, Final

from builder.process_tree import descendants
from reproduce.runner.confinement.container_calls import write_profile
from reproduce.runner.confinement.container_engine import LABEL, ContainerEngine
from reproduce.runner.confinement.control_group import PROCESSES_SLACK, ControlGroup, PassedLimit
from reproduce.runner.confinement.devices import Devices, find_devices
from reproduce.runner.confinement.protocol import (
    HOME,
    HostCommand,
    Inside,
    described,
    process_limits,
    processors_of_run,
    shared_memory_bytes,
)
from reproduce.runner.confinement.shown import (
    bind,
    field,
    give_away,
    notebook_directory,
    shown_accounts,
    shown_of_machine,
)
from reproduce.runner.job import Container, Job, SandboxKind
from reproduce.runner.runner_identity import own_identity
from reproduce.runner.workspace import Workspace

_TMP: Final = "/tmp"  # noqa: S108 - inside
_CONNECTION: Final = f"{_TMP}/.reprise"
_KILLED: Final = 128 + 9
_VOLUME_BYTES: Final = 4096
_MOST_OF_USER: Final = 32768
_ASK_TIMES: Final = 3
# The first process of a container takes no signal of its own and must bury orphans: a shell is that, not the kernel.
_FIRST: Final = '"$@"; exit $?'
# Ends the container when the runner, which holds the other end of the pipe, ended without saying so.
_LIFELINE: Final = 'read said; [ "$said" = done ] && exit; for i in 1 2 3; do "$@"; sleep 1; done'


class ContainerConfinement:
    """Starts the kernel in a container, which is no descendant of the runner: the engine limits and ends it."""

    kind: Final[SandboxKind] = "container"

    def __init__(self, job: Job) -> None:
        self._job = job
        self._container = job.container or Container("docker")
        self._engine = ContainerEngine(self._container)
        self._image = self._container.image if job.kernel.root is None else job.kernel.root_digest
        self._name = f"reprise-{uuid.uuid4().hex}"
        self._lifeline: subprocess.Popen[bytes] | None = None
        self._first_pid: int | None = None
        self._group: ControlGroup | None = None
        self._passed: PassedLimit | None = None

    @property
    def is_memory_kept(self) -> bool:
        """Whether the confinement keeps the memory of the run below its limit: the engine does."""
        return True

    def why_not(self) -> str | None:
        """Return why no container can be run."""
        return self._engine.why_not(self._image)

    def version(self) -> str:
        """Return the engine's name and version."""
        return self._engine.version()

    def inside(self, workspace: Workspace) -> Inside:  # noqa: ARG002 - the same for all
        """Return where the kernel sees the directories of its run."""
        return Inside(HOME, _TMP, _CONNECTION)

    def command(self, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> HostCommand:
        """Return the client's command line, after giving the run's directories to the user of the container.

        A process that removes the container if the runner is killed is started too. Raises ConfinementMissingError.
        """
        program = self._engine.program()
        (workspace.tmp / PurePosixPath(_CONNECTION).name).mkdir(exist_ok=True)
        user = give_away(workspace)
        self._lifeline = self._tie_lifeline(program)
        arguments = [program, "run", "--name", self._name, "--label", f"{LABEL}={own_identity()}", "--pull", "never"]
        arguments += ["--network", "none", "--user", user]
        arguments += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--ipc", "private"]
        arguments += ["--security-opt", f"seccomp={write_profile(workspace.root / 'calls.json')}"]
        arguments += ["--hostname", "reprise", "--log-driver", "none", "--no-healthcheck"]
        arguments += ["--workdir", notebook_directory(self._job)]
        if self._engine.is_podman:
            arguments += ["--read-only-tmpfs=false", "--image-volume", "ignore"]
            arguments += ["--userns", "keep-id"] if os.geteuid() else []
            # Podman would ask for a million of each user, which a service with less may not give; what keeps the run is
            # the count of its container.
            own = resource.getrlimit(resource.RLIMIT_NPROC)[1]
            most = _MOST_OF_USER if own == resource.RLIM_INFINITY else min(own, _MOST_OF_USER)
            arguments += ["--ulimit", f"nproc={most}:{most}"]
        devices = find_devices(self._job.gpus)
        arguments += _shown_devices(devices, is_podman=self._engine.is_podman)
        variables = {**variables, **devices.variables_where_others_are_hidden()}
        arguments += self._limits()
        arguments += self._mounts(workspace)
        arguments += ["--entrypoint", "/bin/sh", self._image, "-c", _FIRST, "sh", "/usr/bin/env", "-i"]
        arguments += [f"{name}={text}" for name, text in variables.items()]
        return HostCommand([*arguments, *argv], self._engine.variables(), "/", is_run=False)

    def pids(self, outermost: int) -> list[int]:  # noqa: ARG002 - the client has nothing to do with them
        """Return the container's processes below its first, as far as the engine runs on this very machine."""
        if self._first_pid is None:
            pid = self._engine.state(self._name).get("Pid")
            if not isinstance(pid, int) or pid <= 0:
                return []
            self._first_pid = pid
            with suppress(OSError):
                self._group = ControlGroup.of(pid)
        return descendants(self._first_pid)

    def passed_limit(self, exit_status: int | None) -> PassedLimit | None:
        """Return the limit at which a process was ended or refused: its group tells, or else the engine."""
        if self._passed is None and self._group is not None:
            self._passed = self._group.passed_limit()
        # The group goes with the container, and the engine may learn of it a moment later.
        for _ in range(_ASK_TIMES if self._passed is None and exit_status == _KILLED else 0):
            if self._engine.state(self._name).get("OOMKilled"):
                self._passed = "memory"
                break
            time.sleep(0.05)
        return self._passed

    def limit_processes(self, outermost: int) -> None:
        """Do nothing: the engine has limited them from the start."""

    def kill(self, process: subprocess.Popen[bytes]) -> bool:
        """Kill and remove the container, then its client."""
        if self._lifeline is not None:
            self._engine.remove(self._name)
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        return process.poll() is not None

    def close(self) -> None:
        """Let the lifeline go."""
        if self._lifeline is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                self._lifeline.communicate(b"done\n", timeout=2)
            self._lifeline = None

    def sweep(self) -> None:
        """Remove the containers of killed runners."""
        self._engine.sweep()

    def is_at_fault(self, log: str) -> bool:
        """Tell whether the engine itself complained."""
        name = "Error: " if self._engine.is_podman else "docker: "
        return any(line.startswith(name) for line in log.splitlines())

    def describe(self, version: str) -> dict[str, Any]:
        """Return what confined the run."""
        told = described(self._job, version=version, has_network=self._job.network is not None)
        told["image"] = self._image
        ways = {
            "memory_bytes": "memory limit of the container; ulimit of each process",
            "processes": "count of all processes, sampled; pids limit of the container",
            "processors": "cpu limit of the container; processor affinity",
            "open_files": "ulimit of each process",
            "scratch_bytes": "disk space, sampled; ulimit of each file",
        }
        for limit, way in ways.items():
            told["limits"][limit]["by"] = way
        return told

    def _limits(self) -> list[str]:
        limits = self._job.limits
        memory = str(limits.memory_bytes)
        processors = min(limits.processors, float(os.cpu_count() or 1))
        arguments = ["--memory", memory, "--memory-swap", memory, "--cpus", f"{processors:g}"]
        arguments += ["--cpuset-cpus", ",".join(map(str, sorted(processors_of_run(limits))))]
        arguments += [
            "--pids-limit",
            str(limits.processes + PROCESSES_SLACK),
            "--shm-size",
            str(shared_memory_bytes(self._job)),
        ]
        for name, (_, value) in zip(("core", "nofile", "data", "fsize"), process_limits(limits), strict=True):
            arguments += ["--ulimit", f"{name}={value}:{value}"]
        return arguments

    def _mounts(self, workspace: Workspace) -> list[str]:
        arguments: list[str] = []
        if not self._engine.is_podman:
            for volume in self._engine.volumes(self._image):
                arguments += ["--mount", f"type=tmpfs,{field('target', volume)},tmpfs-size={_VOLUME_BYTES}"]
        # The engine writes its own names of hosts.
        for option in shown_accounts(workspace)[:-1]:
            arguments += option
        arguments += bind(str(workspace.tmp), _TMP) + bind(str(workspace.home), HOME)
        arguments += bind(str(workspace.connection), _CONNECTION)
        return arguments + shown_of_machine(self._job, workspace)

    def _tie_lifeline(self, program: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", _LIFELINE, "sh", program, *self._engine.removal(), self._name],
            env=self._engine.variables(),
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _shown_devices(devices: Devices, *, is_podman: bool) -> list[str]:
    """Return the options that show graphics processors: NVIDIA's with the driver's libraries, AMD's as devices."""
    if devices.maker == "nvidia" and is_podman:
        return [part for name in devices.names for part in ("--device", f"nvidia.com/gpu={name}")]
    if devices.maker == "nvidia":
        return ["--gpus", f'"device={",".join(devices.names)}"']
    shown = [part for here, inside in devices.nodes for part in ("--device", f"{here}:{inside}")]
    return shown + [part for group in devices.groups for part in ("--group-add", str(group))]
