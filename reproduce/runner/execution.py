"""One execution of the prepared notebook against the confined kernel, and how it ended."""

from __future__ import annotations

from typing import Any

from nbclient.exceptions import DeadKernelError

from reproduce.runner import outcome
from reproduce.runner.client import ConfinedNotebookClient
from reproduce.runner.connected import Connected, KernelNotStartedError
from reproduce.runner.conversation import MessagesLostError
from reproduce.runner.events import EventStream, preview
from reproduce.runner.guard import Breach, Guard
from reproduce.runner.job import Job
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.notebook import BLOCK
from reproduce.runner.outcome import Outcome
from reproduce.runner.progress import CellProgress
from reproduce.runner.quantities import bytes_words
from reproduce.runner.standing import StandingKernel


def execute(progress: CellProgress, standing: StandingKernel, job: Job, events: EventStream) -> Outcome:
    """Execute the prepared notebook and say how it ended; `progress.nb` holds the outputs so far, whatever happens."""
    kernel, guard = standing.process, standing.guard
    connected = standing.connected or Connected(job, kernel, guard)
    client = ConfinedNotebookClient(progress, connected, guard, job)
    progress.notebook_start()
    try:
        client.start_new_kernel_client()
        kernel.limit_processes()
        events.emit("kernel-started", total=progress.cells_total)
        client.execute()
    except KernelNotStartedError as error:
        return _not_started(error, kernel, guard, job)
    except (DeadKernelError, MessagesLostError) as error:
        return _ended_early(error, progress, kernel, guard)
    finally:
        progress.notebook_complete()
        client.disconnect()
    if guard.breach is not None:
        return outcome.stopped(guard.breach, place_of(progress))
    if progress.error is not None:
        return outcome.raised(_error_output(progress), place_of(progress), job.limits)
    return "completed", None


def place_of(progress: CellProgress) -> outcome.Place:
    """The cell that runs or ran last."""
    cell = progress.failed_cell or progress.current_cell
    if cell is None:
        return outcome.Place()
    return outcome.Place(cell.id, cell.metadata[BLOCK].get("index"), preview(cell.source))


def _not_started(error: KernelNotStartedError, kernel: KernelProcess, guard: Guard, job: Job) -> Outcome:
    log = kernel.log.tail()
    exit_status = kernel.process.poll()
    if guard.breach is None and outcome.is_confinement_killed(exit_status, job):
        return outcome.confinement_killed(exit_status, outcome.Place())
    reason = str(error) if exit_status is None else outcome.ending_words(exit_status)
    if guard.breach is not None:
        if guard.breach.status != "run-timeout":
            return outcome.stopped(guard.breach, outcome.Place())
        reason = f"it did not answer within {guard.breach.limit}"
    last_line = log.splitlines()[-1].strip() if log else ""
    return outcome.not_started(f"{reason}; {last_line[:300]}" if last_line else reason, log)


def _ended_early(error: Exception, progress: CellProgress, kernel: KernelProcess, guard: Guard) -> Outcome:
    if guard.breach is not None:
        return outcome.stopped(guard.breach, place_of(progress))
    if isinstance(error, MessagesLostError):
        # A cell that sends faster than it is listened to loses messages on its own side.
        limit = bytes_words(progress.job.limits.output_bytes)
        return outcome.stopped(Breach("out-of-output", limit, "its messages did not end"), place_of(progress))
    exit_status = kernel.process.poll()
    if outcome.is_confinement_killed(exit_status, progress.job):
        return outcome.confinement_killed(exit_status, place_of(progress))
    return outcome.died(exit_status, place_of(progress), kernel.log.tail())


def _error_output(progress: CellProgress) -> dict[str, Any]:
    """The error as the kernel displayed it, else as it answered; a cell may display others than it ends with."""
    outputs = [] if progress.failed_cell is None else progress.failed_cell.get("outputs", [])
    error = progress.error
    for output in reversed(outputs):
        if output.get("output_type") == "error" and output.get("ename") == getattr(error, "ename", ""):
            return dict(output)
    return {"ename": getattr(error, "ename", ""), "evalue": getattr(error, "evalue", ""), "traceback": [str(error)]}
