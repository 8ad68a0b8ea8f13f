"""Show a build command only what it needs of this machine: the index is reachable, homes and secrets are not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from builder.errors import BuildError

_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC: Final = (
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/alternatives",
)  # fmt: skip
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
    command: Sequence[str], *, readonly: Sequence[Path], writable: Sequence[Path], variables: dict[str, str], cwd: Path
) -> list[str]:
    """Return the command line that runs `command` in bubblewrap: own namespaces but the network, no capability.

    Of the host it shows the system's programs, `readonly` and `writable`. Raises BuildError sandbox-missing.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise BuildError("sandbox-missing")
    arguments = [program, "--unshare-all", "--share-net", "--die-with-parent", "--new-session", "--clearenv"]
    arguments += ["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"]  # noqa: S108
    for system in _SYSTEM:
        if os.path.islink(system):  # noqa: PTH114
            arguments += ["--symlink", os.readlink(system), system]  # noqa: PTH115
        else:
            arguments += ["--ro-bind-try", system, system]
    for path in _ETC:
        real = os.path.realpath(path)
        arguments += ["--ro-bind-try", real, path]
    certificates = [Path(variables[name]) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in variables]
    for shown in [*readonly, *certificates]:
        arguments += ["--ro-bind-try", str(shown), str(shown)]
    for kept in writable:
        arguments += ["--bind", str(kept), str(kept)]
    for name, value in sorted(variables.items()):
        arguments += ["--setenv", name, value]
    return [*arguments, "--chdir", str(cwd), "--", *command]
