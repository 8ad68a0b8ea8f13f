"""What every engine promises: a recipe becomes a lock, a lock becomes something a kernel runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from builder.recipe.model import Recipe

OnLog = Callable[[str], None]

# A directory of an environment that the runner copies into the home of each run.
HOME_TEMPLATE: Final = "share/reprise/home"


@dataclass(frozen=True, slots=True)
class Package:
    """A resolved distribution: its normalised name and exact version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Lock:
    """A resolved recipe. `text` is a pylock.toml (PEP 751) with hashes; `sha256` its digest in hexadecimal digits."""

    text: str
    sha256: str
    python_version: str
    as_of: datetime
    packages: tuple[Package, ...]
    approximations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuiltEnvironment:
    """An environment that a kernel can be started in.

    `kernel_argv` is the kernel's command line, with {connection_file} where jupyter_client puts the path;
    `readonly_paths` is all that the sandbox must show of the host for it to start (prefix, base interpreter).
    `key` is the content address; `is_reused` tells that nothing had to be made; `build_s` is in seconds.
    """

    engine: str
    key: str
    prefix: Path
    python_version: str
    language: str
    kernel_argv: tuple[str, ...]
    readonly_paths: tuple[Path, ...]
    lock: Lock
    recipe_files: tuple[str, ...]
    is_reused: bool
    build_s: float


class Engine(Protocol):
    """An engine. Both calls raise BuildError with a cause; neither leaves anything half-made that is later used."""

    name: str

    def resolve(self, recipe: Recipe, *, on_log: OnLog) -> Lock:
        """Resolve the recipe to exact versions with hashes, as of its date."""
        ...

    def build(self, recipe: Recipe, lock: Lock, *, on_log: OnLog) -> BuiltEnvironment:
        """Make the locked environment, or reuse it when its key exists. Safe to call from several processes."""
        ...
