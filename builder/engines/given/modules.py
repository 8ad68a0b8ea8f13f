"""An environment that environment modules bring: what loading them sets, and the Python that is then the first."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.given.listing import PrefixUnusableError

_TIMEOUT_S: Final = 120.0
_LOG_BYTES: Final = 2000
# Of the shell and of the modules system itself; and what would settle more than a module may.
_NOT_OF_MODULES: Final = frozenset(
    {"_", "SHLVL", "PWD", "OLDPWD", "HOME", "TMPDIR", "LANG", "TZ", "PYTHONHASHSEED", "ENV", "BASH_ENV", "MODULEPATH"}
)
_FOREIGN_BEGINNINGS: Final = ("BASH_FUNC_", "LC_", "LMOD_", "__", "SLURM_", "MODULES_")


@dataclass(frozen=True, slots=True)
class GivenModules:
    """Modules to load, the script that defines `module`, and the directories in which their software lies."""

    names: tuple[str, ...]
    init: Path
    roots: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the modules brought: the prefix of the Python, variables, and all that was loaded with its versions."""

    prefix: Path
    variables: Mapping[str, str]
    names: tuple[str, ...]


def load_modules(modules: GivenModules) -> Loaded:
    """Load the modules in a shell of their own, without this process's variables, and tell what they brought.

    Raises PrefixUnusableError when they cannot be loaded or bring no Python.
    """
    steps = [f". {shlex.quote(str(modules.init))} >/dev/null || exit 1", "env -0 >before"]
    steps += [f"module load {shlex.quote(name)} >&2 || exit 1" for name in modules.names]
    script = "\n".join([*steps, "env -0 >after"])
    with tempfile.TemporaryDirectory(prefix="reprise-modules-") as folder:
        log = _run(script, folder)
        try:
            before, after = (_variables(Path(folder, name)) for name in ("before", "after"))
        except OSError:
            raise PrefixUnusableError(f"its modules cannot be loaded: {log or 'nothing is said of why'}") from None
    loaded = tuple(filter(None, after.get("LOADEDMODULES", "").split(":")))
    # Some versions of the program say that they failed and end well.
    missing = [name for name in modules.names if not any(f"{each}/".startswith(f"{name}/") for each in loaded)]
    if missing:
        raise PrefixUnusableError(f"its module {missing[0]} cannot be loaded: {log or 'nothing is said of why'}")
    variables = new_variables(before, after)
    for folder in variables.get("PATH", "").split(":"):
        if folder.endswith("/bin") and any(os.access(f"{folder}/{name}", os.X_OK) for name in ("python", "python3")):
            return Loaded(Path(folder).parent, variables, loaded)
    raise PrefixUnusableError("its modules bring no Python")


def _run(script: str, folder: str) -> str:
    """Run the script and return the last line of what it said."""
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder}
    try:
        answer = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PrefixUnusableError(f"its modules cannot be loaded: {type(error).__name__}") from error
    lines = answer.stderr[-_LOG_BYTES:].decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _variables(path: Path) -> dict[str, str]:
    items = path.read_bytes().decode("utf-8", "replace").split("\0")
    return dict(item.split("=", 1) for item in items if "=" in item)


def new_variables(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Return what the modules set; of a list of paths only what they put in."""
    found = {}
    for name, text in sorted(after.items()):
        if name in _NOT_OF_MODULES or name.startswith(_FOREIGN_BEGINNINGS) or before.get(name) == text:
            continue
        had = set(before.get(name, "").split(":"))
        found[name] = ":".join(part for part in text.split(":") if part not in had) if name in before else text
    return {name: text for name, text in found.items() if text}
