"""Advise on versions: what floats will be another release one day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.advice import Advice, advise, listed
from builder.recipe.decoding import read_text
from builder.recipe.model import Recipe, Requirement
from builder.recipe.names import BRINGS, BROUGHT_BY_KERNEL, CONDA_TO_DISTRIBUTION

PROJECT_FILES: Final = ("pyproject.toml", "setup.cfg", "setup.py")
CONDA_FILES: Final = ("environment.yml", "environment.yaml")
_NOT_COUNTED: Final = frozenset({"pip", "setuptools", "wheel", "ipykernel"})
_FROM_ADDRESS: Final = " is asked for from "


def advise_on_versions(root: Path, recipe: Recipe, versions: Mapping[str, str]) -> list[Advice]:
    """Return what is to be said of each file's requirements, at most one advice of each kind a file."""
    if recipe.is_inferred:
        return [_nothing_declared(recipe, versions)] if len(_counted(recipe.requirements)) else []
    limits = {
        canonicalize_name(parsed.name)
        for parsed in (Pep508(constraint.text) for constraint in recipe.constraints)
        if kind_of(parsed.specifier) == "pinned"
    }
    by_file: dict[str, list[Pep508]] = {}
    for requirement in recipe.requirements:
        if requirement.file in recipe.files and not (requirement.approximation or "").count(_FROM_ADDRESS):
            by_file.setdefault(requirement.file, []).append(Pep508(requirement.text))
    found = _undeclared(recipe, versions)
    for file, wanted in by_file.items():
        kinds = {
            parsed: "pinned" if canonicalize_name(parsed.name) in limits else kind_of(parsed.specifier)
            for parsed in wanted
            if canonicalize_name(parsed.name) not in _NOT_COUNTED
        }
        if PurePosixPath(file).name in PROJECT_FILES:
            found += _on_project(root, file, kinds)
        else:
            found += _on_file(root, file, kinds, versions)
    return found


def kind_of(specifier: SpecifierSet) -> str:
    """Return "pinned", "range", "lower" or "free"; conda's numpy=1.16.4 reads ==1.16.4.* and counts as pinned."""
    exact = [
        part
        for part in specifier
        if part.operator == "==="
        or (part.operator == "==" and (not part.version.endswith(".*") or part.version.count(".") >= 3))
    ]
    if exact:
        return "pinned"
    operators = {part.operator for part in specifier}
    if operators & {"==", "~=", "<", "<="}:
        return "range"
    return "lower" if operators & {">", ">="} else "free"


def pinned(names: Sequence[str], versions: Mapping[str, str], file: str) -> str:
    """Return the exact versions to write in the way of the file, and how to learn those that are not known."""
    sign = "=" if PurePosixPath(file).name in CONDA_FILES else "=="
    known = [versions.get(canonicalize_name(distribution_in(name, file))) for name in names]
    texts = [f"{name}{sign}{version or '…'}" for name, version in zip(names, known, strict=True)]
    told = (
        "" if all(known) else f" with the versions you ran ({'conda list' if sign == '=' else 'pip freeze'} shows them)"
    )
    return f"{', '.join(texts)}{told}"


def distribution_in(name: str, file: str) -> str:
    """Return the index's name of what a file calls `name`."""
    is_conda = PurePosixPath(file).name in CONDA_FILES
    return (CONDA_TO_DISTRIBUTION.get(name.lower()) or name) if is_conda else name


def _as_written(root: Path, file: str, name: str) -> str | None:
    """Return the name by which the file asks for a distribution; None where it asks for something that brings it."""
    if line_of(root, file, name) is not None:
        return name
    wanted = canonicalize_name(name)
    others = [
        conda for conda, target in CONDA_TO_DISTRIBUTION.items() if target and canonicalize_name(target) == wanted
    ]
    return next((other for other in others if line_of(root, file, other) is not None), None)


