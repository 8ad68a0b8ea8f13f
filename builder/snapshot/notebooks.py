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
# Each is asked of one line of a bounded length: over many lines the same takes a hostile text hours.
_HEADING: Final = re.compile(r"\s{0,3}(#{1,6})\s+(\S.*)")
_UNDERLINE: Final = re.compile(r"\s{0,3}(?:=+|-{2,})\s*")
_UNKNOWN: Final = re.compile(r"[\ud800-\udfff]")
_LINE_LIMIT: Final = 1000
_FENCE: Final = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
_TITLE_LIMIT: Final = 200


def outline_notebooks(root: Path) -> tuple[NotebookOutline, ...]:
    """Return the outline of every notebook under `root`, sorted by path. Hidden directories are not entered.

    Never raises for a bad notebook: its outline carries the cause in `problem`.
    """
    return tuple(outline_notebook(root, path) for path in find_notebooks(root))


def find_notebooks(root: Path) -> list[str]:
    """Return the paths of all *.ipynb under `root`, relative, with slashes, sorted.

    One whose path is no UTF-8 is left out, because no page and no statement could name it.
    """
    found: list[str] = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = Path(folder)
        found += [
            (here / name).relative_to(root).as_posix()
            for name in names
            if name.endswith(".ipynb") and not name.startswith(".") and (here / name).is_file()
        ]
    return sorted(path for path in found if not _UNKNOWN.search(path))


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
    """Return level and text of the headings of a markdown cell, with hashes before or a line below them."""
    found: list[tuple[int, str]] = []
    lines = [line[:_LINE_LIMIT] for line in _FENCE.sub("", markdown[:100_000]).split("\n")]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        hashed = _HEADING.fullmatch(line.rstrip())
        if hashed:
            found.append((len(hashed.group(1)), hashed.group(2).rstrip("#")))
        elif line and _UNDERLINE.fullmatch(below) and not _UNDERLINE.fullmatch(line):
            found.append((1, line))
    plain = ((level, re.sub(r"<[^>]*>|[*_`\x00-\x1f\x7f]", "", text).strip()[:_TITLE_LIMIT]) for level, text in found)
    return [(level, text) for level, text in plain if text]
