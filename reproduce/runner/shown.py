"""What the cells of a running notebook show, one line a cell, for whoever compares it before the notebook has ended."""

from __future__ import annotations

import json
import os
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
        self._file: tuple[int, int] | None = None
        self._offset = 0

    def read(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the index and the outputs of each cell that has come; a line that is not whole is read later."""
        if not self._path.is_file():
            return
        try:
            with self._path.open("rb") as file:
                status = os.fstat(file.fileno())
                which = status.st_dev, status.st_ino
                if which != self._file or status.st_size < self._offset:
                    self._file, self._offset = which, 0
                file.seek(self._offset)
                lines = file.read().splitlines(keepends=True)
        except OSError:
            return
        for line in lines:
            # A shared file system may show a file's new length before what was written, as zero bytes.
            if not line.endswith(b"\n") or b"\0" in line:
                return
            self._offset += len(line)
            cell = json.loads(line)
            if isinstance(cell["index"], int):
                yield cell["index"], cell["outputs"]
