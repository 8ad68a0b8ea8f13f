"""Read a repository's recipe: what it declares, or what its code imports, as of a date, on a Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.dates import AsOf, choose_date
from builder.recipe.declarations import read_declarations
from builder.recipe.findings import Findings
from builder.recipe.imports import infer
from builder.recipe.languages import choose_language
from builder.recipe.model import Recipe, Requirement
from builder.recipe.python_version import choose_python
from builder.recipe.undeclared import undeclared

_KERNEL: Final = "ipykernel"


def read_recipe(
    root: Path,
    notebooks: Sequence[str],
    *,
    as_of: AsOf,
    committed_at: datetime | None,
    today: datetime,
    python: str | None = None,
    published_on: date | None = None,
) -> Recipe:
    """Return what the environment of `notebooks` (paths relative to `root`) shall hold.

    Like Binder, files are looked for in binder/, else .binder/, else the root, and environment.yml goes before
    requirements.txt before a project's own files; a lock goes before the loose file it was made from. As of the
    publication is as of the end of that day. `python` ("3.9") stands above what the repository says.
    Raises BuildError recipe-unreadable, requirement-invalid or requirement-forbidden.
    """
    moment, reason_of_date = choose_date(as_of, committed_at=committed_at, published_on=published_on, today=today)
    findings = Findings()
    read_declarations(root, findings)
    language = choose_language(root, notebooks, findings)
    is_inferred = not findings.requirements and not findings.is_locked and language == "python"
    if is_inferred:
        _infer(root, notebooks, findings)
    besides = () if is_inferred or language != "python" else undeclared(root, notebooks, findings.requirements)
    _require_kernel(findings)
    if python is not None:
        if not re.fullmatch(r"\d+\.\d+(\.\d+)?", python):
            raise BuildError("python-unavailable", python=python, available="a version such as 3.9")
        chosen, reason = python, f"Python {python} was asked for"
    else:
        chosen, reason = choose_python(root, notebooks, findings, moment)
    return Recipe(
        files=tuple(dict.fromkeys(findings.files)),
        requirements=tuple(_merged(findings)),
        python=chosen,
        python_reason=reason,
        as_of=moment,
        as_of_reason=reason_of_date,
        is_inferred=is_inferred,
        approximations=tuple(dict.fromkeys(findings.approximations)),
        notes=tuple(dict.fromkeys(findings.notes)),
        extras=tuple(dict.fromkeys(findings.extras)),
        language=language,
        constraints=tuple(dict.fromkeys(findings.constraints)),
        channels=tuple(findings.channels),
        undeclared=besides,
    )


def import_roots(root: Path) -> tuple[str, ...]:
    """Return the folders of the repository that belong on the Python path: where it is a package, the package's place.

    The environment holds what the package requires, not the package itself, so that one environment serves every
    commit with the same requirements and nobody's setup.py needs to run.
    """
    findings = Findings()
    with suppress(BuildError):  # what is wrong with the files is said when the recipe is read
        read_declarations(root, findings)
    folders = [PurePosixPath("."), *(folder for folder in findings.projects if folder != PurePosixPath("."))]
    return tuple(dict.fromkeys(place for folder in folders for place in _import_root(root, folder)))


def _import_root(root: Path, folder: PurePosixPath) -> list[str]:
    """Return the place of a project's package: its src folder, or its own."""
    here = root / folder
    if not any((here / name).is_file() for name in ("setup.py", "setup.cfg", "pyproject.toml")):
        return []
    source = here / "src"
    if source.is_dir() and any((path / "__init__.py").exists() for path in source.iterdir()):
        return [str(folder / "src")]
    return [str(folder)] if any(path.parent.is_dir() for path in here.glob("*/__init__.py")) else []


def _infer(root: Path, notebooks: Sequence[str], findings: Findings) -> None:
    wanted, notes = infer(root, notebooks)
    findings.notes += notes
    for text, file in wanted:
        findings.add(text, file)
    if not wanted:
        findings.notes.append("The repository declares no Python packages, and its code imports none.")
        return
    listed = ", ".join(text for text, _ in wanted)
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
