"""Figures are compared while their notebook still runs, on a processor that it leaves idle. Knows no database."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from reproduce.compare import KnownPictures, pictures_to_compare
from reproduce.compare.alignment import NOTE, align_cells
from reproduce.judging import Claim
from reproduce.runner.bundle import SHOWN_FILE
from reproduce.runner.shown import ShownReader

# Notebooks go first: theirs is the time that counts against a limit.
_NICENESS: Final = 5


class ComparingAhead:
    """Compares the pictures of each cell that has ended with the published ones; `known` has what came out.

    To be entered around a run, whose bundle is `bundle`, and told its events. Each answer follows from its two
    pictures alone, so what a later cell changes, or a run that begins anew, is compared when all is over, as is what
    was not reached. Where there is one processor nothing is compared ahead.
    """

    def __init__(self, claim: Claim, published: Any, bundle: Path) -> None:  # noqa: ANN401 - nbformat has no types
        self.known = KnownPictures()
        self._claim = claim
        self._cells = published.get("cells") or []
        self._reader = ShownReader(bundle / SHOWN_FILE)
        self._has_more = threading.Event()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if len(os.sched_getaffinity(0)) > 1:
            self._thread = threading.Thread(target=self._compare, name="pictures-ahead", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._has_more.set()
        if self._thread is not None:
            # It ends after the pair at which it is.
            self._thread.join()

    def hear(self, event: dict[str, Any]) -> None:
        """Take note of an event of the run."""
        if event["type"] == "cell-ended":
            self._has_more.set()

    def _compare(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while not self._is_over.is_set():
            self._has_more.wait()
            self._has_more.clear()
            # A fault in here is met again, and told, when all is compared.
            with suppress(Exception):
                self._compare_new()

    def _compare_new(self) -> None:
        for index, outputs in self._reader.read():
            executed = {"cell_type": "code", "metadata": {NOTE: {"index": index}}, "outputs": outputs}
            for pair in align_cells(self._cells, [executed]):
                if pair.fresh is None or (self._claim.cells and pair.id not in self._claim.cells):
                    continue
                for pictures in pictures_to_compare(pair):
                    if self._is_over.is_set():
                        return
                    self.known.compare(*pictures, self._claim.tolerance)
