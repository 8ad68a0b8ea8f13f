"""The very line of a declaration that was refused, looked up when it was: readers of YAML and TOML know no lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from builder.errors import BuildError
from builder.recipe.decoding import read_text

_LINE_NUMBER: Final = re.compile(r"\bline\s+(\d{1,7})")


def refused_line(root: Path, error: BuildError) -> str:
    """Return file, number and text of the line that the error is about; where none is found, file and requirement.

    "" where it names no requirement, nor a line.
    """
    file, requirement = error.data.get("file", ""), error.data.get("requirement", "")
    lines = _lines(root, file)
    number = _number(lines, requirement, error.data.get("reason", ""))
    if number is not None:
        return f"{file}, line {number}: {lines[number - 1].strip()}"
    return f"{file}: {requirement}" if requirement else ""


def _number(lines: list[str], requirement: str, reason: str) -> int | None:
    if requirement:
        sought = "".join(requirement.split())
        return next((number for number, line in enumerate(lines, 1) if sought in "".join(line.split())), None)
    said = _LINE_NUMBER.search(reason)
    return int(said[1]) if said and 1 <= int(said[1]) <= len(lines) else None


def _lines(root: Path, file: str) -> list[str]:
    """Return the lines of a file of the repository, none of what cannot be read or lies outside."""
    try:
        path = (root / file).resolve()
        if not file or not path.is_relative_to(root.resolve()) or not path.is_file():
            return []
        return read_text(path, name=file).splitlines()
    except (BuildError, OSError, ValueError):
        return []
