"""On this machine: the runner program as a child of this process."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reproduce.executors.protocol import IsCancelled, OnEvent
from reproduce.runner.job import Job, Result
from reproduce.runner.launch import run_job


class LocalExecutor:
    """Runs the job here, at once."""

    name: Final = "local"

    def __init__(self, warm: Path | None = None) -> None:
        """`warm` is the address of a pool of waiting kernels."""
        self._warm = warm

    def run(
        self, job: Job, bundle: Path, *, on_event: OnEvent | None = None, is_cancelled: IsCancelled | None = None
    ) -> Result:
        """Run the job as `Executor` promises."""
        return run_job(job, bundle, on_event=on_event, is_cancelled=is_cancelled, warm=self._warm)
