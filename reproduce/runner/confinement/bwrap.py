"""Bubblewrap with every namespace unshared, and only what a kernel needs of the host to be seen."""

from __future__ import annotations

import functools
import os
import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from builder.engines.containers.root_binds import mount_binds, root_binds
from builder.lifeline import die_with
from builder.process_tree import descendants
from reproduce.runner.confinement.accounts import ACCOUNTS, write_accounts
from reproduce.runner.confinement.below_runner import BelowRunner
from reproduce.runner.confinement.devices import find_devices, sysfs_of
from reproduce.runner.confinement.protocol import (
    HOME,
    WORK,
    ConfinementMissingError,
    ConfinementUnclearError,
    HostCommand,
    Inside,
    described,
    shared_memory_bytes,
)
from reproduce.runner.confinement.system_calls import filter_descriptor
from reproduce.runner.data_places import checked_binds
from reproduce.runner.job import Job, SandboxKind
from reproduce.runner.workspace import Workspace

_NOT_INSTALLED: Final = "bwrap is not installed"
_TRIALS: Final = 5
_KILLED_INSIDE: Final = 128  # and the signal's number: the exit status of bubblewrap when what it started was killed
_UNSHARE: Final = (
    *("--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
    # With a loopback of its own, which bubblewrap brings up, and nothing else.
    "--unshare-net",
    *("--die-with-parent", "--new-session", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"),
    *("--hostname", "reprise"),
)
_SYSTEM_DIRECTORIES: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_FILES: Final = (
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/alternatives"),
    *("/etc/localtime", "/etc/mime.types", "/etc/magic", "/var/cache/fontconfig"),
)
_SHOWN_OF_HOST: Final = ("/usr", *_SYSTEM_DIRECTORIES, *_SYSTEM_FILES)
_CONNECTION: Final = "/tmp/.reprise"  # noqa: S108 - inside
_OWN_OF_IMAGE: Final = (*(f"etc/{name}" for name in ACCOUNTS), HOME.removeprefix("/"))


def why_no_bwrap() -> str | None:
    """Return what stands in the way of a sandbox in one line, or None when one can be started.

    Raises ConfinementUnclearError when the trials did not come to their own end.
    """
    program = shutil.which("bwrap")
    if program is None:
        return _NOT_INSTALLED
    arguments = [program, *_UNSHARE, *_system_binds(), "--proc", "/proc", "--dev", "/dev", "true"]
    for _ in range(_TRIALS):
        try:
            trial = subprocess.run(
                arguments,
                capture_output=True,
                timeout=10,
                check=False,
                env={"PATH": "/usr/bin:/bin"},
                # Bubblewrap's own tie to its parent comes too late for one that is killed in the same moment.
                preexec_fn=functools.partial(die_with, os.getpid()),
            )
        except subprocess.TimeoutExpired:
            continue
        except OSError as error:
            return str(error)
        if trial.returncode == 0:
            return None
        # A signal from outside, to bubblewrap or to what it started, says nothing of the sandbox.
        if 0 < trial.returncode < _KILLED_INSIDE:
            return trial.stderr.decode("utf-8", "replace").strip()[:500] or f"bwrap ended with {trial.returncode}"
    raise ConfinementUnclearError(f"bwrap was ended {_TRIALS} times before it had said whether it works")


class Bubblewrap(BelowRunner):
    """Starts the kernel as a descendant of the runner, in namespaces of its own."""

    kind: Final[SandboxKind] = "bwrap"

    def __init__(self, job: Job) -> None:
        self._job = job

    def why_not(self) -> str | None:
        """Return why none can be started, after trying. Raises ConfinementUnclearError."""
        return why_no_bwrap()

    def version(self) -> str:
        """Return the version of the installed bubblewrap, empty when it does not tell."""
        return bwrap_version()

    def inside(self, workspace: Workspace) -> Inside:
        """Return where the kernel sees the directories of its run."""
        return Inside(HOME, "/tmp", connection_inside(self._job, workspace))  # noqa: S108 - the sandbox's own

    def command(self, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> HostCommand:
        """Return the command line of bubblewrap. Raises ConfinementMissingError when it is not installed."""
        arguments = bwrap_arguments(self._job, workspace, variables, argv)
        refused = filter_descriptor()
        descriptors = () if refused is None else (refused,)
        arguments[1:1] = [part for descriptor in descriptors for part in ("--seccomp", str(descriptor))]
        return HostCommand(arguments, {"PATH": "/usr/bin:/bin"}, "/", descriptors=descriptors)

    def pids(self, outermost: int) -> list[int]:
        """Return the processes below bubblewrap."""
        # It is there twice: outside, and inside as the first process; below that is the kernel.
        # A fork bomb grows as fast as it is counted: more than the limit need not be known.
        return descendants(outermost, at_most=self._job.limits.processes + 2)[1:]

    def limit_processes(self, outermost: int) -> None:
        """Set RLIMIT_NPROC, which must not count before the sandbox exists. It does not bind root; a count does."""
        limit = self._job.limits.processes
        for pid in self.pids(outermost):
            with suppress(OSError, ValueError):
                resource.prlimit(pid, resource.RLIMIT_NPROC, (limit, limit))

    def is_at_fault(self, log: str) -> bool:
        """Tell whether bubblewrap itself complained."""
        return "bwrap: " in log

    def describe(self, version: str) -> dict[str, Any]:
        """Return what confined the run."""
        return described(self._job, version=version, has_network=self._job.network is not None)


@functools.cache
def bwrap_version() -> str:
    """The version of the installed bubblewrap, empty when it does not tell."""
    try:
        answer = subprocess.run(["bwrap", "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("ascii", "replace").strip().removeprefix("bubblewrap ")


def bwrap_arguments(job: Job, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> list[str]:
    """Return the whole command line that starts `argv` in a sandbox over the workspace.

    Raises ConfinementMissingError when bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise ConfinementMissingError(_NOT_INSTALLED)
    root = None if job.kernel.root is None else Path(job.kernel.root)
    devices = find_devices(job.gpus)
    given = devices.variables_where_others_are_hidden()
    arguments = [
        program,
        *_UNSHARE,
        "--clearenv",
        *(part for item in {**variables, **given}.items() for part in ("--setenv", *item)),
    ]
    arguments += _host_binds() if root is None else root_binds(root, own=(*_OWN_OF_IMAGE, "etc/resolv.conf"))
    arguments += _accounts(workspace)
    # Where this service is root, so is the notebook for the system's settings below /proc: nothing there is writable.
    arguments += ["--proc", "/proc", "--remount-ro", "/proc"]
    arguments += ["--dev", "/dev", "--size", str(shared_memory_bytes(job)), "--tmpfs", "/dev/shm"]  # noqa: S108 - a mount of its own
    arguments += [part for pair in devices.nodes for part in ("--dev-bind", *pair)]
    arguments += [part for path in sysfs_of(devices) for part in ("--ro-bind", path, path)]
    arguments += ["--remount-ro", "/dev", "--bind", str(workspace.tmp), "/tmp", "--bind", str(workspace.home), HOME]  # noqa: S108 - a mount of its own
    arguments += ["--bind", str(workspace.connection), connection_inside(job, workspace)]
    readonly = job.kernel.readonly_paths if root is None else ()
    for path in readonly:
        arguments += ["--ro-bind", path, path]
    arguments += mount_binds(job.kernel.mounts, root=root, closed=(*_SHOWN_OF_HOST, *readonly))
    for here, inside in checked_binds(job, WORK, closed=(*readonly, *(inside for _, inside in job.kernel.mounts))):
        arguments += ["--ro-bind", here, inside]
    notebook_directory = os.path.normpath(Path(WORK, job.notebook).parent)
    return [*arguments, "--remount-ro", "/", "--chdir", notebook_directory, "--", *argv]


def connection_inside(job: Job, workspace: Workspace) -> str:
    """The directory of the sockets as the kernel sees it: over an image nothing but our own directories can hold it."""
    return str(workspace.connection) if job.kernel.root is None else _CONNECTION


def _host_binds() -> list[str]:
    """Show the host's programs, and of its configuration what they need."""
    arguments = _system_binds()
    for path in _SYSTEM_FILES:
        # The real file is bound: what a link leads to need not exist inside.
        arguments += ["--ro-bind-try", os.path.realpath(path), path]
    return arguments


def _accounts(workspace: Workspace) -> list[str]:
    paths = write_accounts(workspace.root / "etc")
    return [part for path in paths for part in ("--ro-bind", str(path), f"/etc/{path.name}")]


def _system_binds() -> list[str]:
    binds = ["--ro-bind", "/usr", "/usr"]
    for path in map(Path, _SYSTEM_DIRECTORIES):
        if path.is_symlink():
            binds += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            binds += ["--ro-bind", str(path), str(path)]
    return binds
