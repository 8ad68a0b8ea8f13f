"""One run from job to result: workspace, kernel, execution, evidence, and everything removed again."""

from __future__ import annotations

import hashlib
import importlib
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.runner import outcome
from reproduce.runner.bundle import FIGURES_DIRECTORY, FILES_DIRECTORY, KERNEL_LOG, NOTEBOOK_FILE
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.confinement.devices import find_devices
from reproduce.runner.confinement.protocol import ConfinementUnclearError
from reproduce.runner.data_check import CheckedData, CheckStoppedError, DataProblemError, check_again, check_data
from reproduce.runner.data_places import DataPlaceError
from reproduce.runner.events import EventStream, now_text
from reproduce.runner.job import Failure, Job, Result
from reproduce.runner.kernel_environment import recorded_variables
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.machine import machine_facts
from reproduce.runner.notebook_bytes import NotebookInvalidError, check_notebook_bytes, read_notebook_bytes
from reproduce.runner.standing import NoKernelError, StandingKernel
from reproduce.runner.workspace import Workspace
from reproduce.runner.written import find_written, keep_declared, listing

if TYPE_CHECKING:
    from reproduce.runner.guard import Guard
    from reproduce.runner.progress import CellProgress


class Attempt:
    """Runs one job in one bundle. `cancel` may be called from a signal handler at any moment.

    A kernel that stands already, started for such a job, is taken over with its workspace.
    """

    def __init__(self, job: Job, bundle: Path, events: EventStream, standing: StandingKernel | None = None) -> None:
        self._job = job
        self._standing = standing
        self._is_warm = standing is not None
        self._bundle = bundle
        self._events = events
        self._started_at = now_text()
        self._started = time.monotonic()
        self._kernel_started: float | None = None
        self._guard: Guard | None = None
        self._is_cancelled = False
        self._progress: CellProgress | None = None
        self._digests: dict[str, str] = {}
        self._confinement = confinement_of(job)
        self._version = ""
        self._data: list[CheckedData] = []
        self._written: dict[str, Any] = {}
        self._figures: list[dict[str, Any]] = []
        self._kept_by: dict[str, str] = {}

    def cancel(self) -> None:
        """Stop the run; it ends as cancelled, with what there is of evidence."""
        self._is_cancelled = True
        if self._guard is not None:
            self._guard.stop("cancelled", "", "it was cancelled")

    def run(self) -> Result:
        """Run the job. Whatever happens ends as a Result."""
        self._events.emit("started", notebook=self._job.notebook, sandbox=self._job.sandbox)
        try:
            ending = self._run()
        except NotebookInvalidError as error:
            ending = "notebook-invalid", Failure(None, None, "", str(error), "")
        except DataProblemError as error:
            ending = error.status, Failure(None, None, "", str(error), "")
        except DataPlaceError as error:
            ending = "data-place-taken" if error.is_taken else "data-not-here", Failure(None, None, "", str(error), "")
        except CheckStoppedError:
            ending = "cancelled", Failure(None, None, "", "it was cancelled", "")
        except Exception as error:  # noqa: BLE001 - the last line: a fault of ours is told as one, never raised
            self._events.emit("log", text=traceback.format_exc()[-4000:])
            ending = outcome.broken(error, traceback.format_exc())
        result = self._result(*ending)
        self._events.emit("ended", status=result.status, run_s=result.run_s)
        return result

    def _run(self) -> outcome.Outcome:
        content = read_notebook_bytes(Path(self._job.source), self._job.notebook)
        self._digests["notebook"] = hashlib.sha256(content).hexdigest()
        check_notebook_bytes(content)
        root = self._job.kernel.root
        if root is not None and self._job.sandbox == "none":
            return "sandbox-missing", Failure(None, None, "", "an image is not run without a sandbox", "")
        if root is not None and not Path(root).is_dir():
            reason = f"the unpacked image {self._job.kernel.root_digest} is not here any more"
            return "internal-error", Failure(None, None, "", reason, "")
        self._check_data()
        ending = self._begun(content)
        if self._is_lost(ending):
            # What ended it before it had anything to do is not the notebook's doing, and cannot be seen from here.
            self._events.emit("log", text="The kernel that had waited is not there any more: another one is started.")
            self._events.emit("restarted")
            self._standing, self._progress, self._is_warm = None, None, False
            ending = self._begun(content)
        if ending[0] != "cancelled":
            check_again(self._data)
        return ending

    def _begun(self, content: bytes) -> outcome.Outcome:
        """Run the notebook in the kernel that stands, in one of its own where none does; leave nothing of either."""
        if self._standing is None:
            try:
                self._standing = StandingKernel(self._job, self._confinement, self._bundle / KERNEL_LOG)
            except NoKernelError as error:
                return error.ending
        standing = self._standing
        ending: outcome.Outcome | None = None
        try:
            ending = self._with_kernel(standing, content)
        finally:
            is_gone = standing.end()
            try:
                # What is left could still change a file.
                if is_gone and not self._is_lost(ending):
                    self._keep_files(standing.workspace)
                    self._keep_figures(standing.workspace)
            finally:
                standing.remove()
        return ending

    def _is_lost(self, ending: outcome.Outcome | None) -> bool:
        """Tell whether a kernel that had waited ended, or fell silent, before it was seen to begin with any cell."""
        if not self._is_warm or self._is_cancelled or ending is None or ending[0] == "completed":
            return False
        return self._progress is not None and not self._progress.has_begun

    def _check_data(self) -> None:
        job = self._job
        memory = Path(job.data_memory) if job.data_memory else None

        def tell(dataset: str, done: int, total: int) -> None:
            self._events.emit("data", dataset=dataset, done=done, total=total)

        self._data = check_data(job.data, memory, on_progress=tell, should_stop=lambda: self._is_cancelled)

    def _with_kernel(self, standing: StandingKernel, content: bytes) -> outcome.Outcome:
        self._kernel_started = time.monotonic()
        kernel, guard, workspace = standing.process, standing.guard, standing.workspace
        self._kept_by = kernel.kept_by()
        self._guard = guard
        guard.begin()
        if self._is_cancelled:
            self.cancel()
        standing.open_network()
        # papermill and all it brings is loaded while the kernel starts: each takes about as long as the other.
        execution = importlib.import_module("reproduce.runner.execution")
        notebook_form = importlib.import_module("reproduce.runner.notebook")
        notebook = notebook_form.prepare_notebook(content, self._job)
        self._version = self._confinement.version()
        progress_form = importlib.import_module("reproduce.runner.progress")
        self._progress = progress_form.CellProgress(notebook, self._job, self._events, self._bundle / NOTEBOOK_FILE)
        status = "internal-error"
        try:
            ending: outcome.Outcome = execution.execute(self._progress, standing, self._job, self._events)
            ending = self._judged(ending, kernel, workspace)
            status = ending[0]
        finally:
            executed = notebook_form.finish_notebook(self._progress.nb, self._job, status)
            notebook_form.write_notebook(self._bundle / NOTEBOOK_FILE, executed)
            self._digests["executed"] = hashlib.sha256(executed).hexdigest()
            self._digests["outputs"] = notebook_form.outputs_digest(self._progress.nb)
        return ending

    def _judged(self, ending: outcome.Outcome, kernel: KernelProcess, workspace: Workspace) -> outcome.Outcome:
        """What only looks like the author's fault is taken back: no sandbox, or no disk space on this machine."""
        if ending[0] == "kernel-not-started":
            log = kernel.log.tail()
            if self._confinement.is_at_fault(log):
                with suppress(ConfinementUnclearError):
                    reason = self._confinement.why_not()
                    if reason is not None:
                        return "sandbox-missing", Failure(None, None, "", reason, log)
                return "internal-error", Failure(None, None, "SandboxError", log[-500:], log)
        least = workspace.free_bytes() if self._guard is None else self._guard.least_free_bytes
        return outcome.unless_machine_full(ending, min(least, workspace.free_bytes()))

    def _keep_files(self, workspace: Workspace) -> None:
        target, work, job = self._bundle / FILES_DIRECTORY, workspace.work, self._job
        written = find_written(work, Path(job.source), since_ns=workspace.filled_at_ns)
        kept = keep_declared(written, work, target, job.output_files, most_bytes=job.output_files_bytes)
        for name in kept:
            with (target / name).open("rb") as file:
                self._digests[f"files/{name}"] = hashlib.file_digest(file, "sha256").hexdigest()
        self._written = listing(written, work, kept)

    def _keep_figures(self, workspace: Workspace) -> None:
        if self._progress is None:
            return
        # It brings nbformat, which is loaded while the kernel starts and not before.
        collect = importlib.import_module("reproduce.runner.recorder.collect")
        self._figures = collect.keep_figures(workspace, self._bundle / FIGURES_DIRECTORY, self._progress.nb)
        for figure in self._figures:
            self._digests[f"{FIGURES_DIRECTORY}/{figure['name']}"] = figure["sha256"]

    def _result(self, status: Any, failure: Failure | None) -> Result:  # noqa: ANN401 - a Status
        progress, standing = self._progress, self._standing
        network = None if standing is None else standing.network
        first = None if progress is None else progress.first_cell_at
        return Result(
            status=status,
            failure=failure,
            started_at=self._started_at,
            ended_at=now_text(),
            run_s=0.0 if self._kernel_started is None else round(time.monotonic() - self._kernel_started, 3),
            first_cell_s=None if first is None else round(first - self._started, 3),
            cells_total=0 if progress is None else progress.cells_total,
            cells_done=0 if progress is None else progress.cells_done,
            sandbox=self._sandbox(),
            machine={**machine_facts(Path(tempfile.gettempdir())), **find_devices(self._job.gpus).facts()},
            digests=self._digests,
            peak_memory_bytes=None if self._guard is None else self._guard.peak_memory_bytes,
            network=None if network is None else network.record(),
            variables=recorded_variables(self._job, {} if standing is None else standing.network_variables),
            is_warm=self._is_warm,
            data=[checked.as_dict() for checked in self._data],
            written=self._written,
            figures=self._figures,
        )

    def _sandbox(self) -> dict[str, Any]:
        told = self._confinement.describe(self._version)
        for limit, by in self._kept_by.items():
            told["limits"][limit]["by"] = by
        return told
