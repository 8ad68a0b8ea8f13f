"""Which stage of a build is under way and how long each took, on record for every page that shows it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from builder.engines.progress import Stage
from builder.models import Build


class StageClock:
    """Takes the stages from any thread of an engine; `flush` writes them, from a thread that may use the database.

    A stage that comes again, as download and build do from package to package, adds to its time.
    """

    def __init__(self, build: Build, now: Callable[[], float] = time.monotonic) -> None:
        self._build = build
        self._now = now
        self._lock = threading.Lock()
        self._seconds: dict[Stage, float] = {}
        self._current: Stage | None = None
        self._since = 0.0
        self._written: dict[str, Any] = {}

    def begin(self, stage: Stage) -> None:
        """End the stage that is under way, if any, and begin `stage`."""
        with self._lock:
            self._stop()
            self._current, self._since = stage, self._now()

    def end(self) -> dict[str, Any]:
        """End the last stage and return the fields of a build that is done."""
        with self._lock:
            self._stop()
            return self._fields()

    def failed(self) -> dict[str, Any]:
        """End the last stage and return the fields of a build that failed in it."""
        with self._lock:
            stage = self._current
            self._stop()
            return {**self._fields(), "stage": stage or ""}

    def flush(self) -> None:
        """Write what changed since the last time."""
        with self._lock:
            fields = self._fields()
            if fields == self._written:
                return
            self._written = fields
        Build.objects.filter(pk=self._build.pk, state=Build.State.RUNNING).update(**fields)

    def _stop(self) -> None:
        if self._current is not None:
            took = self._now() - self._since
            self._seconds[self._current] = self._seconds.get(self._current, 0.0) + took
            self._current = None

    def _fields(self) -> dict[str, Any]:
        done = [
            {"stage": str(stage), "seconds": round(self._seconds[stage], 3)}
            for stage in Stage
            if stage in self._seconds
        ]
        return {"stage": str(self._current or ""), "stages": done}


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage as the pages show it: "done", "current", "failed" or "ahead", and how long it took."""

    name: str
    mark: str
    seconds: float | None


def stage_rows(build: Build) -> tuple[StageRow, ...]:
    """Return the stages of a build in their order. What a build passed over, or never came to, is left out."""
    took = {str(row["stage"]): float(row["seconds"]) for row in build.stages}
    is_running = build.state == Build.State.RUNNING
    order = [str(stage) for stage in Stage]
    reached = order.index(build.stage) if build.stage in order else -1
    rows = []
    for at, name in enumerate(order):
        if build.stage == name:
            rows.append(StageRow(name, "current" if is_running else "failed", took.get(name)))
        elif name in took:
            rows.append(StageRow(name, "done", took[name]))
        elif is_running and at > reached:
            rows.append(StageRow(name, "ahead", None))
    return tuple(rows)
