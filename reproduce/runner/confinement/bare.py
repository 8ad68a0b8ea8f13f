"""No confinement: the kernel runs as the service's user on a private copy, under the same limits."""

from __future__ import annotations

import os
from typing import Any, Final

from builder.process_tree import descendants
from reproduce.runner.confinement.below_runner import BelowRunner
from reproduce.runner.confinement.devices import find_devices
from reproduce.runner.confinement.protocol import HostCommand, Inside, described
from reproduce.runner.job import Job, SandboxKind
from reproduce.runner.workspace import Workspace


class Bare(BelowRunner):
    """Starts the kernel itself. An image is never run so: its programs are not this machine's."""

    kind: Final[SandboxKind] = "none"

    def __init__(self, job: Job) -> None:
        self._job = job

    def why_not(self) -> str | None:
        """Return why it cannot be used for this job."""
        return None if self._job.kernel.root is None else "an image is not run without a sandbox"

    def version(self) -> str:
        """Return nothing: there is no program."""
        return ""

    def inside(self, workspace: Workspace) -> Inside:
        """Return the directories as they are."""
        return Inside(str(workspace.home), str(workspace.tmp), str(workspace.connection))

    def command(self, workspace: Workspace, variables: dict[str, str], argv: list[str]) -> HostCommand:
        """Return the kernel's own command line."""
        directory = str((workspace.work / self._job.notebook).parent)
        given = find_devices(self._job.gpus).variables_where_all_are_seen()
        return HostCommand(argv, {**variables, **given}, directory)

    def pids(self, outermost: int) -> list[int]:  # noqa: ARG002 - orphans are no longer below it
        """Return everything below the runner, which has nothing else below it."""
        return descendants(os.getpid(), at_most=self._job.limits.processes + 1)

    def limit_processes(self, outermost: int) -> None:
        """Do nothing: the limit would count the processes of the service's user."""

    def is_at_fault(self, log: str) -> bool:  # noqa: ARG002 - there is none
        """Tell that it never is."""
        return False

    def describe(self, version: str) -> dict[str, Any]:
        """Return that nothing confined the run but its limits."""
        return described(self._job, version=version, has_network=True)
