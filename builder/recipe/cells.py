"""The code of a repository in pieces that each have a place a person can find: a cell, or a module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from builder.errors import BuildError, SnapshotError
from builder.recipe.decoding import decode
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source_language import guess_language

_SIZE_LIMIT: Final = 2 * 2**20
_CELL_LIMIT: Final = 500_000
_WRITTEN: Final = re.compile(r"\s*%%(?:writefile|file)\s+(?:-a\s+)?[\"']?([\w./-]+)[\"']?[^\n]*\n")
# A module that a cell compiles: from a source that it writes, or by f2py.
_COMPILED: Final = re.compile(
    r"\A\s*%%(?:writefile|file)\s+[\"']?(?:[\w./-]*/)?(\w+)\.(?:pyx|f|f90|f95|c|cpp|cc|cxx|cu)\b"
    r"|\bf2py[\d.]*\b[^\n]*\s-m\s+(\w+)"
)
_RUN: Final = re.compile(
    r"^[ \t]*%(?:run|load)\s+(?:-\w+\s+)*[\"']?(?P<magic>[\w./-]{1,200})(?![\w./-])"
    r"|^[ \t]*![ \t]*python[\d.]*\s+(?P<shell>[\w./-]{1,200}\.py)\b"
    r"|\b(?:execfile|run_path|exec\s*\(\s*open)\s*\(\s*[\"'](?P<call>[\w./-]{1,200}\.py)[\"']",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell's or a module's source. `file` is its path in the repository, `cell` counts from 1 as pages do."""

    file: str
    source: str
    cell: int | None = None
    python: str = ""

    @property
    def place(self) -> str:
        """Return what a person is told: "fits.ipynb, cell 3" or "tools.py"."""
        return f"{self.file}, cell {self.cell}" if self.cell else self.file


def notebook_pieces(root: Path, notebook: str) -> Iterator[Piece]:
    """Yield the code cells of a Python notebook; nothing of one that cannot be read or is of another language."""
    try:
        document = read_notebook(root / notebook, name=notebook)
    except SnapshotError:
        return  # said where notebooks are listed; the others can still be run
    _, language, version = guess_language(document)
    if language not in ("python", ""):
        return
    for index, cell in enumerate(document.cells):
        if cell.cell_type == "code":
            yield Piece(notebook, str(cell.source)[:_CELL_LIMIT], index + 1, version)


def module_piece(root: Path, file: str) -> Piece:
    """Return the source of a module; an empty one where it cannot be read."""
    try:
        path = root / file
        if path.stat().st_size > _SIZE_LIMIT:
            return Piece(file, "")
        return Piece(file, decode(path.read_bytes(), name=path.name))
    except (OSError, BuildError):
        return Piece(file, "")


def written_module(piece: Piece) -> tuple[str, str] | None:
    """Return (name, source) of the module that a cell writes by %%writefile, or None."""
    match = _WRITTEN.match(piece.source)
    if match is None or not match[1].endswith(".py"):
        return None
    return PurePosixPath(match[1]).stem, piece.source[match.end() :]


def compiled_here(piece: Piece) -> set[str]:
    """Return the names of the modules that a cell compiles."""
    return {one or other for one, other in _COMPILED.findall(piece.source)}


def files_run_by(root: Path, piece: Piece) -> list[str]:
    """Return the files of the repository that a piece runs by name (%run, execfile, !python)."""
    found = []
    real_root = root.resolve()
    for match in _RUN.finditer(piece.source):
        name = match["magic"] or match["shell"] or match["call"]
        for candidate in (name, f"{name}.py"):
            real = (root / PurePosixPath(piece.file).parent / candidate).resolve()
            if real.is_relative_to(real_root) and real.is_file() and real.suffix in (".py", ".ipynb"):
                found.append(real.relative_to(real_root).as_posix())
                break
    return found
