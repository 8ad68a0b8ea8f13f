"""Read runtime.txt: a Python ("python-3.7"), or an R with the date of its packages ("r-4.3-2023-01-01")."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

from builder.recipe.decoding import read_text
from builder.recipe.documents import unreadable
from builder.recipe.findings import Findings
from builder.recipe.wishes import read_r_runtime

_PYTHON: Final = re.compile(r"python-?(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
_MAJOR: Final = re.compile(r"python-?([23])", re.IGNORECASE)
_R: Final = re.compile(r"r(?:-(\d+\.\d+(?:\.\d+)?))?(?:-(\d{4}-\d{2}-\d{2}))?", re.IGNORECASE)


def read_runtime(root: Path, path: PurePosixPath, findings: Findings) -> None:
    """Take the Python that runtime.txt names, or add its R. Raises BuildError recipe-unreadable for anything else."""
    text = read_text(root / path, name=str(path)).strip()
    python, major, r = _PYTHON.fullmatch(text), _MAJOR.fullmatch(text), _R.fullmatch(text)
    if python:
        findings.take_file(str(path))
        findings.take_python(python.group(1), str(path))
    elif major:
        findings.take_file(str(path))
        findings.take_python_range(">=3" if major.group(1) == "3" else ">=2.7,<3", str(path))
    elif r and (r.group(1) or r.group(2)):
        _judge_date(r.group(2), path)
        read_r_runtime(r.group(1) or "", r.group(2) or "", path, findings)
    else:
        raise unreadable(path, "it does not say python-X.Y or r-X.Y-YYYY-MM-DD")


def _judge_date(text: str | None, path: PurePosixPath) -> None:
    try:
        if text:
            date.fromisoformat(text)
    except ValueError as error:
        raise unreadable(path, f"{text} is no date") from error
