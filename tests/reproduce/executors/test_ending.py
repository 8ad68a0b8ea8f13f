"""What the batch system did and what the runner left become one result, or a cause that is not the notebook's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reproduce.errors import RunError
from reproduce.executors.ending import Ending, conclude
from reproduce.executors.scheduler import JobState
from reproduce.executors.script import MODULES_FAILED
from reproduce.runner.job import Failure, Job, Kernel, Limits, Result, Status

_JOB = Job(
    "j",
    "/s",
    "n.ipynb",
    Kernel(("k", "{connection_file}"), "python", "/p", ()),
    "bwrap",
    limits=Limits(run_timeout_s=60),
)
_CELL = {"id": "cell-3", "index": 3}


def _ending(phase: str, status: Status | None = None, **fields: object) -> Ending:
    result = None
    if status is not None:
        result = Result(status, Failure(None, 1, "", "x", ""), "", "", 1.0, None, 4, 2, {"kind": "bwrap"}, {}, {})
    return replace(Ending(_JOB, phase, state=JobState("running"), result=result), **fields)


def _concluded(ending: Ending) -> Result:
    return conclude(ending, "Slurm", starts=3)


@pytest.mark.parametrize(
    "phase", ["cancelled", "timed-out", "out-of-memory", "failed", "node-failed", "preempted", "lost"]
)
@pytest.mark.parametrize("status", ["completed", "cell-timeout", "out-of-output"])
def test_what_the_runner_had_settled_stays_whatever_became_of_the_job(phase: str, status: Status) -> None:
    ending = _ending(phase, status)
    assert not ending.is_to_repeat
    assert _concluded(ending).status == status


@pytest.mark.parametrize("status", ["kernel-died", "cancelled", "cell-raised", None])
@pytest.mark.parametrize(
    ("phase", "becomes"), [("cancelled", "cancelled"), ("out-of-memory", "out-of-memory"), ("timed-out", "run-timeout")]
)
def test_what_only_looks_like_the_notebooks_doing_is_told_as_what_it_was(
    phase: str, becomes: str, status: Status | None
) -> None:
    result = _concluded(_ending(phase, status, is_kernel_ready=True, last_cell=_CELL))
    assert result.status == becomes
    assert result.failure is not None
    assert (result.failure.cell_id, result.failure.cell_index) == ("cell-3", 3)


@pytest.mark.parametrize("phase", ["node-failed", "preempted", "interrupted", "lost"])
@pytest.mark.parametrize("status", ["kernel-died", "cancelled", "cell-raised", None])
def test_what_was_lost_is_repeated_and_in_the_end_the_services(phase: str, status: Status | None) -> None:
    ending = _ending(phase, status)
    assert ending.is_to_repeat
    with pytest.raises(RunError) as raised:
        _concluded(ending)
    assert raised.value.cause.fault == "service"


def test_a_job_that_completed_without_a_result_is_repeated() -> None:
    assert _ending("completed").is_to_repeat
    with pytest.raises(RunError, match="lost the job"):
        _concluded(_ending("completed"))


@pytest.mark.parametrize("status", ["kernel-died", "cell-raised", "kernel-not-started", "internal-error"])
@pytest.mark.parametrize("phase", ["completed", "failed"])
def test_without_a_hand_of_the_batch_system_the_runner_is_believed(phase: str, status: Status) -> None:
    assert _concluded(_ending(phase, status)).status == status


@pytest.mark.parametrize("fields", [{"is_time_capped": True, "is_kernel_ready": True}, {"is_kernel_ready": False}])
def test_time_that_the_facility_cut_or_its_node_took_is_not_the_notebooks(fields: dict[str, bool]) -> None:
    with pytest.raises(RunError) as raised:
        _concluded(_ending("timed-out", "cancelled", **fields))
    assert (raised.value.cause.id, raised.value.cause.fault) == ("scheduler-time-limit", "operator")


def test_a_script_that_failed_is_no_verdict() -> None:
    result = _concluded(_ending("failed", log="a\n/bin/bash: /x/python: No such file\n"))
    assert (result.status, result.failure and result.failure.evalue) == (
        "internal-error",
        "the runner did not run on the node: /bin/bash: /x/python: No such file",
    )
    with pytest.raises(RunError, match="gone/7"):
        _concluded(_ending("failed", modules="gone/7", log=f"no gone\n{MODULES_FAILED}"))


def test_job_and_modules_are_named_with_the_machine() -> None:
    result = _concluded(_ending("completed", "completed", where="Slurm job 7 on node n", modules="hdf5"))
    assert result.machine == {"scheduler": "Slurm job 7 on node n", "modules": "hdf5"}
