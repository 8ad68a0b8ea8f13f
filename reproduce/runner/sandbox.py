"""The sandbox: bubblewrap with every namespace unshared, and only what a kernel needs of the host to be seen."""

from __future__ import annotations

import errno
import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from builder.engines.containers.root_binds import mount_binds, root_binds
from reproduce.runner.job import Job, SandboxKind
from reproduce.runner.workspace import WORK_NAME, Workspace

HOME: Final = "/home/repro"
WORK: Final = f"{HOME}/{WORK_NAME}"
_UNSHARE: Final = (
    *("--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
    *("--die-with-parent", "--new-session", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"),
    *("--hostname", "reprise"),
)
_SYSTEM_DIRECTORIES: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SYSTEM_FILES: Final = (
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/alternatives"),
    *("/etc/localtime", "/etc/mime.types", "/etc/magic", "/var/cache/fontconfig"),
)
_NETWORK_FILES: Final = ("/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates", "/etc/services")
_ACCOUNTS: Final = {
    "passwd": "root:x:0:0:root:/:/bin/false\nreprise:x:1000:1000:reprise:/home/repro:/bin/sh\n",
    "group": "root:x:0:\nreprise:x:1000:\n",
    "hosts": "127.0.0.1 localhost reprise\n::1 localhost\n",
}
_CONNECTION: Final = "/tmp/.reprise"  # noqa: S108 - inside
_OWN_OF_IMAGE: Final = (*(f"etc/{name}" for name in _ACCOUNTS), HOME.removeprefix("/"))


@functools.cache
def detect_sandbox() -> SandboxKind | None:
    """Tell which sandbox works here, by starting one; None when there is none. The answer is kept."""
    return "bwrap" if why_no_sandbox() is None else None


def why_no_sandbox() -> str | None:
    """Return what stands in the way of a sandbox in one line, or None when one can be started."""
    program = shutil.which("bwrap")
    if program is None:
        return "bwrap is not installed"
    arguments = [program, *_UNSHARE, "--unshare-net", *_system_binds(), "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        trial = subprocess.run(arguments, capture_output=True, timeout=10, check=False, env={"PATH": "/usr/bin:/bin"})
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if trial.returncode != 0:
        return trial.stderr.decode("utf-8", "replace").strip()[:500] or f"bwrap ended with {trial.returncode}"
    return None


def bwrap_version() -> str:
    """The version of the installed bubblewrap, empty when it does not tell."""
    try:
        answer = subprocess.run(["bwrap", "--version"], capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("ascii", "replace").strip().removeprefix("bubblewrap ")


def bwrap_arguments(job: Job, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> list[str]:
    """Return the whole command line that starts `argv` in a sandbox over the workspace.

    Raises FileNotFoundError when bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError(errno.ENOENT, "bwrap is not installed", "bwrap")
    root = None if job.kernel.root is None else Path(job.kernel.root)
    arguments = [program, *_UNSHARE]
    if not job.is_network_allowed:
        arguments.append("--unshare-net")
    arguments += ["--clearenv", *(part for item in variables.items() for part in ("--setenv", *item))]
    arguments += _host_binds(job) if root is None else _image_binds(job, root)
    arguments += _accounts(workspace)
    arguments += ["--proc", "/proc", "--dev", "/dev", "--size", str(shared_memory_bytes(job)), "--tmpfs", "/dev/shm"]  # noqa: S108 - a mount of its own
    arguments += ["--remount-ro", "/dev", "--bind", str(workspace.tmp), "/tmp", "--bind", str(workspace.home), HOME]  # noqa: S108 - a mount of its own
    arguments += ["--bind", str(workspace.connection), connection_inside(job, workspace)]
    readonly = job.kernel.readonly_paths if root is None else ()
    for path in readonly:
        arguments += ["--ro-bind", path, path]
    arguments += mount_binds(job.kernel.mounts, root=root, closed=(*_shown_of_host(job), *readonly))
    notebook_directory = os.path.normpath(Path(WORK, job.notebook).parent)
    return [*arguments, "--remount-ro", "/", "--chdir", notebook_directory, "--", *argv]


def connection_inside(job: Job, workspace: Workspace) -> str:
    """The directory of the sockets as the kernel sees it: over an image nothing but our own directories can hold it."""
    return str(workspace.connection) if job.kernel.root is None else _CONNECTION


def shared_memory_bytes(job: Job) -> int:
    """Size of the sandbox's /dev/shm: a quarter of the memory, in whole pages."""
    return max(job.limits.memory_bytes // 4, 1 << 20) // 4096 * 4096


def _host_binds(job: Job) -> list[str]:
    """Show the host's programs, and of its configuration what they need."""
    arguments = _system_binds()
    for path in _SYSTEM_FILES + (_NETWORK_FILES if job.is_network_allowed else ()):
        # The real file is bound: what a link leads to need not exist inside.
        arguments += ["--ro-bind-try", os.path.realpath(path), path]
    return arguments


def _image_binds(job: Job, root: Path) -> list[str]:
    """Show the image; names are resolved as this machine does it where there is a network."""
    arguments = root_binds(root, own=(*_OWN_OF_IMAGE, "etc/resolv.conf"))
    if job.is_network_allowed:
        arguments += ["--ro-bind-try", os.path.realpath("/etc/resolv.conf"), "/etc/resolv.conf"]
    return arguments


def _accounts(workspace: Workspace) -> list[str]:
    folder = workspace.root / "etc"
    folder.mkdir(exist_ok=True)
    arguments = []
    for name, text in _ACCOUNTS.items():
        (folder / name).write_text(text, encoding="ascii")
        arguments += ["--ro-bind", str(folder / name), f"/etc/{name}"]
    return arguments


def _shown_of_host(job: Job) -> tuple[str, ...]:
    return ("/usr", *_SYSTEM_DIRECTORIES, *_SYSTEM_FILES, *(_NETWORK_FILES if job.is_network_allowed else ()))


def _system_binds() -> list[str]:
    binds = ["--ro-bind", "/usr", "/usr"]
    for path in map(Path, _SYSTEM_DIRECTORIES):
        if path.is_symlink():
            binds += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            binds += ["--ro-bind", str(path), str(path)]
    return binds


def describe(job: Job, version: str) -> dict[str, Any]:
    """What confined the run, for the result: kind, version, network, and how each limit was kept."""
    limits = job.limits
    return {
        "kind": job.sandbox,
        "version": version,
        "network": job.is_network_allowed or job.sandbox == "none",
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
            "output_bytes": {"value": limits.output_bytes, "by": "count of all messages and of the kernel's log"},
            "scratch_bytes": {"value": limits.scratch_bytes, "by": "disk space, sampled; RLIMIT_FSIZE of each file"},
        },
    }
