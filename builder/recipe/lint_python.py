"""Advise on the version of Python itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from builder.recipe.advice import Advice, advise
from builder.recipe.declarations import recipe_folder
from builder.recipe.findings import Findings
from builder.recipe.lint_versions import CONDA_FILES, PROJECT_FILES, kind_of, line_of
from builder.recipe.model import Recipe, Wish
from builder.recipe.python_version import is_another, saved_with

# Source: the table "Status of Python versions" of the developer's guide of Python.
_END: Final[Mapping[str, datetime]] = {
    version: datetime.fromisoformat(date).replace(tzinfo=UTC)
    for version, date in (
        ("2.6", "2013-10-29"), ("2.7", "2020-01-01"), ("3.1", "2012-04-09"), ("3.2", "2016-02-20"),
        ("3.3", "2017-09-29"), ("3.4", "2019-03-18"), ("3.5", "2020-09-30"), ("3.6", "2021-12-23"),
        ("3.7", "2023-06-27"), ("3.8", "2024-10-07"), ("3.9", "2025-10-31"), ("3.10", "2026-10-31"),
        ("3.11", "2027-10-31"), ("3.12", "2028-10-31"), ("3.13", "2029-10-31"), ("3.14", "2030-10-31"),
    )
}  # fmt: skip
# Packages whose releases have wheels for the Pythons of their time alone.
_COMPILED: Final = frozenset(
    {
        "astropy", "bokeh", "cartopy", "cffi", "cython", "fabio", "gdal", "h5py", "jaxlib", "lxml", "matplotlib",
        "netcdf4", "numba", "numexpr", "numpy", "opencv-python", "opencv-python-headless", "pandas", "pillow",
        "pyarrow", "pyfai", "pyqt5", "pywavelets", "pyyaml", "pyzmq", "scikit-image", "scikit-learn", "scipy", "silx",
        "statsmodels", "tables", "tensorflow", "torch",
    }
)  # fmt: skip
# Nobody moves to a Python that ends within the year.
_WORTH_MOVING_TO: Final = timedelta(days=365)


def advise_on_python(root: Path, notebooks: Sequence[str], recipe: Recipe, findings: Findings) -> list[Advice]:
    """Return what is to be said of the Python; nothing where an image brings it."""
    if recipe.wishes(Wish.DOCKERFILE, Wish.IMAGE, Wish.SIF, Wish.NIX):
        return []
    if findings.python:
        return [*_saved_with_another(root, notebooks, findings), *_past_its_end(root, recipe, findings)]
    if not any(requirement.file in recipe.files for requirement in recipe.requirements) and not (
        recipe.is_inferred and len(recipe.requirements) > 1
    ):
        return []  # no code here that needs a Python of its own
    minor = ".".join(recipe.python.split(".")[:2])
    file, line, fix = _where(root, minor)
    allowed = findings.python_specifier
    if allowed and (findings.is_locked or _is_one_python(allowed)):
        return []
    compiled = _compiled(recipe)
    if compiled:
        name, version = compiled
        message = (
            f"{name} is pinned to {version}, but Python is not: {version} has wheels for the Pythons of its time "
            "alone, and on a later one it cannot be installed."
        )
        return [advise("compiled-without-python", file, line, message=message, fix=fix)]
    if allowed:
        message = f"{findings.python_specifier_file} allows Python {allowed}; on another day that is another Python."
        return [advise("python-range", file, line, message=message, fix=fix)]
    message = "Nothing says which Python the code runs on; each service takes the one that it has."
    return [advise("python-not-pinned", file, line, message=message, fix=fix)]


def _is_one_python(allowed: str) -> bool:
    try:
        specifier = SpecifierSet(allowed)
    except InvalidSpecifier:
        return False
    return sum(specifier.contains(f"{version}.99") or specifier.contains(f"{version}.0") for version in _END) == 1


def _where(root: Path, minor: str) -> tuple[str, int | None, str]:
    folder = recipe_folder(root, Findings())
    for name in CONDA_FILES:
        if (root / folder / name).is_file():
            file = str(folder / name)
            return file, line_of(root, file, "python"), f"Write python={minor} among the dependencies of {file}."
    file = str(folder / "runtime.txt")
    return file, None, f"Write python-{minor} into {file}."


def _compiled(recipe: Recipe) -> tuple[str, str] | None:
    for requirement in recipe.requirements:
        parsed = Pep508(requirement.text)
        is_declared = not recipe.is_inferred and PurePosixPath(requirement.file).name not in PROJECT_FILES
        if is_declared and canonicalize_name(parsed.name) in _COMPILED and kind_of(parsed.specifier) == "pinned":
            return parsed.name, str(parsed.specifier).lstrip("=").removesuffix(".*")
    return None


def _saved_with_another(root: Path, notebooks: Sequence[str], findings: Findings) -> list[Advice]:
    """Say it when the notebooks ran on another Python than the one that is declared, so in another environment."""
    python, saved = findings.python or "", saved_with(root, notebooks)
    if saved is None or not is_another(saved, python):
        return []
    file = findings.python_reason.split(" asks for ")[0]
    return [
        advise(
            "saved-with-another-python",
            file,
            1 if PurePosixPath(file).name == "runtime.txt" else line_of(root, file, "python"),
            message=f"{file} names Python {python}, but the notebooks were last saved with Python {saved}: their "
            "outputs come from another environment than the declared one.",
            fix="Run the notebooks in the declared environment and save them, or write down the one with Python "
            f"{saved} (pip freeze, conda list).",
        )
    ]


def _past_its_end(root: Path, recipe: Recipe, findings: Findings) -> list[Advice]:
    """Say it when the Python that a file names had no more support on the recipe's date."""
    python = findings.python or ""
    minor = ".".join(python.split(".")[:2])
    end = _END.get(minor)
    if end is None or end > recipe.as_of:
        return []
    file = findings.python_reason.split(" asks for ")[0]
    later = recipe.as_of + _WORTH_MOVING_TO
    supported = next((version for version, date in _END.items() if date > later), "3.14")
    written = f"python={supported}" if PurePosixPath(file).name in CONDA_FILES else f"python-{supported}"
    return [
        advise(
            "python-past-its-end",
            file,
            1 if PurePosixPath(file).name == "runtime.txt" else line_of(root, file, "python"),
            message=f"{file} names Python {python}, which had its last release by {end:%Y-%m-%d}: it vanishes from "
            "installers, images and package indexes.",
            fix=f"Where the code allows it, write {written} and run everything once more; else keep it, with a lock.",
        )
    ]
