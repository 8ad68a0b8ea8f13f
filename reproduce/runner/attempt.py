"""One run from job to result: workspace, kernel, execution, evidence, and everything removed again."""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import shutil
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.runner import outcome
from reproduce.runner.built_files import TooMuchBuiltError, add_built_files
from reproduce.runner.bundle import FILES_DIRECTORY, KERNEL_LOG, NOTEBOOK_FILE
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.confinement.protocol import ConfinementMissingError
from reproduce.runner.data_check import CheckedData, CheckStoppedError, DataProblemError, check_again, check_data
from reproduce.runner.data_places import DataPlaceError, make_places
from reproduce.runner.events import EventStream, now_text
from reproduce.runner.guard import Guard
from reproduce.runner.job import Failure, Job, Result
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.network.inside import NotInsideError
from reproduce.runner.network.run_network import RunNetwork
from reproduce.runner.notebook_bytes import NotebookInvalidError, check_notebook_bytes, read_notebook_bytes
from reproduce.runner.quantities import bytes_words
from reproduce.runner.workspace import Workspace
from reproduce.runner.written import find_written, keep_declared, listing

if TYPE_CHECKING:
    from reproduce.runner.progress import CellProgress


class Attempt:
    """Runs one job in one bundle. `cancel` may be called from a signal handler at any moment."""

    def __init__(self, job: Job, bundle: Path, events: EventStream) -> None:
        self._job = job
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
        self._network: RunNetwork | None = None
        self._data: list[CheckedData] = []
        self._written: dict[str, Any] = {}
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
        workspace = Workspace()
        try:
            try:
                self._fill(workspace)
            except TooMuchBuiltError:
                limit = bytes_words(self._job.limits.scratch_bytes)
                return outcome.not_started(f"its build added more than {limit} to the repository", "")
            variables = self._network_variables(workspace)
            try:
                kernel = KernelProcess(self._job, self._confinement, workspace, self._bundle / KERNEL_LOG, variables)
            except ConfinementMissingError as error:
                return "sandbox-missing", Failure(None, None, "", str(error), "")
            except FileNotFoundError as error:
                return outcome.not_started(f"{error.filename} is missing", "")
            try:
                ending = self._with_kernel(kernel, workspace, content)
            finally:
                if self._end_kernel(kernel):
                    self._keep_files(workspace)
            if ending[0] != "cancelled":
                check_again(self._data)
            return ending
        finally:
            if self._network is not None:
                self._network.close()
            workspace.remove()

    def _network_variables(self, workspace: Workspace) -> dict[str, str]:
        """Make ready the network that the job asks for; return what its kernel is told of it."""
        if self._job.network is None:
            return {}
        is_confined = self._job.sandbox != "none"
        self._network = RunNetwork(self._job.network, shared=workspace.connection, is_confined=is_confined)
        return self._network.variables(self._confinement.inside(workspace).connection)

    def _open_network(self, kernel: KernelProcess) -> None:
        """Let the proxy serve the kernel before any cell of the notebook runs."""

        def pids() -> list[int]:
            if kernel.process.poll() is not None:
                raise NotInsideError("the kernel has ended")
            return kernel.pids()

        try:
            if self._network is not None:
                self._network.open(pids)
        except NotInsideError:
            # A kernel that ended at once is told of as that.
            if kernel.process.poll() is None:
                raise

    def _check_data(self) -> None:
        job = self._job
        memory = Path(job.data_memory) if job.data_memory else None

        def tell(dataset: str, done: int, total: int) -> None:
            self._events.emit("data", dataset=dataset, done=done, total=total)

        self._data = check_data(job.data, memory, on_progress=tell, should_stop=lambda: self._is_cancelled)

    def _fill(self, workspace: Workspace) -> None:
        kernel = self._job.kernel
        source = Path(self._job.source)
        if kernel.root is None:
            workspace.fill(source, Path(kernel.prefix))
        else:
            workspace.fill(source, None)
            most_bytes = self._job.limits.scratch_bytes
            add_built_files(Path(kernel.root), kernel.root_repository, workspace.work, most_bytes=most_bytes)
        make_places(self._job, workspace.work)
        workspace.is_filled()

    def _with_kernel(self, kernel: KernelProcess, workspace: Workspace, content: bytes) -> outcome.Outcome:
        self._kernel_started = time.monotonic()
        self._kept_by = kernel.kept_by()
        guard = self._guard = Guard(self._job, kernel, workspace)
        if self._is_cancelled:
            self.cancel()
        self._open_network(kernel)
        # papermill and all it brings is loaded while the kernel starts: each takes about as long as the other.
        execution = importlib.import_module("reproduce.runner.execution")
        notebook_form = importlib.import_module("reproduce.runner.notebook")
        notebook = notebook_form.prepare_notebook(content, self._job)
        self._version = self._confinement.version()
        progress_form = importlib.import_module("reproduce.runner.progress")
        self._progress = progress_form.CellProgress(notebook, self._job, self._events, self._bundle / NOTEBOOK_FILE)
        status = "internal-error"
        try:
            ending: outcome.Outcome = execution.execute(self._progress, kernel, guard, self._job, self._events)
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
                reason = self._confinement.why_not()
                if reason is not None:
                    return "sandbox-missing", Failure(None, None, "", reason, log)
                return "internal-error", Failure(None, None, "SandboxError", log[-500:], log)
        if ending[1] is not None and outcome.machine_is_full(ending, shutil.disk_usage(workspace.root).free):
            return "internal-error", ending[1]
        return ending

    def _end_kernel(self, kernel: KernelProcess) -> bool:
        """Kill it all; True when nothing is left that could still change a file."""
        if self._guard is not None:
            self._guard.close()
        return kernel.close()

    def _keep_files(self, workspace: Workspace) -> None:
        target, work, job = self._bundle / FILES_DIRECTORY, workspace.work, self._job
        written = find_written(work, Path(job.source), since_ns=workspace.filled_at_ns)
        kept = keep_declared(written, work, target, job.output_files, most_bytes=job.output_files_bytes)
        for name in kept:
            with (target / name).open("rb") as file:
                self._digests[f"files/{name}"] = hashlib.file_digest(file, "sha256").hexdigest()
        self._written = listing(written, work, kept)

    def _result(self, status: Any, failure: Failure | None) -> Result:  # noqa: ANN401 - a Status
        progress = self._progress
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
            machine=_machine(),
            digests=self._digests,
            peak_memory_bytes=None if self._guard is None else self._guard.peak_memory_bytes,
            network=None if self._network is None else self._network.record(),
            data=[checked.as_dict() for checked in self._data],
            written=self._written,
        )

    def _sandbox(self) -> dict[str, Any]:
        told = self._confinement.describe(self._version)
        for limit, by in self._kept_by.items():
            told["limits"][limit]["by"] = by
        return told


def _machine() -> dict[str, Any]:
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "runner_python": platform.python_version(),
        "papermill": getattr(sys.modules.get("papermill"), "__version__", None),
        "nbclient": getattr(sys.modules.get("nbclient"), "__version__", None),
    }
