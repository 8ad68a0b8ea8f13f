"""A recipe: what an environment shall hold, from which files, as of which date, on which Python. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement in PEP 508 form, the file that asks for it, and what was changed to make it installable."""

    text: str
    file: str
    approximation: str | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything the resolver needs. `as_of` is aware UTC; `python` is "3.6" or "3.6.15".

    `is_inferred` tells that the repository declares nothing and the requirements were read from its imports.
    `approximations` are sentences for people: each departs from what the repository asks for, and is shown
    on every page and certificate. `notes` explain choices that depart from nothing.
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