def line_of(root: Path, file: str, name: str) -> int | None:
    """Return the first line of the file that names the package, comments apart."""
    spelled = re.sub(r"(\\?[-_.])+", "[-_.]+", re.escape(canonicalize_name(name)))
    pattern = re.compile(rf"(?<![\w.-]){spelled}(?![\w-]|\.\w)", re.IGNORECASE)
    for number, line in enumerate(lines_of(root, file), 1):
        if pattern.search(line.split("#")[0]):
            return number
    return None


def lines_of(root: Path, file: str) -> list[str]:
    """Return the lines of a file of the repository, none where it cannot be read."""
    try:
        return read_text(root / file, name=file).split("\n")
    except BuildError:
        return []


def _counted(requirements: Sequence[Requirement]) -> list[Pep508]:
    parsed = [Pep508(requirement.text) for requirement in requirements]
    return [each for each in parsed if canonicalize_name(each.name) not in _NOT_COUNTED]


def _nothing_declared(recipe: Recipe, versions: Mapping[str, str]) -> Advice:
    wanted = _counted(recipe.requirements)
    return advise(
        "nothing-declared",
        "requirements.txt",
        None,
        message=f"Nothing says which packages the code needs; {listed([each.name for each in wanted])} were read from "
        "its imports, without their versions.",
        fix=f"Write requirements.txt: {pinned([each.name for each in wanted], versions, 'requirements.txt')}.",
    )


def _undeclared(recipe: Recipe, versions: Mapping[str, str]) -> list[Advice]:
    """Name what the code imports and no file declares, apart from what comes along with what is declared."""
    file = next((file for file in recipe.files if PurePosixPath(file).suffix in (".txt", ".yml", ".yaml")), "")
    file = file if PurePosixPath(file).name != "runtime.txt" and file else "requirements.txt"
    declared = {canonicalize_name(Pep508(each.text).name) for each in recipe.requirements}
    brought = BROUGHT_BY_KERNEL.union(*(BRINGS.get(name, ()) for name in declared))
    wanted = {Pep508(each.text).name: each.file for each in recipe.undeclared}
    wanted = {name: place for name, place in wanted.items() if canonicalize_name(name) not in brought}
    if not wanted:
        return []
    needed = listed([f"{name} ({place})" for name, place in wanted.items()])
    message = f"The code needs what no file declares: {needed}."
    fix = f"Write {pinned(list(wanted), versions, 'requirements.txt')} into {file}."
    return [advise("import-not-declared", file, None, message=message, fix=fix)]


def _on_project(root: Path, file: str, kinds: Mapping[Pep508, str]) -> list[Advice]:
    floating = [parsed for parsed, kind in kinds.items() if kind != "pinned"]
    if not floating:
        return []
    return [
        advise(
            "no-lock",
            file,
            line_of(root, file, floating[0].name),
            message=f"{file} allows any release of {listed([parsed.name for parsed in floating])} in its ranges, as a "
            "package should, and no lock beside it says which ones the notebooks ran with.",
            fix="Commit a lock: write pylock.toml (uv export --format pylock.toml -o pylock.toml), or take the one "
            "that is offered here.",
        )
    ]


_WORDS: Final = {
    "lower-bound-only": "A lower bound alone lets every later release in: {names}.",
    "version-range": "The given range still lets other releases in: {names}.",
    "not-pinned": "No version is given for {names}; what is newest on the day is taken.",
    "half-pinned": "{pinned} of {all} packages have an exact version; what floats will no longer fit them: {names}.",
}


def _on_file(root: Path, file: str, kinds: Mapping[Pep508, str], versions: Mapping[str, str]) -> list[Advice]:
    count = sum(kind == "pinned" for kind in kinds.values())
    ids = {"lower": "lower-bound-only", "range": "version-range", "free": "half-pinned" if count else "not-pinned"}
    found = []
    for kind, id_ in ids.items():
        written = [_as_written(root, file, parsed.name) for parsed in kinds if kinds[parsed] == kind]
        names = [name for name in written if name]
        if names:
            found.append(
                advise(
                    id_,
                    file,
                    line_of(root, file, names[0]),
                    message=_WORDS[id_].format(names=listed(names), pinned=count, all=len(kinds)),
                    fix=f"Write {pinned(names, versions, file)}.",
                )
            )
    return found
