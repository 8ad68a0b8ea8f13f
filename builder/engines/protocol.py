"""What every engine promises: a recipe becomes a lock, a lock becomes something a kernel runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from builder.engines.progress import Progress
from builder.recipe.model import Recipe

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
class Root:
    """The root file system of a container image, unpacked: what a kernel sees instead of this machine's.

    `digest` is the image's ("sha256:…"). `repository` is where the build put the repository's files, seen from inside
    ("/home/jovyan"), empty when it did not: what postBuild made there is added to the notebook's own copy.
    """

    path: Path
    digest: str
    repository: str = ""


@dataclass(frozen=True, slots=True)
class BuiltEnvironment:
    """An environment that a kernel can be started in.

    `kernel_argv` is the kernel's command line, with {connection_file} where jupyter_client puts the path;
    `readonly_paths` is all that the sandbox must show of the host for it to start (prefix, base interpreter), and
    `mounts` what it must show at another place: (path here, path inside). With a `root` the host's system is not shown,
    and `prefix` and `kernel_argv` are paths inside. `variables` are set for the kernel.
    `key` is the content address; `is_reused` tells that nothing had to be made; `build_s` is in seconds.
    `details` records how it was made (engine's version, image digests, ...), `companion` the system facts that change
    figures (builder.engines.companion), both plain JSON. One that was given, and so is not ours to hold or to measure,
    has its record in the directory `kept_at`.
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
    root: Root | None = None
    mounts: tuple[tuple[Path, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    companion: Mapping[str, Any] = field(default_factory=dict)
    kept_at: Path | None = None


class Engine(Protocol):
    """An engine. Both calls raise BuildError with a cause; neither leaves anything half-made that is later used."""

    name: str

    def resolve(self, recipe: Recipe, *, progress: Progress) -> Lock:
        """Resolve the recipe to exact versions with hashes, as of its date."""
        ...

    def build(self, recipe: Recipe, lock: Lock, *, source: Path, progress: Progress) -> BuiltEnvironment:
        """Make the locked environment of the snapshot in `source`, or reuse it when its key exists.

        `source` is never written to. Safe to call from several processes at once.
        """
        ...
