"""What is shown of an environment: its packages with who asked for them, its facts in rows, its files to take away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.engines.lockfile import lock_as_requirements
from builder.models import Environment
from builder.prepare import ENGINE_REASON, GIVEN, artefact_store, lock_of
from builder.recipe.patch import lock_patch

DOWNLOADS: Final[Mapping[str, str]] = {
    "pylock.toml": "application/toml",
    "requirements.txt": "text/plain; charset=utf-8",
    "runtime.txt": "text/plain; charset=utf-8",
    "companion.json": "application/json",
    "lock.patch": "text/x-diff; charset=utf-8",
}
_MEANINGS: Final[Mapping[str, str]] = {
    "pylock.toml": "every package with its version and checksums (PEP 751)",
    "requirements.txt": "the same for pip and Binder",
    "runtime.txt": "the Python, for Binder",
    "companion.json": "the system facts below",
    "lock.patch": "adds the lock to the repository: git apply lock.patch",
}
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package and what asks for it; `asked_by` is empty for one that other packages need."""

    name: str
    version: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take away."""

    name: str
    meaning: str


def package_rows(environment: Environment) -> tuple[PackageRow, ...]:
    """Return the packages by name, each with the requirement and the file that asks for it."""
    asked: dict[str, list[str]] = {}
    for row in environment.recipe.get("requirements", ()):
        try:
            name = canonicalize_name(Pep508(row["text"]).name)
        except InvalidRequirement:
            continue
        asked.setdefault(name, []).append(f"{row['text']} ({row['file']})")
    return tuple(
        PackageRow(row["name"], row["version"], "; ".join(asked.get(canonicalize_name(row["name"]), ())))
        for row in environment.packages
    )


def engine_reason(environment: Environment) -> str:
    """Return why this engine made it, as a sentence; empty where that was not kept."""
    return str(environment.details.get(ENGINE_REASON, ""))


def fact_rows(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return nested plain facts as rows of name and value; an inner name follows its outer one."""
    return tuple((name, value[:_LONGEST]) for name, value in _flat(facts, "") if name != ENGINE_REASON)


def _flat(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{name}, {_words(key)}" if name else _words(key))
    elif isinstance(value, list | tuple):
        if any(isinstance(part, Mapping) for part in value):
            for number, part in enumerate(value, start=1):
                yield from _flat(part, f"{name} {number}")
        elif value:
            yield name, ", ".join(map(str, value))
    elif value not in (None, ""):
        yield name, {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _words(key: object) -> str:
    return str(key) if str(key) == ENGINE_REASON else str(key).replace("_", " ")


def downloads(environment: Environment) -> tuple[Download, ...]:
    """Return the files that can be had of the environment."""
    return tuple(Download(name, _MEANINGS[name]) for name in DOWNLOADS if _is_there(environment, name))


def _is_there(environment: Environment, name: str) -> bool:
    if name == "companion.json":
        return bool(environment.companion)
    # The list of what a given environment holds installs nothing.
    if name == "lock.patch" and (environment.engine == GIVEN or not Path(environment.snapshot.path).is_dir()):
        return False
    return artefact_store().has(environment.lock_sha256)


def read_download(environment: Environment, name: str) -> bytes | None:
    """Return the content of a file of the environment, or None where it cannot be had. Raises ArtefactError."""
    if name not in DOWNLOADS or not _is_there(environment, name):
        return None
    if name == "companion.json":
        return (json.dumps(environment.companion, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
    if name == "runtime.txt":
        return runtime_text(environment.python).encode()
    lock = lock_of(environment)
    if name == "pylock.toml":
        return lock.text.encode()
    requirements = lock_as_requirements(lock)
    if name == "requirements.txt":
        return requirements.encode()
    root = Path(environment.snapshot.path)
    return lock_patch(root, pylock=lock.text, requirements=requirements, python=lock.python_version).encode()


def runtime_text(python: str) -> str:
    """Return the runtime.txt that has Binder use this Python: it names major and minor version."""
    return f"python-{'.'.join(python.split('.')[:2])}\n"
