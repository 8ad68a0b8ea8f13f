"""Show a build command only what it needs of this machine: the index is reachable, homes and secrets are not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from builder.engines.containers.root_binds import mount_binds, root_binds
from builder.errors import BuildError

_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC: Final = (
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives",
)  # fmt: skip
_SHARED_BYTES: Final = str(256 * 2**20)
_PASSED_ON: Final = (
    "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip


def build_variables(scratch: Path) -> dict[str, str]:
    """Return the whole environment of a build command; what is not named here does not pass."""
    return {
        **{name: os.environ[name] for name in _PASSED_ON if os.environ.get(name)},
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LC_ALL": "C.UTF-8",
        # Builds of a date should not depend on today's.
        "SOURCE_DATE_EPOCH": "315532800",
        # Generous, because old setup.py files take long; old compilers' warnings should not end a build.
        "CFLAGS": "-O2 -w -fcommon -Wno-error=implicit-function-declaration",
    }


def sandboxed(
    command: Sequence[str],
    *,
    readonly: Sequence[Path],
    writable: Sequence[Path],
    variables: dict[str, str],
    cwd: Path,
    mounts: Sequence[tuple[Path, str]] = (),
    writable_mounts: Sequence[tuple[Path, str]] = (),
    hidden: Sequence[Path] = (),
    root: Path | None = None,
    has_network: bool = True,
) -> list[str]:
    """Return the command line that runs `command` in bubblewrap: own namespaces, no capability.

    Of the host it shows the system's programs, `readonly` and `writable`, and at another place `mounts` and
    `writable_mounts`: (path here, path inside). The root of an image is shown instead of the host's system; what is to
    be written must then lie in /tmp. The directories `hidden` are shown empty. Raises BuildError sandbox-missing.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise BuildError("sandbox-missing")
    arguments = [program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    arguments += ["--share-net"] if has_network else []
    arguments += _system() if root is None else root_binds(root)
    # What is written to /tmp lies in memory that no process is charged for.
    # Where this service is root, so is the build for the system's settings below /proc: nothing there is writable.
    arguments += ["--proc", "/proc", "--remount-ro", "/proc"]
    arguments += ["--dev", "/dev", "--size", _SHARED_BYTES, "--tmpfs", "/dev/shm"]  # noqa: S108
    arguments += ["--remount-ro", "/dev", "--size", _SHARED_BYTES, "--tmpfs", "/tmp"]  # noqa: S108
    arguments += ["--size", _SHARED_BYTES, "--tmpfs", "/run"]
    for shown in [*readonly, *(certificates(variables) if has_network else [])]:
        arguments += ["--ro-bind-try", str(shown), str(shown)]
    for path, inside in [*((str(kept), str(kept)) for kept in writable), *writable_mounts]:
        arguments += ["--bind", str(path), inside]
    for path, inside in mounts:
        if inside.startswith("/tmp/"):  # noqa: S108 - an empty directory of the sandbox, where anything can be shown
            arguments += ["--ro-bind", str(path), inside]
        else:
            arguments += mount_binds([(str(path), inside)], root=root, closed=_SYSTEM)
    # What is written to the root of the sandbox would lie in memory that no process is charged for either.
    arguments += ["--remount-ro", "/"]
    for path in hidden:
        arguments += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for name, value in sorted(variables.items()):
        arguments += ["--setenv", name, value]
    return [*arguments, "--chdir", str(cwd), "--", *command]


def certificates(variables: dict[str, str]) -> list[Path]:
    """Return where the variables say that trusted certificates are."""
    return [Path(variables[name]) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in variables]


def _system() -> list[str]:
    arguments = []
    for system in _SYSTEM:
        if os.path.islink(system):  # noqa: PTH114
            arguments += ["--symlink", os.readlink(system), system]  # noqa: PTH115
        else:
            arguments += ["--ro-bind-try", system, system]
    for path in _ETC:
        arguments += ["--ro-bind-try", os.path.realpath(path), path]
    return arguments
