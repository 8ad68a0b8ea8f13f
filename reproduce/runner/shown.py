"""What the cells of a running notebook show, one line a cell, for whoever compares it before the notebook has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from nbformat import NotebookNode

from reproduce.runner.notebook import BLOCK

# A cell that shows more is compared when all is over.
_MOST_BYTES: Final = 32 << 20
_BUNDLES: Final = frozenset({"display_data", "execute_result"})
_PICTURES: Final = ("image/png", "image/jpeg", "image/gif")


class ShownCells:
    """Writes the file. It is no evidence: what counts is the executed notebook, in which a later cell may change it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.unlink(missing_ok=True)

    def add(self, cell: NotebookNode) -> None:
        """Write what a cell that has ended shows, if there are pictures in it and there is room for it."""
        shown = [output for output in cell.get("outputs", []) if output.get("output_type") in _BUNDLES]
        if not any(mime in (output.get("data") or {}) for output in shown for mime in _PICTURES):
            return
        line = json.dumps({"index": cell.metadata[BLOCK].get("index"), "outputs": shown}).encode() + b"\n"
        if len(line) <= _MOST_BYTES:
            try:
                with self._path.open("ab") as file:
                    file.write(line)
            except OSError:
                # Nothing follows from its absence; a full disk is told by what has to be written.
                return


class ShownReader:
    """Reads the file as it grows, or begins anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the index and the outputs of each cell that has come; a line that is not whole is read later."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._offset:
                    self._offset = 0
                file.seek(self._offset)
                lines = file.read().splitlines(keepends=True)
        except OSError:
            return
        for line in lines:
            if not line.endswith(b"\n"):
                return
            self._offset += len(line)
            cell = json.loads(line)
            if isinstance(cell["index"], int):
                yield cell["index"], cell["outputs"]
