"""What Slurm's commands say is read strictly; what cannot be understood is asked again, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.resources import Resources
from reproduce.errors import RunError
from reproduce.executors.scheduler import Request, SchedulerUnreachableError
from reproduce.executors.slurm import Slurm

_NAME = "reprise-1"


@pytest.fixture
def says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a command that answers so at the beginning of the path; it notes how it was called."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for program in ("squeue", "sacct", "scontrol", "sbatch", "scancel"):
        (tmp_path / program).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / program).chmod(0o755)

    def answer(program: str, out: str = "", err: str = "", status: int = 0) -> None:
        (tmp_path / f"{program}.out").write_text(out)
        (tmp_path / f"{program}.err").write_text(err)
        (tmp_path / program).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\nenv >{tmp_path}/variables\n'
            f"cat {tmp_path}/{program}.out; cat {tmp_path}/{program}.err >&2; exit {status}\n"
        )

    return answer


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("PENDING", "pending"), ("CONFIGURING", "pending"), ("REQUEUED", "pending"), ("RUNNING", "running"),
        ("SUSPENDED", "running"), ("COMPLETING", "ending"), ("COMPLETED", "completed"), ("FAILED", "failed"),
        ("CANCELLED", "cancelled"), ("PREEMPTED", "preempted"), ("NODE_FAIL", "node-failed"),
        ("BOOT_FAIL", "node-failed"), ("TIMEOUT", "timed-out"), ("DEADLINE", "timed-out"),
        ("OUT_OF_MEMORY", "out-of-memory"),
    ],
)  # fmt: skip
def test_each_state_is_told_apart(says: Callable[..., None], state: str, phase: str) -> None:
    says("squeue", f"7|{_NAME}|{state}|Resources|n1|c|\n")
    found = Slurm().state("7", _NAME)
    assert found is not None
    assert (found.phase, found.reason, found.node) == (phase, "Resources", "n1")


@pytest.mark.parametrize("reason", ["BadConstraints", "PartitionTimeLimit", "InvalidAccount"])
def test_a_job_that_waits_for_what_will_never_be_is_known(says: Callable[..., None], reason: str) -> None:
    says("squeue", f"7|{_NAME}|PENDING|{reason}||c|\n")
    found = Slurm().state("7", _NAME)
    assert found is not None
    assert found.is_hopeless


def test_a_job_that_is_held_because_its_start_failed_is_lost_with_its_node(says: Callable[..., None]) -> None:
    says("squeue", f"7|{_NAME}|PENDING|launch failed requeued held||c|\n")
    found = Slurm().state("7", _NAME)
    assert found is not None
    assert (found.phase, found.is_left) == ("node-failed", True)


@pytest.mark.parametrize("reason", ["JobHeldAdmin", "JobHeldUser", "job requeued in held state"])
def test_a_job_that_somebody_holds_waits(says: Callable[..., None], reason: str) -> None:
    says("squeue", f"7|{_NAME}|PENDING|{reason}||c|\n")
    found = Slurm().state("7", _NAME)
    assert found is not None
    assert (found.phase, found.is_left) == ("pending", False)


@pytest.mark.parametrize(
    "answer",
    [
        "7|reprise-1|MARVELLOUS|||c|", "7|reprise-1|RUNNING|", "hello", "7;reprise-1;RUNNING;;;c;",
        "7|reprise-1|RUNNING|a|b|c|d|", "x|reprise-1|RUNNING||n|c|", "7|reprise-1|running||n|c|", "\x1b[31m",
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_no_state(says: Callable[..., None], answer: str) -> None:
    says("squeue", answer + "\n")
    with pytest.raises(SchedulerUnreachableError):
        Slurm().state("7", _NAME)


def test_a_number_that_another_job_has_by_now_is_not_ours(says: Callable[..., None]) -> None:
    says("squeue", "7|somebody-elses|RUNNING||n|c|\n")
    assert Slurm().state("7", _NAME) is None


@pytest.mark.parametrize("state", ["COMPLETED", "CANCELLED by 1000"])
def test_a_job_that_the_queue_forgot_is_looked_up_in_the_accounting(says: Callable[..., None], state: str) -> None:
    says("squeue", err="slurm_load_jobs error: Invalid job id specified", status=1)
    says("sacct", f"7|{_NAME}|{state}|n1\n7.batch|batch|{state}|n1\n")
    found = Slurm().state("7", _NAME)
    assert found is not None
    assert (found.phase, found.node) == (state.partition(" ")[0].lower(), "n1")


def test_a_job_that_nobody_knows_is_none(says: Callable[..., None]) -> None:
    says("squeue", err="slurm_load_jobs error: Invalid job id specified", status=1)
    says("sacct", err="Slurm accounting storage is disabled", status=1)
    assert Slurm().state("7", _NAME) is None


@pytest.mark.parametrize(
    "error",
    [
        "slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
        "squeue: error: Munge encode failed: Failed to access socket",
        "slurm_load_jobs error: Socket timed out on send/recv operation",
        "slurm_load_jobs error: Zero Bytes were transmitted or received",
    ],
)
def test_a_slurm_that_does_not_answer_is_no_state(says: Callable[..., None], error: str) -> None:
    for program in ("squeue", "scancel", "sbatch"):
        says(program, err=error, status=1)
    for ask in (
        lambda: Slurm().state("7", _NAME),
        lambda: Slurm().find(_NAME),
        lambda: Slurm().cancel("7"),
        lambda: Slurm().submit(Path("/s/job.sh"), _request()),
    ):
        with pytest.raises(SchedulerUnreachableError):
            ask()


def test_a_refusal_is_told_in_slurms_words(says: Callable[..., None]) -> None:
    says("sbatch", err="sbatch: error: Batch job submission failed: Invalid account\x07 specified\n", status=1)
    with pytest.raises(RunError, match="Batch job submission failed: Invalid account· specified") as raised:
        Slurm().submit(Path("/s/job.sh"), _request())
    assert raised.value.cause.id == "scheduler-refused"


def test_without_slurm_the_operator_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError) as raised:
        Slurm().find(_NAME)
    assert (raised.value.cause.id, raised.value.cause.fault) == ("scheduler-missing", "operator")


def test_what_is_asked_for_becomes_options_and_no_variable_goes_along(
    says: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    says("sbatch", "7;cluster\n")
    asked = Resources("gpu", "mx", "long", "a&b", 2**30, 4, "a100:1", None, ("hdf5",))
    assert Slurm("/etc/my.conf").submit(Path("/s/job.sh"), _request(asked)) == "7"
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[-1] == "/s/job.sh"
    assert {
        *("--partition=gpu", "--account=mx", "--qos=long", "--constraint=a&b", "--gres=gpu:a100:1", "--time=2"),
        *("--mem=1025M", "--cpus-per-task=4", "--job-name=reprise-1", "--comment=a", "--export=LANG=C.UTF-8"),
    } <= set(arguments)
    variables = (tmp_path / "variables").read_text()
    assert "SLURM_CONF=/etc/my.conf" in variables
    assert "secret" not in variables


@pytest.mark.parametrize("number", ["", "7;id", "7 8", "-7", "٧", "7\n", "--all"])
def test_what_is_no_number_of_a_job_reaches_no_command(says: Callable[..., None], number: str) -> None:
    for call in (Slurm().cancel, Slurm().facts, lambda job: Slurm().state(job, _NAME)):
        with pytest.raises(ValueError, match="not the id"):
            call(number)


def _request(resources: Resources | None = None) -> Request:
    return Request(_NAME, "a", resources or Resources(), 61, 1024 * 2**20 + 1, 4, Path("/s/scheduler.log"))
