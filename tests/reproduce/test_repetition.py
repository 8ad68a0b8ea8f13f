"""A notebook that is run again: when, how often, and what further runs say. The place where it runs is stood in for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from builder.engines.protocol import BuiltEnvironment, Lock
from catalog.causes import cause
from reproduce import judging
from reproduce.compare import NotebookComparison, compare_repeatedly
from reproduce.errors import RunError
from reproduce.repetition import Repetition
from reproduce.reproduction import Claim, Reproduction, reproduce_notebook
from reproduce.runner.job import Failure, Job, Limits, Result, Status


def notebook(text: str) -> nbformat.NotebookNode:
    cell = new_code_cell("print(value)", id="a", execution_count=1, outputs=[new_output("stream", text=text)])
    return new_notebook(cells=[cell, new_code_cell("7", id="b", outputs=[new_output("stream", text="7")])])


def result(status: Status = "completed", ename: str = "") -> Result:
    return Result(
        status=status,
        failure=None if status == "completed" else Failure("a", 0, ename, "it failed", ""),
        started_at="2026-01-01T00:00:00Z",
        ended_at="2026-01-01T00:00:01Z",
        run_s=1.0,
        first_cell_s=0.5,
        cells_total=2,
        cells_done=2,
        sandbox={"kind": "bwrap"},
        machine={},
        digests={"outputs": "ab" * 32},
    )


class Place:
    """Gives for each run in turn what it is told: the text that the notebook prints, a status, or an error."""

    name = "local"

    def __init__(self, *ends: str | Exception) -> None:
        self.ends = list(ends)
        self.jobs: list[Job] = []

    def run(self, job: Job, bundle: Path, **_: Any) -> Result:  # noqa: ANN401 - of the protocol
        self.jobs.append(job)
        end = self.ends[len(self.jobs) - 1]
        if isinstance(end, Exception):
            raise end
        if end.startswith("ended as "):
            return result(end.removeprefix("ended as "), ename="ValueError")  # type: ignore[arg-type]  # a status
        bundle.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(end), bundle / "executed.ipynb")
        return result()


Reproduce = Callable[..., Reproduction]


@pytest.fixture
def told() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def reproduce(tmp_path: Path, told: list[dict[str, Any]]) -> Reproduce:
    """Reproduce a notebook that was published with a text, in a place that gives others."""
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    lock = Lock("", "0" * 64, "3.11", datetime(2024, 6, 1, tzinfo=UTC), (), ())
    argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
    built = BuiltEnvironment("local", "0" * 64, Path(sys.prefix), "3.11", "python", argv, (), lock, (), True, 0.0)

    def reproduce(published: str, place: Place, **repetition: Any) -> Reproduction:  # noqa: ANN401 - of Repetition
        nbformat.write(notebook(published), snapshot / "figure.ipynb")
        return reproduce_notebook(
            Claim(snapshot, "figure.ipynb", compared_at_once=3),
            built,
            sandbox="bwrap",
            limits=Limits(),
            bundle=tmp_path / "bundle",
            executor=place,
            on_event=told.append,
            repetition=Repetition(**repetition),
        )

    return reproduce


def verdict_of(found: Reproduction) -> tuple[str | None, str | None]:
    return found.verdict, found.cause.id if found.cause else None


def test_as_many_pictures_are_compared_at_once_as_the_claim_says(
    reproduce: Reproduce, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def compare(*runs: Any, at_once: int, **words: Any) -> NotebookComparison:  # noqa: ANN401 - handed on
        asked.append(at_once)
        return compare_repeatedly(*runs, at_once=at_once, **words)

    monkeypatch.setattr(judging, "compare_repeatedly", compare)
    reproduce("1.5", Place("1.5"), runs=1)
    assert asked == [3]


def test_a_notebook_is_run_as_often_as_asked_for_each_time_as_a_job_of_its_own(reproduce: Reproduce) -> None:
    place = Place("1.5", "1.5", "1.5")
    found = reproduce("1.5", place, runs=3)
    assert verdict_of(found) == ("identical", None)
    assert [end["status"] for end in found.runs] == ["completed"] * 3
    assert len({job.id for job in place.jobs}) == 3
    assert found.comparison is not None
    assert found.comparison.runs == 3


def test_without_a_reason_it_is_run_once(reproduce: Reproduce) -> None:
    for published, repetition in (("1.5", {"runs": 1}), ("1.5", {"runs": 2, "is_always": False})):
        place = Place("1.5")
        assert reproduce(published, place, **repetition).runs == []
        assert len(place.jobs) == 1


def test_where_it_differs_it_is_run_again(reproduce: Reproduce) -> None:
    place = Place("2.5", "2.5")
    found = reproduce("1.5", place, runs=2, is_always=False)
    assert (verdict_of(found), len(place.jobs)) == (("differs", "numeric-drift-large"), 2)


def test_one_that_ended_short_is_not_run_again(reproduce: Reproduce) -> None:
    place = Place("ended as cell-raised")
    found = reproduce("1.5", place, runs=2)
    assert (verdict_of(found), len(place.jobs)) == (("failed", "cell-raised"), 1)


def test_what_lies_within_the_noise_is_reproduced_and_never_identical(reproduce: Reproduce) -> None:
    found = reproduce("1.004", Place("1.001", "1.009"), runs=2)
    assert verdict_of(found) == ("reproduced", None)
    assert verdict_of(reproduce("1.001", Place("1.001", "1.009"), runs=2)) == ("reproduced", None)


def test_what_cannot_be_placed_comes_to_no_verdict(reproduce: Reproduce) -> None:
    found = reproduce("first a", Place("first b", "first c"), runs=2)
    assert verdict_of(found) == (None, "unstable-outputs")
    assert found.cause is not None
    assert "1 of 2 outputs come out otherwise each time" in found.cause.message


def test_a_further_run_that_raises_comes_to_no_verdict_and_is_the_last(reproduce: Reproduce) -> None:
    place = Place("1.5", "ended as cell-raised", "1.5")
    found = reproduce("1.5", place, runs=3)
    assert (verdict_of(found), len(place.jobs)) == ((None, "unstable-run"), 2)
    assert found.cause is not None
    assert "ValueError" in found.cause.message


@pytest.mark.parametrize(
    "end", [RunError("node-failed", scheduler="Slurm", starts=1, reason="x"), "ended as internal-error"], ids=str
)
def test_a_further_run_that_fails_by_the_services_fault_spoils_nothing(
    end: str | Exception, reproduce: Reproduce, told: list[dict[str, Any]]
) -> None:
    place = Place("1.004", end, "1.009")
    found = reproduce("1.004", place, runs=3)
    assert (verdict_of(found), len(place.jobs)) == (("reproduced", None), 3)
    assert found.comparison is not None
    assert found.comparison.runs == 2
    assert any("did not come to its end" in event.get("text", "") for event in told)


@pytest.mark.parametrize("status", ["cell-timeout", "run-timeout"])
def test_a_further_run_that_took_too_long_says_nothing_of_the_work(status: str, reproduce: Reproduce) -> None:
    found = reproduce("1.5", Place("1.5", f"ended as {status}"), runs=2)
    assert verdict_of(found) == ("identical", None)
    assert [end["status"] for end in found.runs] == ["completed", status]


def test_a_cancellation_while_it_is_run_again_is_one_of_the_whole(reproduce: Reproduce) -> None:
    place = Place("1.5", "ended as cancelled", "1.5")
    found = reproduce("1.5", place, runs=3)
    assert (verdict_of(found), len(place.jobs)) == ((None, "cancelled"), 2)


def test_each_further_run_is_told_and_begins_to_count_anew(reproduce: Reproduce, told: list[dict[str, Any]]) -> None:
    reproduce("1.5", Place("1.5", "1.5"), runs=2)
    assert told == [
        {"type": "log", "text": "Run 2 of 2, to see what comes out the same each time."},
        {"type": "restarted"},
    ]


def test_an_end_is_a_finding_only_where_the_notebook_is_why() -> None:
    assert cause("unstable-run", reason="x").fault == "author"
    assert not Repetition(2).can_follow(result("cell-raised"))
