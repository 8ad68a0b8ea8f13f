"""Advise on locks that no longer hold what the file beside them asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.advice import Advice, advise, listed
from builder.recipe.conda import read_environment
from builder.recipe.declarations import present
from builder.recipe.decoding import read_text
from builder.recipe.documents import LOCK_SIZE_LIMIT
from builder.recipe.findings import Findings
from builder.recipe.lint_versions import line_of
from builder.recipe.model import Recipe
from builder.recipe.pipfile import read_pipfile
from builder.recipe.pixi import read_pixi
from builder.recipe.project_files import read_pyproject
from builder.recipe.requirements_txt import read_requirements

Reader = Callable[[Path, PurePosixPath, Findings], object]


def _pyproject(root: Path, path: PurePosixPath, findings: Findings) -> object:
    return read_pyproject(root, path, findings, set())


# Each lock with the files that it may have been made from, and the command that makes it again.
_LOCKS: Final[Mapping[str, tuple[Sequence[tuple[str, Reader]], str]]] = {
    "Pipfile.lock": ((("Pipfile", read_pipfile),), "pipenv lock"),
    "poetry.lock": ((("pyproject.toml", _pyproject),), "poetry lock"),
    "uv.lock": ((("pyproject.toml", _pyproject),), "uv lock"),
    "pylock.toml": (
        (
            ("pyproject.toml", _pyproject),
            ("requirements.in", read_requirements),
            ("requirements.txt", read_requirements),
        ),
        "uv pip compile --format pylock.toml",
    ),
    "pixi.lock": ((("pixi.toml", read_pixi),), "pixi lock"),
    "conda-lock.yml": ((("environment.yml", read_environment),), "conda-lock"),
    "requirements.txt": (
        (("requirements.in", read_requirements),),
        "uv pip compile requirements.in -o requirements.txt",
    ),
}


def advise_on_locks(root: Path, recipe: Recipe) -> list[Advice]:
    """Return an advice for each lock that counts and lacks a name that the loose file beside it has."""
    found = []
    for file in recipe.files:
        loose, command = _LOCKS.get(PurePosixPath(file).name, ((), ""))
        for name, reader in loose:
            path = PurePosixPath(file).parent / name
            if present(root, path):
                found += _compared(root, file, path, reader, command)
                break
    return found


def _compared(root: Path, lock: str, loose: PurePosixPath, reader: Reader, command: str) -> list[Advice]:
    findings = Findings()
    text = ""
    with suppress(BuildError):
        text = read_text(root / lock, name=lock, limit=LOCK_SIZE_LIMIT).lower()
        reader(root, loose, findings)
    if not text or findings.is_locked:
        return []
    wanted = [Pep508(requirement.text) for requirement in findings.requirements]
    # What a marker holds back, and another package's name, need not be in a lock of this platform.
    missing = [parsed.name for parsed in wanted if parsed.marker is None and not _is_in(parsed.name, text)]
    if not missing:
        return []
    line = line_of(root, str(loose), missing[0])
    return [
        advise(
            "outdated-lock",
            str(loose),
            line,
            message=f"{lock} lacks {listed(missing)}, which {loose} asks for; it was not made again since.",
            fix=f"Make it again and commit it: {command}.",
        )
    ]


def _is_in(name: str, text: str) -> bool:
    spelled = "[-_.]+".join(re.escape(part) for part in canonicalize_name(name).split("-"))
    return bool(re.search(rf"(?<![a-z0-9]){spelled}(?![a-z0-9])", text))
