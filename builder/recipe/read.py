"""Read a repository's recipe: what it declares, or what its code imports, as of a date, on a Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.conda import read_environment
from builder.recipe.findings import Findings
from builder.recipe.imports import infer
from builder.recipe.model import Recipe, Requirement
from builder.recipe.project_files import read_pyproject, read_setup_cfg, read_setup_py
from builder.recipe.python_version import choose_python, read_runtime
from builder.recipe.requirements_txt import read_requirements

_NOT_READ: Final = {
    "apt.txt": "system packages of apt.txt are not installed",
    "postBuild": "postBuild is not run",
    "start": "start is not run",
    "Dockerfile": "the Dockerfile is not followed",
    "install.R": "install.R is not run",
    "Project.toml": "the Julia packages of Project.toml are not installed",
    "Pipfile": "Pipfile is not read",
    "default.nix": "default.nix is not followed",
}
_KERNEL: Final = "ipykernel"


def read_recipe(
    root: Path,
    notebooks: Sequence[str],
    *,
    as_of: datetime | Literal["commit", "today"],
    committed_at: datetime | None,
    today: datetime,
    python: str | None = None,
) -> Recipe:
    """Return what the environment of `notebooks` (paths relative to `root`) shall hold.

    Like Binder, files are looked for in binder/, else .binder/, else the root, and environment.yml goes before
    requirements.txt before a project's own files. `python` ("3.9") stands above what the repository says.
    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    date, date_reason = _date(as_of, committed_at, today)
    findings = Findings()
    folder = _folder(root)
    _read_declarations(root, folder, findings)
    is_inferred = not findings.requirements
    if is_inferred:
        _infer(root, notebooks, findings)
    _require_kernel(findings)
    if python is not None:
        if not re.fullmatch(r"\d+\.\d+(\.\d+)?", python):
            raise BuildError("python-unavailable", python=python, available="a version such as 3.9")
        chosen, reason = python, f"Python {python} was asked for"
    else:
        chosen, reason = choose_python(root, notebooks, findings, date)
    return Recipe(
        files=tuple(dict.fromkeys(findings.files)),
        requirements=tuple(_merged(findings)),
        python=chosen,
        python_reason=reason,
        as_of=date,
        as_of_reason=date_reason,
        is_inferred=is_inferred,
        approximations=tuple(dict.fromkeys(findings.approximations)),
        notes=tuple(dict.fromkeys(findings.notes)),
    )


def import_roots(root: Path) -> tuple[str, ...]:
    """Return the folders of the repository that belong on the Python path: where it is a package, the package's place.

    The environment holds what the package requires, not the package itself, so that one environment serves every
    commit with the same requirements and nobody's setup.py needs to run.
    """
    if not any((root / name).is_file() for name in ("setup.py", "setup.cfg", "pyproject.toml")):
        return ()
    source = root / "src"
    if source.is_dir() and any((path / "__init__.py").exists() for path in source.iterdir()):
        return ("src",)
    return (".",) if any(path.parent.is_dir() for path in root.glob("*/__init__.py")) else ()


def _date(
    as_of: datetime | Literal["commit", "today"], committed_at: datetime | None, today: datetime
) -> tuple[datetime, str]:
    if isinstance(as_of, datetime):
        return as_of.astimezone(UTC), "the date that was asked for"
    if as_of == "commit" and committed_at is not None:
        if committed_at > today:
            return today.astimezone(UTC), "today, because the commit carries a date in the future"
        return committed_at.astimezone(UTC), "the date of the commit"
    reason = "today, as asked for" if as_of == "today" else "today, because the files carry no date"
    return today.astimezone(UTC), reason


def _folder(root: Path) -> PurePosixPath:
    for name in ("binder", ".binder"):
        if (root / name).is_dir() and not (root / name).is_symlink():
            return PurePosixPath(name)
    return PurePosixPath(".")


def _read_declarations(root: Path, folder: PurePosixPath, findings: Findings) -> None:
    def present(name: str) -> PurePosixPath | None:
        path = folder / name
        real = (root / path).resolve()
        return path if real.is_file() and real.is_relative_to(root.resolve()) else None

    for name, remark in _NOT_READ.items():
        if present(name):
            findings.approximations.append(f"{folder / name}: {remark}.")
    runtime = present("runtime.txt")
    if runtime:
        read_runtime(root, runtime, findings)
    environment = present("environment.yml") or present("environment.yaml")
    requirements = present("requirements.txt")
    if environment:
        read_environment(root, environment, findings)
        if requirements:
            findings.notes.append(f"{requirements} is not read beside {environment}, as Binder does.")
    elif requirements:
        read_requirements(root, requirements, findings)
    is_declared = bool(findings.requirements)
    if not is_declared or findings.wants_own_package:
        _read_project(root, findings)


def _read_project(root: Path, findings: Findings) -> None:
    """Read the project's own files at the root, the modern one first; the first that lists requirements counts."""
    before = len(findings.requirements)
    is_package = False
    for name, reader in (
        ("pyproject.toml", read_pyproject),
        ("setup.cfg", read_setup_cfg),
        ("setup.py", read_setup_py),
    ):
        path = PurePosixPath(name)
        if (root / path).is_file() and not (root / path).is_symlink():
            is_package = reader(root, path, findings) or is_package
        if len(findings.requirements) > before:
            break
    if is_package:
        findings.notes.append(
            "The repository is a package; its notebooks import it from its files, it is not installed."
        )


def _infer(root: Path, notebooks: Sequence[str], findings: Findings) -> None:
    wanted, notes = infer(root, notebooks)
    findings.notes += notes
    for text, file in wanted:
        findings.add(text, file)
    listed = ", ".join(text for text, _ in wanted) or "nothing"
    findings.approximations.append(
        f"The repository declares no requirements; they were inferred from the imports of its code: {listed}."
    )


def _require_kernel(findings: Findings) -> None:
    declared = {canonicalize_name(Pep508(requirement.text).name) for requirement in findings.requirements}
    if _KERNEL not in declared:
        findings.requirements.append(Requirement(_KERNEL, "the notebook kernel"))
        findings.notes.append("The kernel (ipykernel) is not declared; it is resolved as of the same date.")


def _merged(findings: Findings) -> list[Requirement]:
    """Narrow each requirement by the constraints that name it; constraints on anything else are kept by themselves."""
    limits: dict[str, list[Pep508]] = {}
    for constraint in findings.constraints:
        parsed = Pep508(constraint.text)
        limits.setdefault(canonicalize_name(parsed.name), []).append(parsed)
    merged: list[Requirement] = []
    for requirement in findings.requirements:
        parsed = Pep508(requirement.text)
        for limit in limits.get(canonicalize_name(parsed.name), []):
            if limit.marker is None:
                parsed.specifier &= limit.specifier
        merged.append(Requirement(str(parsed), requirement.file, requirement.approximation))
    return merged
