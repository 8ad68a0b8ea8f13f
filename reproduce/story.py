"""The story of a run, line by line, from the runner's events into the database, where any web process reads it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max

from builder.engines.progress import Stage
from reproduce.models import Run, RunEvent


class Story:
    """Collects lines and progress from the worker's thread; `flush` writes them, from any thread, in their order."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._lines: list[tuple[str, str]] = []
        self._unwritten: list[RunEvent] = []
        self._progress: dict[str, int] = {}
        self._beside: list[Callable[[], None]] = []
        self._begun = self._done = self._total = 0
        self._seq: int = RunEvent.objects.filter(run=run).aggregate(last=Max("seq"))["last"] or 0

    def add(self, kind: str, text: str) -> None:
        """Append a line; it is on record at the next flush."""
        # No database takes a NUL, nor half of a pair of UTF-16.
        clean = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
        with self._lock:
            self._lines.append((kind, clean))

    def log(self, line: str) -> None:
        """Append a line of a build's log."""
        self.add("build", line)

    def begin_stage(self, stage: Stage) -> None:
        """Append that a stage of the build begins."""
        self.add("stage", f"Stage: {stage}")

    def write_also(self, flush: Callable[[], None]) -> None:
        """Call `flush` whenever the story is written."""
        self._beside.append(flush)

    def tell(self, event: dict[str, Any]) -> None:
        """Take an event of the runner, or of the executor."""
        kind = str(event["type"])
        if kind == "cell-started":
            self._total = int(event["total"])
            self._begun += 1
            self._set_progress()
            count = f"{self._begun} of {self._total}"
            self.add("cell", f"Cell {_place(event)} ({count}): {event.get('source', '')}")
        elif kind == "cell-ended":
            # One that failed, or was cut short, is over but not done.
            self._done += event["status"] == "done"
            self._set_progress()
            self.add("cell", f"Cell {_place(event)} {event['status']} after {event['duration_s']:.2f} s")
        elif kind == "data":
            self.add("run", f"Verifying {event['done']} of {event['total']} files of {event['dataset']}")
        elif kind == "kernel-started":
            self.add("run", "The kernel is ready.")
        elif kind == "restarted":
            self._begun = self._done = self._total = 0
            self._set_progress()
        elif kind == "log":
            self.add("run", str(event.get("text", "")))

    def _set_progress(self) -> None:
        with self._lock:
            self._progress = {"cells_done": self._done, "cells_total": self._total}

    def flush(self) -> None:
        """Write what has gathered. Lines of a claim that was lost are dropped with it.

        What the database did not take is kept under its numbers for the next time, so that none is missing or twice.
        """
        with self._writing:
            with self._lock:
                lines, self._lines = self._lines, []
                progress, self._progress = self._progress, {}
            for kind, text in lines:
                self._seq += 1
                self._unwritten.append(RunEvent(run=self._run, seq=self._seq, kind=kind, text=text))
            if self._unwritten or progress:
                try:
                    self._write(progress)
                except BaseException:
                    with self._lock:
                        self._progress = progress | self._progress
                    raise
                self._unwritten = []
        for flush in tuple(self._beside):
            flush()

    def _write(self, progress: dict[str, int]) -> None:
        """Write in one transaction that holds the run: no line of this attempt comes after a later one has begun."""
        with transaction.atomic():
            held = Run.objects.filter(pk=self._run.pk, claim=self._run.claim)
            is_held = held.update(**progress) if progress else held.select_for_update().values_list("pk").first()
            if is_held and self._unwritten:
                RunEvent.objects.bulk_create(self._unwritten, ignore_conflicts=True)


def _place(event: dict[str, Any]) -> int:
    """The cell's place among all cells of the notebook, from 1, as every page and cause counts."""
    return int(event["index"]) + 1
