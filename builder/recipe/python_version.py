"""Choose the Python that a repository was written for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from builder.errors import SnapshotError
from builder.recipe.findings import Findings
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source_language import guess_language

# Source: the release schedules PEP 373, 429, 478, 494, 537, 569, 596, 619, 664, 693, 719, 745.
RELEASED: Final[dict[str, datetime]] = {
    version: datetime.fromisoformat(date).replace(tzinfo=UTC)
    for version, date in (
        ("2.7", "2010-07-03"), ("3.4", "2014-03-16"), ("3.5", "2015-09-13"), ("3.6", "2016-12-23"),
        ("3.7", "2018-06-27"), ("3.8", "2019-10-14"), ("3.9", "2020-10-05"), ("3.10", "2021-10-04"),
        ("3.11", "2022-10-24"), ("3.12", "2023-10-02"), ("3.13", "2024-10-07"), ("3.14", "2025-10-07"),
    )
}  # fmt: skip
# How long after its release a Python was what scientists had: wheels of the large packages came within half a year.
_SETTLED: Final = timedelta(days=270)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def choose_python(root: Path, notebooks: Sequence[str], findings: Findings, as_of: datetime) -> tuple[str, str]:
    """Return the version and the sentence that says why.

    In order: what runtime.txt, environment.yml or a lock name; else the newest that the notebooks were saved with, if
    requires-python allows it; else the newest that requires-python allows and that was settled at the date.
    """
    saved = saved_with(root, notebooks)
    if findings.python:
        if saved and is_another(saved, findings.python):
            findings.notes.append(
                f"The notebooks were last saved with Python {saved}; what they show may come from other versions than "
                "those that are declared."
            )
        return findings.python, findings.python_reason
    allowed = _allowed(findings)
    if saved and _is_allowed(saved, allowed):
        return saved, f"The notebooks were last saved with Python {saved}"
    at_date = [version for version, date in RELEASED.items() if date + _SETTLED <= as_of and version != "2.7"]
    fitting = [version for version in at_date if _is_allowed(version, allowed)]
    if fitting:
        because = f", within {findings.python_specifier} of {findings.python_specifier_file}" if allowed else ""
        return fitting[-1], f"Python {fitting[-1]} was the current one on {as_of:%Y-%m-%d}{because}"
    later = [version for version in RELEASED if _is_allowed(version, allowed)]
    if later:
        return later[0], f"{findings.python_specifier_file} asks for Python {findings.python_specifier}"
    return "2.7", f"Python 2.7 was the current one on {as_of:%Y-%m-%d}"


def saved_with(root: Path, notebooks: Sequence[str]) -> str | None:
    """Return the newest Python (X.Y) that the notebooks name, or None when none does."""
    versions: set[tuple[int, int]] = set()
    for notebook in notebooks:
        try:
            document = read_notebook(root / notebook, name=notebook)
        except SnapshotError:
            continue
        _, language, version = guess_language(document)
        match = _VERSION.match(version)
        if language == "python" and match:
            versions.add((int(match.group(1)), int(match.group(2))))
    if not versions:
        return None
    major, minor = max(versions)
    return f"{major}.{minor}"


def is_another(saved: str, declared: str) -> bool:
    """Tell whether notebooks were saved with another minor release of Python than the declared one."""
    match = _VERSION.match(declared)
    return match is not None and f"{match.group(1)}.{match.group(2)}" != saved


def _allowed(findings: Findings) -> SpecifierSet | None:
    if not findings.python_specifier:
        return None
    try:
        return SpecifierSet(findings.python_specifier)
    except InvalidSpecifier:
        findings.notes.append(f"{findings.python_specifier_file}: “{findings.python_specifier}” is no Python version.")
        return None


def _is_allowed(version: str, allowed: SpecifierSet | None) -> bool:
    # ">=3.6.1" allows 3.6, of which the last release is what one gets.
    return allowed is None or version in allowed or f"{version}.99" in allowed
