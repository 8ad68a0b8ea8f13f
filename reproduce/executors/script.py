"""What a node executes: a short script that loads modules where they are asked for and becomes the runner. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reproduce.runner.confinement.devices import GIVEN_BY

# By these words on the job's own log the worker tells an operator's fault from one of the node.
MODULES_FAILED: Final = "reprise: the modules cannot be loaded"
_PATH: Final = re.compile(r"/[^\x00-\x1f\x7f]{0,1000}")

# The script starts itself anew with an empty environment, because a batch system may bring that of a login: the run
# gets what is written here, and nothing of the account, of the worker or of the database's address.
_TEMPLATE: Final = """\
#!/bin/bash
# Written by Reprise. It is read on the node and may be deleted when the job is over.
if [ "${1:-}" != clean ]; then
  exec env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TMPDIR="${TMPDIR:-/tmp}"%(devices)s /bin/bash "$0" clean
fi
umask 077
fail() {
  printf 'reprise: %%s\n' "$1" >&2
  exit 1
}
stage=%(stage)s
attempt=$(mktemp -d "$stage/attempt-XXXXXX") || fail "the stage cannot be written"
mkdir "$attempt/home" && cp "$stage/job.json" "$attempt/job.json" || fail "the stage cannot be written"
export HOME="$attempt/home" JUPYTER_PLATFORM_DIRS=1
printf '%%s\\n' "${attempt##*/}" >"$attempt/.name" && mv -f "$attempt/.name" "$stage/current" \\
  || fail "the stage cannot be written"
run() {
  env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TMPDIR="$TMPDIR" HOME="$HOME" JUPYTER_PLATFORM_DIRS=1 \\
    PYTHONPATH=%(project)s "$@"
}
%(modules)s
exec env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TMPDIR="$TMPDIR" HOME="$HOME" JUPYTER_PLATFORM_DIRS=1 \\
 %(devices)s PYTHONPATH=%(project)s %(python)s -P -s -m reproduce.runner "$attempt" >/dev/null 2>"$attempt/runner.log"
"""
_MODULES: Final = """\
. %(init)s >"$attempt/modules.log" 2>&1 || fail %(failed)s
env -0 >"$attempt/.before"
%(loads)s
env -0 >"$attempt/.after"
run %(python)s -P -s -m reproduce.executors.loaded_modules "$attempt" %(roots)s >>"$attempt/modules.log" 2>&1 \\
  || fail %(failed)s
"""


@dataclass(frozen=True, slots=True)
class Node:
    """What lies on every node: the interpreter that runs the runner, this project, and how modules are loaded.

    `module_roots` are directories of loaded software, which the sandbox shows read-only. All paths are absolute.
    """

    python: str
    project: str
    modules_init: str = "/etc/profile.d/modules.sh"
    module_roots: tuple[str, ...] = ()


def write_script(stage: Path, node: Node, modules: tuple[str, ...], *, has_gpus: bool = False) -> str:
    """Return the script; with graphics processors it passes on which these are.

    Raises ValueError for a path that is not absolute or holds control characters."""
    for path in (str(stage), node.python, node.project, node.modules_init, *node.module_roots):
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is not an absolute path")
    quoted = {"python": shlex.quote(node.python), "project": shlex.quote(node.project)}
    loading = ""
    if modules:
        failed = shlex.quote(MODULES_FAILED.removeprefix("reprise: "))
        # Names were matched as a whole when they were read; quoting them again costs nothing.
        loads = "\n".join(
            f'module load {shlex.quote(name)} >>"$attempt/modules.log" 2>&1 || fail {failed}' for name in modules
        )
        roots = " ".join(map(shlex.quote, node.module_roots))
        loading = _MODULES % {
            **quoted,
            "init": shlex.quote(node.modules_init),
            "loads": loads,
            "roots": roots,
            "failed": failed,
        }
    # A variable that the batch system did not set is not there afterwards either.
    devices = "".join(f' ${{{name}:+"{name}=${name}"}}' for name in GIVEN_BY) if has_gpus else ""
    return _TEMPLATE % {**quoted, "stage": shlex.quote(str(stage)), "modules": loading, "devices": devices}
