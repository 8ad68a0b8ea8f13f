"""The project's own files, as the tests of its contracts read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

ROOT: Final = Path(settings.BASE_DIR)
APPS: Final = ("config", "catalog", "builder", "reproduce")


def read(name: str) -> str:
    """Return the text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def code_files() -> list[Path]:
    """Return the project's own Python files, tests and migrations apart."""
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return sorted([*found, ROOT / "manage.py"])


def templates() -> list[Path]:
    """Return all templates."""
    return sorted((ROOT / "templates").rglob("*.html"))


def table_rows(document: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables in a document, headings and rules apart."""
    for line in read(document).splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\-: ]+", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named_in(document: str) -> set[str]:
    """Return the names in code marks that begin a row of a table."""
    return {match[1] for row in table_rows(document) if (match := re.match(r"`([^`]+)`", row[0]))}
