"""Where a job is run: on this machine, or through a batch system. Whoever asks knows only this. Pure: no Django."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from reproduce.runner.job import Job, Result

OnEvent = Callable[[dict[str, Any]], None]
IsCancelled = Callable[[], bool]


class Executor(Protocol):
    """Runs jobs somewhere."""

    @property
    def name(self) -> str:
        """The name by which it is asked for."""

    def run(
        self, job: Job, bundle: Path, *, on_event: OnEvent | None = None, is_cancelled: IsCancelled | None = None
    ) -> Result:
        """Run the job; return how it ended, with the evidence in the bundle directory. Blocks until then.

        `on_event` gets the runner's events as they come, and of a batch system also {"type": "log", "text"} for what it
        says, and {"type": "restarted"} when all that was told so far is void because the run begins anew. Once
        `is_cancelled` says so the run is ended. Whatever the notebook does is a Result; a place that cannot run the job
        raises RunError or BundleUnusableError, and then nothing is left running.
        """
