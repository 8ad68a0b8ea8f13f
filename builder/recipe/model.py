"""A recipe: what an environment shall hold, from which files, as of which date, on which Python. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Wish(StrEnum):
    """What a repository asks for beside Python packages. An engine follows it, or says that it does not."""

    SYSTEM_PACKAGES = "system-packages"  # apt.txt
    POST_BUILD = "post-build"  # postBuild
    START = "start"  # start
    CONDA_PACKAGES = "conda-packages"  # packages of environment.yml that are no Python packages
    R = "r"  # install.R, DESCRIPTION, runtime.txt with r-
    JULIA = "julia"  # Project.toml
    NIX = "nix"  # default.nix
    DOCKERFILE = "dockerfile"  # Dockerfile
    IMAGE = "image"  # a given OCI image
    SIF = "sif"  # a given Singularity image
    MODULES = "modules"  # modules of a computing centre
    GIVEN = "given"  # an environment of the facility, by the operator's name; no file of a repository asks for it


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement in PEP 508 form, the file that asks for it, and what was changed to make it installable."""

    text: str
    file: str
    approximation: str | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """A wish beyond Python packages, the file that has it, and what it names (judged: packages, a reference, modules).

    `unmet` is the sentence that is shown where the engine does not follow it.
    """

    wish: Wish
    file: str
    values: tuple[str, ...]
    unmet: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything an engine needs. `as_of` is aware UTC; `python` is "3.6" or "3.6.15".

    `is_inferred` tells that the repository declares nothing and the requirements were read from its imports.
    `approximations` are sentences for people: each departs from what the repository asks for, and is shown
    on every page and certificate. `notes` explain choices that depart from nothing.
    `language` is that of the kernel: "python", "R" or "julia".
    `constraints` limit what is installed without asking for it, as pip's -c does. `channels` are those of conda that
    the files name, in their order. `undeclared` is what the notebooks import and the files, which declare other things,
    do not name: an engine takes it as well, unless something declared brings it or cannot be had with it.
    """

    files: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    python: str
    python_reason: str
    as_of: datetime
    as_of_reason: str
    is_inferred: bool
    approximations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extras: tuple[Extra, ...] = ()
    language: str = "python"
    constraints: tuple[Requirement, ...] = ()
    channels: tuple[str, ...] = ()
    undeclared: tuple[Requirement, ...] = ()

    def wishes(self, *wishes: Wish) -> tuple[Extra, ...]:
        """Return the extras of these kinds."""
        return tuple(extra for extra in self.extras if extra.wish in wishes)

    def unmet(self, *followed: Wish) -> tuple[str, ...]:
        """Return what has to be said by an engine that follows these wishes alone."""
        return tuple(extra.unmet for extra in self.extras if extra.wish not in followed)
