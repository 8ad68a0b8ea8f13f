"""What all confinements have in common whose processes are descendants of the runner."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

from builder.process_tree import kill_all
from reproduce.runner.confinement.control_group import PassedLimit, sweep_all_groups


class BelowRunner:
    """The runner limits, samples and kills the processes itself, with the help of a control group."""

    @property
    def is_memory_kept(self) -> bool:
        """Whether the confinement itself keeps the memory of the run below its limit."""
        return False

    def passed_limit(self, exit_status: int | None) -> PassedLimit | None:  # noqa: ARG002 - a group tells
        """Return nothing: the confinement keeps no limit itself."""
        return None

    def kill(self, process: subprocess.Popen[bytes]) -> bool:
        """Kill a process and everything below the runner; True when nothing is left."""
        with suppress(ProcessLookupError):
            process.kill()
        is_gone = kill_all(os.getpid(), is_root_included=False)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        return is_gone

    def close(self) -> None:
        """Do nothing: the processes are all there was."""

    def sweep(self) -> None:
        """Remove the control groups of killed runners."""
        sweep_all_groups()
