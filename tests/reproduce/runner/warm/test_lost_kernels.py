"""A kernel that ended after it was handed over, and before it had begun with a cell, is not the notebook's doing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from reproduce.runner.attempt import Attempt
from reproduce.runner.bundle import KERNEL_LOG, write_job
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.connected import Connected
from reproduce.runner.events import EventStream
from reproduce.runner.job import Job, Result
from reproduce.runner.standing import StandingKernel
from reproduce.runner.warm.key import template_of
from reproduce.runner.warm.readiness import is_answering
from tests.reproduce.runner.conftest import Ran, wait_until

pytestmark = pytest.mark.real
# Forked: what is done to the kernel is a function of the test's own.
PROCESSES = multiprocessing.get_context("fork")


class _Moment(EventStream):
    """Does something at the first event of a kind, before anything else happens in the run."""

    def __init__(self, bundle: Path, kind: str, act: Callable[[], None]) -> None:
        super().__init__(bundle, live_fd=None)
        self._kind = kind
        self._act: Callable[[], None] | None = act

    def emit(self, kind: str, **data: object) -> None:
        super().emit(kind, **data)
        if kind == self._kind and self._act is not None:
            act, self._act = self._act, None
            act()


@pytest.fixture
def handed_over(job: Callable[..., Job], tmp_path: Path) -> Callable[..., Ran]:
    """Run the cells in a kernel that waited, and do something to its processes at the first event of the kind.

    It is done in a process of its own: a runner that ends a kernel ends everything below itself.
    """

    def start(*cells: str, at: str, act: Callable[[StandingKernel], None], **options: object) -> Ran:
        described, bundle = job(*cells, **options), tmp_path / "bundle"
        write_job(bundle, described)
        reader, writer = PROCESSES.Pipe(duplex=False)
        runner = PROCESSES.Process(target=run_in_waited, args=(described, bundle, at, act, writer))
        runner.start()
        writer.close()
        try:
            answer = reader.recv()
        finally:
            runner.join(30)
        assert isinstance(answer, Result), answer
        return Ran(answer, bundle)

    return start


def run_in_waited(
    described: Job, bundle: Path, at: str, act: Callable[[StandingKernel], None], answer: Connection
) -> None:
    """Be the runner of a job whose kernel waited, and answer with its result, else with what went wrong."""
    try:
        template = template_of(described)
        waited = StandingKernel(template, confinement_of(template), bundle / KERNEL_LOG, is_waiting=True)
        waited.connected = Connected(template, waited.process, waited.guard)
        assert is_answering(waited.connected)
        events = _Moment(bundle, at, lambda: act(waited))
        answer.send(Attempt(described, bundle, events, waited).run())
        waited.end()
        waited.remove()
    except BaseException:
        answer.send(traceback.format_exc())
        raise


def kill_kernel(standing: StandingKernel) -> None:
    """As the operating system does that is short of memory: bubblewrap tells it as the kernel's own end."""
    os.kill(standing.process.pids()[-1], signal.SIGKILL)
    assert wait_until(standing.guard.has_ended.is_set, 60)


def kill_sandbox(standing: StandingKernel) -> None:
    os.kill(standing.process.pid, signal.SIGKILL)
    assert wait_until(standing.guard.has_ended.is_set, 60)


@pytest.mark.parametrize("act", [kill_kernel, kill_sandbox])
# When the run begins, when the kernel has answered, and when the first cell is about to be sent to it.
@pytest.mark.parametrize("moment", ["started", "kernel-started", "cell-started"])
def test_a_kernel_lost_before_any_cell_is_replaced_by_one_that_starts_cold(handed_over, moment, act):
    ran = handed_over("print('ran')", at=moment, act=act)
    assert (ran.result.status, ran.result.is_warm, ran.result.cells_done) == ("completed", False, 1)
    assert ran.text(0) == "ran\n"
    kinds = [event["type"] for event in ran.events]
    assert kinds.count("restarted") == 1
    assert kinds[-1] == "ended"
    assert "done" not in [event.get("status") for event in ran.events[: kinds.index("restarted")]]


def test_a_kernel_that_falls_silent_before_any_cell_is_replaced_too(handed_over):
    def stop(standing: StandingKernel) -> None:
        for pid in standing.process.pids():
            os.kill(pid, signal.SIGSTOP)

    limits = {"cell_timeout_s": 8.0, "run_timeout_s": 60.0}
    ran = handed_over("print('ran')", at="cell-started", act=stop, limits=limits)
    assert (ran.result.status, ran.result.is_warm) == ("completed", False)


def test_what_a_lost_kernel_wrote_is_no_file_of_the_run(handed_over, source):
    def write_and_kill(standing: StandingKernel) -> None:
        (standing.workspace.work / "table.csv").write_text("of the kernel that was lost")
        kill_kernel(standing)

    ran = handed_over("1", at="kernel-started", act=write_and_kill, output_files=("*.csv",))
    assert ran.result.status == "completed"
    assert ran.result.written["files"] == []
    assert not (ran.bundle / "files").exists()


def test_a_kernel_that_ends_in_its_first_cell_is_the_notebooks_doing(handed_over):
    ran = handed_over("import os, time\ntime.sleep(0.5)\nos._exit(9)", at="started", act=lambda _: None)
    assert (ran.result.status, ran.result.is_warm) == ("kernel-died", True)
    assert ran.result.failure.cell_index == 0
    assert "restarted" not in [event["type"] for event in ran.events]


def test_a_kernel_lost_twice_ends_as_the_cold_run_ends(handed_over, source):
    # What the repository itself does at the start of a kernel, it does in the one that starts cold too.
    def plant_and_kill(standing: StandingKernel) -> None:
        (source / "lib" / "sitecustomize.py").write_text("import os\nos._exit(7)")
        kill_kernel(standing)

    (source / "lib").mkdir()
    ran = handed_over("1", at="started", act=plant_and_kill, import_roots=("lib",))
    assert (ran.result.status, ran.result.is_warm) == ("kernel-not-started", False)
    assert [event["type"] for event in ran.events].count("restarted") == 1
