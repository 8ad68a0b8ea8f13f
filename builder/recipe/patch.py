"""Patches for authors, as `git apply` takes them: the inferred requirements to declare, and the lock to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.declarations import recipe_folder
from builder.recipe.environment_patch import environment_with_declared, environment_with_lock
from builder.recipe.findings import Findings
from builder.recipe.git_diff import file_diff, raw_bytes
from builder.recipe.model import Requirement

_INFERRED: Final = "# Inferred from the imports of the code here; check them. Beside each: what needs it first."
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*")
_PIN: Final = re.compile(r"[A-Za-z0-9][\w.\[\],-]*\s*==\s*[^\s;\\]+(?:\s*;[^\\]*)?")
# What Binder reads instead of a requirements.txt, and what would have to be done about it.
_SHADOWS: Final = ("Dockerfile", "Project.toml", "default.nix", "install.R", "Pipfile", "Pipfile.lock")


def declaration_patch(root: Path, requirements: Sequence[Requirement], python: str | None) -> str:
    """Return the diff that declares `requirements` (inferred until now), each with what needs it beside it.

    `python` ("3.9" or "3.9.7") is declared too. What the files hold already stays. An empty text: nothing to change.
    Where an environment.yml is there, which Binder reads instead of requirements.txt, they go into its pip part.
    """
    folder = recipe_folder(root, Findings())
    environment = _environment(root, folder)
    noted = [(requirement.text, _comment(requirement.file)) for requirement in requirements]
    if environment is not None:
        text = environment_with_declared(_text(root / environment) or "", noted, python)
        return _patch(root, folder, {str(environment): text})
    path = folder / "requirements.txt"
    if noted and folder == PurePosixPath(".") and not (root / path).exists() and _is_project(root):
        # A requirements.txt is read instead of the project's own files, so it has to ask for the project too.
        noted.append(("-e .", "the project and what it requires"))
    width = max((len(text) for text, _ in noted), default=0)
    listed = [f"{text.ljust(width)}  # {place}" for text, place in noted]
    before = _text(root / path) or ""
    before = f"{before}\n" if before and not before.endswith("\n") else before
    new = {str(path): before + "\n".join([_INFERRED, *listed]) + "\n"} if noted else {}
    if python:
        new[str(folder / "runtime.txt")] = _runtime(python)
    return _patch(root, folder, new)


def lock_patch(root: Path, *, pylock: str, requirements: str, python: str) -> str:
    """Return the diff that puts the lock into the repository: what `patched_files` lists.

    It begins with a sentence where Binder would still read another file; git ignores it.
    """
    folder = recipe_folder(root, Findings())
    return _patch(root, folder, patched_files(root, pylock=pylock, requirements=requirements, python=python))


def patched_files(root: Path, *, pylock: str, requirements: str, python: str) -> Mapping[str, str]:
    """Return path and new content of the files that keep the lock, in binder/, else .binder/, else the root.

    pylock.toml (`pylock` as it is), and for Binder requirements.txt (`requirements` as it is: exact versions) with a
    runtime.txt. Where there is an environment.yml, Binder reads that alone: it gets python=X.Y and the exact versions
    in its pip part, and keeps what is no Python package. `python` is "3.9" or "3.9.7".
    """
    folder = recipe_folder(root, Findings())
    files = {str(folder / "pylock.toml"): pylock}
    environment = _environment(root, folder)
    if environment is not None:
        files[str(environment)] = environment_with_lock(_text(root / environment) or "", _pins(requirements), python)
    if environment is None or environment.suffix == ".yaml":  # Binder does not read environment.yaml, this service does
        files[str(folder / "requirements.txt")] = requirements
        files[str(folder / "runtime.txt")] = _runtime(python)
    return files


def repaired_files(
    root: Path, requirement: str, place: str, *, inferred: Sequence[Requirement] = (), python: str = ""
) -> Mapping[str, str]:
    """Return path and new content of the files that declare `requirement` and `python`, either of which may be "".

    A line of requirements.txt on the same package is replaced; all else stays. `inferred` is what has been read from
    the imports of a repository that declares nothing: it is declared too, because a file goes before the imports.
    `place` is told beside the requirement.
    """
    folder = recipe_folder(root, Findings())
    environment = _environment(root, folder)
    noted = [(each.text, _comment(each.file)) for each in inferred if not _is_on(each.text, requirement)]
    noted += [(requirement, _comment(place))] if requirement else []
    if environment is not None:
        return {str(environment): environment_with_declared(_text(root / environment) or "", noted, python or None)}
    path = folder / "requirements.txt"
    kept = [line for line in (_text(root / path) or "").splitlines() if not _is_on(line, requirement)]
    files = {str(path): "".join(f"{line}\n" for line in [*kept, *(f"{text}  # {at}" for text, at in noted)])}
    if not noted:
        files = {}
    return {**files, str(folder / "runtime.txt"): _runtime(python)} if python else files


def _is_on(line: str, requirement: str) -> bool:
    """Whether the line asks for the package that the requirement is on."""
    one, other = _NAME.match(line.strip()), _NAME.match(requirement)
    return one is not None and other is not None and canonicalize_name(one[0]) == canonicalize_name(other[0])


def _environment(root: Path, folder: PurePosixPath) -> PurePosixPath | None:
    for name in ("environment.yml", "environment.yaml"):
        if (root / folder / name).is_file():
            return folder / name
    return None


def _is_project(root: Path) -> bool:
    project = _text(root / "pyproject.toml") if (root / "pyproject.toml").is_file() else None
    return (root / "setup.py").is_file() or bool(re.search(r"(?m)^\[(project|build-system)\]", project or ""))


def _pins(requirements: str) -> list[str]:
    """Return the exact versions of a requirements.txt without the checksums, for which a pip part has no place."""
    pins = []
    for line in requirements.splitlines():
        match = _PIN.match(line.strip())
        if match:
            try:
                pins.append(str(Pep508(match[0].strip())))
            except InvalidRequirement:
                continue
    return pins


def _runtime(python: str) -> str:
    return f"python-{_minor(python)}\n"


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _comment(place: str) -> str:
    """Return the place as it may stand in a comment: one line, nothing that does not print."""
    return "".join(character if character.isprintable() else "?" for character in place)[:200]


def _text(path: Path) -> str | None:
    try:
        return raw_bytes(path, name=path.name).decode("utf-8-sig").replace("\r\n", "\n")
    except (BuildError, UnicodeDecodeError):
        return None


def _patch(root: Path, folder: PurePosixPath, files: Mapping[str, str]) -> str:
    diffs = "".join(file_diff(root, path, text) for path, text in sorted(files.items()))
    shadows = [name for name in _SHADOWS if (root / folder / name).is_file()]
    if diffs and shadows:
        return f"Binder reads {' and '.join(shadows)} before the files of this patch.\n\n{diffs}"
    return diffs
