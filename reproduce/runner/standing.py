"""A kernel that stands: confined, over a workspace of its own, watched by its guard; ended and cleared away as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.runner import outcome
from reproduce.runner.built_files import TooMuchBuiltError, add_built_files
from reproduce.runner.confinement.protocol import Confinement, ConfinementMissingError
from reproduce.runner.data_places import make_places
from reproduce.runner.guard import Guard
from reproduce.runner.job import Failure, Job
from reproduce.runner.kernel_process import KernelProcess
from reproduce.runner.network.inside import NotInsideError
from reproduce.runner.network.run_network import RunNetwork
from reproduce.runner.quantities import bytes_words
from reproduce.runner.recorder.install import install_recorder
from reproduce.runner.workspace import Workspace

if TYPE_CHECKING:
    from reproduce.runner.connected import Connected


class NoKernelError(Exception):
    """The kernel was not started; `ending` is how the run ends by it."""

    def __init__(self, ending: outcome.Outcome) -> None:
        super().__init__(ending[0])
        self.ending = ending


class StandingKernel:
    """Copies the job's source and starts the kernel over the copy.

    Whoever makes one must call `end` and `remove`; called again, each does nothing. Who has
    connected to it already leaves that in `connected`.
    """

    def __init__(self, job: Job, confinement: Confinement, log_path: Path, *, is_waiting: bool = False) -> None:
        """Raises NoKernelError. While it is waiting for its run no time is counted against the limits of time."""
        self.workspace = Workspace()
        self.network: RunNetwork | None = None
        self.network_variables: dict[str, str] = {}
        try:
            self._fill(job)
            variables = self._network_variables(job, confinement)
            self.process = KernelProcess(job, confinement, self.workspace, log_path, variables)
        except TooMuchBuiltError:
            self.remove()
            limit = bytes_words(job.limits.scratch_bytes)
            ending = outcome.not_started(f"its build added more than {limit} to the repository", "")
            raise NoKernelError(ending) from None
        except ConfinementMissingError as error:
            self.remove()
            raise NoKernelError(("sandbox-missing", Failure(None, None, "", str(error), ""))) from None
        except FileNotFoundError as error:
            self.remove()
            raise NoKernelError(outcome.not_started(f"{error.filename} is missing", "")) from None
        except BaseException:
            self.remove()
            raise
        self.connected: Connected | None = None
        self.guard = Guard(job, self.process, self.workspace, is_waiting=is_waiting)

    def open_network(self) -> None:
        """Let the proxy of a job with a network serve the kernel; call it before any cell of the notebook runs."""

        def pids() -> list[int]:
            if self.process.process.poll() is not None:
                raise NotInsideError("the kernel has ended")
            return self.process.pids()

        try:
            if self.network is not None:
                self.network.open(pids)
        except NotInsideError:
            # A kernel that ended at once is told of as that.
            if self.process.process.poll() is None:
                raise

    def end(self) -> bool:
        """Kill the kernel and all that it started; True when nothing of it is left."""
        self.guard.close()
        return self.process.close()

    def remove(self) -> None:
        """Close the network and remove the workspace; call it after `end`."""
        if self.network is not None:
            self.network.close()
        self.workspace.remove()

    def _network_variables(self, job: Job, confinement: Confinement) -> dict[str, str]:
        """Make ready the network that the job asks for; return what its kernel is told of it."""
        if job.network is None:
            return {}
        shared = self.workspace.connection
        self.network = RunNetwork(job.network, shared=shared, is_confined=job.sandbox != "none")
        self.network_variables = self.network.variables("{connection}")
        return self.network.variables(confinement.inside(self.workspace).connection)

    def _fill(self, job: Job) -> None:
        kernel = job.kernel
        source = Path(job.source)
        if kernel.root is None:
            self.workspace.fill(source, Path(kernel.prefix))
        else:
            self.workspace.fill(source, None)
            most_bytes = job.limits.scratch_bytes
            add_built_files(Path(kernel.root), kernel.root_repository, self.workspace.work, most_bytes=most_bytes)
        make_places(job, self.workspace.work)
        install_recorder(job, self.workspace)
        self.workspace.is_filled()
