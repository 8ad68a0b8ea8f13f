"""The versions of matplotlib that draw the set, really installed, each in an environment of its own.

Their packages are pinned. They lie below `REPRISE_BENCH_CACHE` (default `~/.cache/reprise-bench`) and are made once. A
version whose Python is not at hand, or whose packages cannot be had, is left out, and the reason is kept with the set.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from builder.engines.interpreters import discover

CACHE: Final = Path(os.environ.get("REPRISE_BENCH_CACHE", Path.home() / ".cache" / "reprise-bench"))


@dataclass(frozen=True, slots=True)
class Environment:
    """One version of matplotlib with the packages of its time."""

    name: str
    python: str
    packages: tuple[str, ...]
    from_source: tuple[str, ...] = ()

    @property
    def place(self) -> Path:
        """Return its directory, which names its contents."""
        digest = hashlib.sha256("\n".join((self.python, *self.packages)).encode()).hexdigest()[:8]
        return CACHE / "environments" / f"{self.name}-{digest}"

    @property
    def interpreter(self) -> Path:
        """Return its Python."""
        return self.place / "bin" / "python"


ENVIRONMENTS: Final = (
    Environment("1.5", "2.7", ("matplotlib==1.5.3", "numpy==1.11.3", "pillow==4.0.0")),
    Environment("2.0", "2.7", ("matplotlib==2.0.2", "numpy==1.13.3", "pillow==4.3.0"), ("functools32", "subprocess32")),
    Environment("2.2", "3.6", ("matplotlib==2.2.5", "numpy==1.16.6", "pillow==6.2.2")),
    Environment("3.0", "3.6", ("matplotlib==3.0.3", "numpy==1.16.6", "pillow==6.2.2")),
    Environment(
        "3.1",
        "3.7",
        ("matplotlib==3.1.3", "numpy==1.17.5", "pillow==6.2.2", "pandas==0.25.3", "scipy==1.3.3", "seaborn==0.9.1"),
    ),
    Environment("3.3", "3.8", ("matplotlib==3.3.4", "numpy==1.19.5", "pillow==8.1.2")),
    Environment(
        "3.5",
        "3.9",
        (
            "matplotlib==3.5.3",
            "numpy==1.22.4",
            "pillow==9.2.0",
            "pandas==1.4.4",
            "scipy==1.8.1",
            "seaborn==0.11.2",
            "cairocffi==1.7.1",
        ),
    ),
    Environment("3.7", "3.10", ("matplotlib==3.7.5", "numpy==1.25.2", "pillow==10.0.1")),
    Environment("3.9", "3.12", ("matplotlib==3.9.4", "numpy==1.26.4", "pillow==10.4.0")),
    Environment(
        "3.10",
        "3.13",
        (
            "matplotlib==3.10.7",
            "numpy==2.3.4",
            "pillow==12.0.0",
            "pandas==2.3.3",
            "scipy==1.16.3",
            "seaborn==0.13.2",
            "cairocffi==1.7.1",
        ),
    ),
)


def make_environments(wanted: tuple[Environment, ...] = ENVIRONMENTS) -> tuple[dict[str, Path], dict[str, str]]:
    """Return the Python of each version, and why those that are not there could not be made."""
    at_hand = {"{}.{}".format(*each.minor): each.executable for each in reversed(discover())}
    made: dict[str, Path] = {}
    failed: dict[str, str] = {}
    for environment in wanted:
        if not (environment.place / "made").exists():
            if environment.python not in at_hand:
                failed[environment.name] = f"Python {environment.python} is not at hand"
                continue
            problem = _make(environment, at_hand[environment.python])
            if problem:
                failed[environment.name] = problem
                continue
        made[environment.name] = environment.interpreter
    return made, failed


def _make(environment: Environment, python: Path) -> str:
    shutil.rmtree(environment.place, ignore_errors=True)
    environment.place.parent.mkdir(parents=True, exist_ok=True)
    tools = Path(sys.executable).parent
    if environment.python == "2.7":
        sources = [f"--no-binary={name}" for name in environment.from_source]
        steps = [
            [tools / "virtualenv", "-q", "--no-periodic-update", "-p", python, environment.place],
            [
                environment.interpreter,
                "-m",
                "pip",
                "install",
                "-q",
                "--only-binary=:all:",
                *sources,
                *environment.packages,
            ],
        ]
    else:
        uv = [tools / "uv", "--no-config", "-q"]
        steps = [
            [*uv, "venv", "-p", python, environment.place],
            [*uv, "pip", "install", "--only-binary=:all:", "-p", environment.interpreter, *environment.packages],
        ]
    for step in steps:
        ended = subprocess.run([str(part) for part in step], capture_output=True, text=True, timeout=900, check=False)
        if ended.returncode:
            return " ".join(ended.stderr.split()[-40:])
    (environment.place / "made").touch()
    return ""
