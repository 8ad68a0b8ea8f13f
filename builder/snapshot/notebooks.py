"""Find notebooks and tell what can be told of them without running them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from builder.errors import SnapshotError
from builder.snapshot.facts import FigureHint, NotebookOutline
from builder.snapshot.reading import SIZE_LIMIT_BYTES, NotebookNode, read_notebook
from builder.snapshot.source_language import guess_language
from catalog.causes import cause

__all__ = ["SIZE_LIMIT_BYTES", "outline_notebook", "outline_notebooks", "read_notebook"]

_MIMES: Final = ("image/svg+xml", "image/png", "image/jpeg", "application/pdf")
_HEADING: Final = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$|^(.+)\n\s{0,3}(?:=+|-{2,})\s*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
_TITLE_LIMIT: Final = 200


def outline_notebooks(root: Path) -> tuple[NotebookOutline, ...]:
    """Return the outline of every notebook under `root`, sorted by path. Hidden directories are not entered.

    Never raises for a bad notebook: its outline carries the cause in `problem`.
    """
    return tuple(outline_notebook(root, path) for path in find_notebooks(root))


def find_notebooks(root: Path) -> list[str]:
    """Return the paths of all *.ipynb under `root`, relative, with slashes, sorted."""
    found: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = Path(folder)
        found += [
            (here / name).relative_to(root).as_posix()
            for name in names
            if name.endswith(".ipynb") and not name.startswith(".") and (here / name).is_file()
        ]
    return sorted(found)


def outline_notebook(root: Path, path: str) -> NotebookOutline:
    """Return the outline of one notebook under `root`; one that cannot be read carries the cause in `problem`."""
    try:
        notebook = read_notebook(root / path, name=path)
    except SnapshotError as error:
        stem = Path(path).stem
        return NotebookOutline(path, stem, "", "", "", 0, 0, (), error.kind_id, error.cause.message)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kernel, language, version = guess_language(notebook)
    outputs = sum(len(cell.outputs) for cell in code)
    problem, message = _problem(path, kernel, language, outputs)
    return NotebookOutline(
        path=path,
        title=_title(notebook) or Path(path).stem,
        kernel_name=kernel,
        language=language,
        language_version=version,
        code_cells=len(code),
        stored_outputs=outputs,
        figures=figure_hints(notebook),
        problem=problem,
        problem_message=message,
    )


def _problem(path: str, kernel: str, language: str, outputs: int) -> tuple[str | None, str]:
    if not language:
        # A kernel that is named but of which nothing says the language is unknown rather than absent.
        id_ = "kernel-unknown" if kernel else "notebook-without-kernel"
        return id_, cause(id_, path=path, kernel=kernel, language="unknown").message
    if language != "python":
        return "kernel-unknown", cause("kernel-unknown", path=path, kernel=kernel, language=language).message
    if outputs == 0:
        return "notebook-without-outputs", cause("notebook-without-outputs", path=path).message
    return None, ""


def figure_hints(notebook: NotebookNode) -> tuple[FigureHint, ...]:
    """Return the code cells whose stored outputs hold a picture or an HTML table, with the nearest heading above."""
    hints: list[FigureHint] = []
    heading = ""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            found = _headings(cell.source)
            heading = found[-1][1] if found else heading
        elif cell.cell_type == "code":
            mime = _richest(cell.outputs)
            if mime:
                hints.append(FigureHint(cell.id, index, mime, heading))
    return tuple(hints)


def _richest(outputs: Sequence[Any]) -> str:
    bundles = [output.get("data", {}) for output in outputs]
    for mime in _MIMES:
        if any(mime in bundle for bundle in bundles):
            return mime
    if any("<table" in str(bundle.get("text/html", "")).lower() for bundle in bundles):
        return "text/html"
    return ""


def _title(notebook: NotebookNode) -> str:
    headings = [found for cell in notebook.cells if cell.cell_type == "markdown" for found in _headings(cell.source)]
    if not headings:
        return ""
    top = min(level for level, _ in headings)
    return next(text for level, text in headings if level == top)


def _headings(markdown: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for match in _HEADING.finditer(_FENCE.sub("", markdown[:100_000])):
        level = len(match.group(1)) if match.group(1) else 1
        text = re.sub(r"<[^>]*>|[*_`]", "", match.group(2) or match.group(3)).strip()
        if text:
            found.append((level, text[:_TITLE_LIMIT]))
    return found
