"""How the kernel of a prefix is started, and what must be seen of this machine for that. Nothing of it is run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.containers.image_kernels import kernel_at, undeclared_kernels
from builder.engines.containers.inside import Inside
from builder.engines.given.listing import PrefixUnusableError

_HOPS: Final = 20
_HOME: Final = re.compile(r"^home\s*=\s*(/.+?)\s*$", re.MULTILINE)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SMALL_BYTES: Final = 256 * 2**10
_SYSTEM: Final = Path("/usr")


@dataclass(frozen=True, slots=True)
class GivenKernel:
    """A kernel of the prefix: its command line with {connection_file}, and the variables that it is started with."""

    argv: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]


def find_given_kernel(prefix: Path, *, language: str) -> GivenKernel:
    """Return the prefix's kernel for `language`: by its kernelspecs, else its Python where that has ipykernel.

    A kernelspec whose program lies elsewhere is not the prefix's. Raises PrefixUnusableError.
    """
    inside = Inside(Path("/"))
    programs = f"{prefix}/bin"
    path = {"PATH": programs}
    folder = f"{prefix}/share/jupyter/kernels"
    # As Jupyter's own, the first one is python3; the rest by name.
    names = sorted(inside.names(folder), key=lambda name: (name != "python3", name))
    declared = [kernel for name in names if (kernel := kernel_at(inside, f"{folder}/{name}", name, path))]
    kernels = [kernel for kernel in declared if kernel.argv[0].startswith(f"{programs}/")]
    fitting = [kernel for kernel in kernels if kernel.language == language.lower()]
    if language.lower() == "python":
        fitting += undeclared_kernels(inside, (programs,), path)
    if not fitting:
        found = ", ".join(sorted({kernel.language for kernel in kernels})) or "none"
        raise PrefixUnusableError(f"it has no kernel for {language}; its kernels: {found}")
    chosen = fitting[0]
    return GivenKernel(chosen.argv, tuple({**_of_conda(prefix), **dict(chosen.variables)}.items()))


def shown_for(prefix: Path, real: Path) -> tuple[Path, ...]:
    """Return what a sandbox must show: the prefix as it is named and where it lies, and the Python it was made from."""
    shown: list[Path] = [prefix] if real == prefix else [prefix, real]
    for path in _bases(prefix):
        is_there = any(path == other or path.is_relative_to(other) for other in (*shown, _SYSTEM))
        if not is_there and path.exists() and path != Path("/"):
            shown.append(path)
    return tuple(shown)


def _bases(prefix: Path) -> Iterator[Path]:
    """Yield the installations that a virtual environment rests on: where its links lead, and what it calls its home."""
    settings = prefix / "pyvenv.cfg"
    if settings.is_file() and (home := _HOME.search(settings.read_bytes()[:_SMALL_BYTES].decode("utf-8", "replace"))):
        yield from _installation(Path(home[1]) / "python")
    program = prefix / "bin" / "python"
    for _ in range(_HOPS):
        if not program.is_symlink():
            return
        program = Path(os.path.normpath(program.parent / program.readlink()))
        yield from _installation(program)


def _installation(program: Path) -> Iterator[Path]:
    """Yield the directory above bin/ where it is that of a Python; else the program alone, not what lies beside it."""
    above = program.parent.parent
    if any(above.glob("lib*/python*/os.py")):
        yield above
        if above.resolve() != above:
            yield above.resolve()
    elif program.is_file():
        yield program


def _of_conda(prefix: Path) -> dict[str, str]:
    """Return what activating a prefix of conda sets, without the scripts that it would run."""
    if not (prefix / "conda-meta").is_dir():
        return {}
    found = {"CONDA_PREFIX": str(prefix)}
    state = prefix / "conda-meta" / "state"
    if state.is_file():
        try:
            kept = json.loads(state.read_bytes()[:_SMALL_BYTES])
        except (ValueError, RecursionError):
            return found
        own = kept.get("env_vars") if isinstance(kept, dict) else None
        for name, value in own.items() if isinstance(own, dict) else ():
            if _VARIABLE.fullmatch(name) and isinstance(value, str) and "\0" not in value:
                found[name] = value
    return found
