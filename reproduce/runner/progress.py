"""papermill's record of an execution, told as events and written as evidence now and then."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any, Final

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.engines import NotebookExecutionManager

from reproduce.runner.bundle import SHOWN_FILE
from reproduce.runner.events import EventStream, preview
from reproduce.runner.job import Job
from reproduce.runner.notebook import BLOCK, finish_notebook, is_to_run, write_notebook
from reproduce.runner.shown import ShownCells

_SAVE_EVERY_S: Final = 5.0


class CellProgress(NotebookExecutionManager):  # type: ignore[misc]  # papermill is untyped
    """papermill's record of the execution, told as events and written as evidence now and then.

    `has_begun` is set once the kernel has said that it begins with a cell.
    """

    def __init__(self, notebook: NotebookNode, job: Job, events: EventStream, path: Path) -> None:
        super().__init__(notebook, output_path=None, progress_bar=False, autosave_cell_every=0)
        self.cells_total = sum(map(is_to_run, notebook.cells))
        self.cells_done = 0
        self.failed_cell: NotebookNode | None = None
        self.error: CellExecutionError | None = None
        self.current_cell: NotebookNode | None = None
        self.first_cell_at: float | None = None
        self.has_begun = False
        self.job = job
        self._events = events
        self._path = path
        self._shown = ShownCells(path.with_name(SHOWN_FILE))
        self._cell_started_at = 0.0
        self._saved_at = time.monotonic()

    def cell_start(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Tell that the cell starts."""
        super().cell_start(cell, cell_index, **kwargs)
        self._cell_started_at = time.monotonic()
        if cell.cell_type == "code" and cell.source.strip():
            self.current_cell = cell
        if is_to_run(cell):
            if self.first_cell_at is None:
                self.first_cell_at = self._cell_started_at
            first_line = next(filter(None, map(str.strip, cell.source.splitlines())), "")
            source = preview(first_line[:200])
            self._events.emit("cell-started", **self._place(cell), total=self.cells_total, source=source)

    def cell_exception(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Keep the exception, which papermill itself does not."""
        super().cell_exception(cell, cell_index, **kwargs)
        self.error = kwargs.get("exception")

    def cell_complete(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Tell that the cell is over."""
        super().cell_complete(cell, cell_index, **kwargs)
        if not is_to_run(cell) or self.current_cell is not cell:
            return
        duration = time.monotonic() - self._cell_started_at
        status = "failed" if self.failed_cell is cell else "done"
        self.cells_done += status == "done"
        self._shown.add(cell)
        self._events.emit("cell-ended", **self._place(cell), duration_s=round(duration, 4), status=status)
        if time.monotonic() - self._saved_at > _SAVE_EVERY_S:
            self._save_evidence()

    def output(self, cell: NotebookNode, kind: str, text: str) -> None:
        """Tell of an output of the running cell."""
        self._events.emit("output", **self._place(cell), output_type=kind, text=preview(text))

    def _save_evidence(self) -> None:
        write_notebook(self._path, finish_notebook(copy.deepcopy(self.nb), self.job, "running"))
        self._saved_at = time.monotonic()

    def _place(self, cell: NotebookNode) -> dict[str, Any]:
        return {"index": cell.metadata[BLOCK].get("index"), "id": cell.id}
