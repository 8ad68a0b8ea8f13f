from __future__ import annotations

import pytest

from catalog.causes import cause
from reproduce.compare import CellComparison, NotebookComparison, OutputComparison
from reproduce.runner.job import Failure, Result
from reproduce.verdict import judge


def result(status="completed", failure=None):
    return Result(
        status=status,
        failure=failure,
        started_at="2026-01-01T00:00:00Z",
        ended_at="2026-01-01T00:00:01Z",
        run_s=1.0,
        first_cell_s=0.5,
        cells_total=1,
        cells_done=1,
        sandbox={},
        machine={},
        digests={},
    )


def comparison(*states, mime="text/plain", rules=()):
    outputs = tuple(OutputComparison(mime, state, reason="Why.", rules=rules) for state in states)
    return NotebookComparison((CellComparison("a", 0, "identical", outputs),), {}, "test")


@pytest.mark.parametrize(
    ("states", "verdict", "cause_id"),
    [
        (["identical"], "identical", None),
        (["identical", "ignored"], "identical", None),
        (["identical", "within_tolerance"], "reproduced", None),
        (["identical", "not_compared"], "reproduced", None),
        (["identical", "differs"], "differs", "outputs-differ"),
        (["identical", "missing"], "differs", "outputs-missing"),
        (["identical", "unexpected"], "differs", "outputs-differ"),
        (["missing", "differs"], "differs", "outputs-differ"),
        (["not_compared"], None, "nothing-compared"),
        (["ignored"], None, "nothing-compared"),
        ([], None, "nothing-compared"),
    ],
)
def test_a_completed_run_is_judged_by_its_outputs(states, verdict, cause_id):
    found, why = judge(result(), None, comparison(*states))
    assert found == verdict
    assert (why.id if why else None) == cause_id


def test_a_figure_that_could_not_be_compared_allows_no_verdict():
    parts = comparison("identical").cells + comparison("not_compared", mime="image/png").cells
    found, why = judge(result(), None, NotebookComparison(parts, {}, "test"))
    assert found is None
    assert why is not None
    assert why.id == "figures-not-compared"


def test_a_differing_error_stream_is_not_called_identical():
    parts = comparison("identical").cells + comparison("ignored", rules=("error-stream",)).cells
    assert judge(result(), None, NotebookComparison(parts, {}, "test")) == ("reproduced", None)


@pytest.mark.parametrize(
    "status",
    [
        "cell-raised",
        "cell-timeout",
        "run-timeout",
        "out-of-memory",
        "out-of-disk",
        "out-of-output",
        "kernel-died",
        "kernel-not-started",
        "notebook-invalid",
    ],
)
def test_the_notebooks_own_failure_is_failed_with_that_cause(status):
    failure = Failure("a", 0, "ValueError", "bad", "")
    found, why = judge(result(status, failure), None, None)
    assert found == "failed"
    assert why is not None
    assert why.id == status
    assert "ell 0" not in why.message


@pytest.mark.parametrize("status", ["internal-error", "sandbox-missing", "cancelled"])
def test_what_is_not_the_authors_doing_is_no_verdict(status):
    found, why = judge(result(status), None, None)
    assert found is None
    assert why is not None
    assert why.id == status


def test_the_cause_the_runner_found_is_kept():
    why = cause("module-missing", cell=0, module="scipy")
    assert judge(result("cell-raised"), why, None) == ("failed", why)


def test_a_fault_of_the_operator_during_the_run_is_no_verdict():
    why = cause("disk-full", path="/var")
    assert judge(result("cell-raised"), why, comparison("differs")) == (None, why)
    assert judge(result(), why, comparison("identical")) == (None, why)


def test_a_completed_run_without_a_comparison_is_a_fault_of_the_service():
    found, why = judge(result(), None, None)
    assert found is None
    assert why is not None
    assert why.fault == "service"


def test_an_unknown_status_is_a_fault_of_the_service():
    found, why = judge(result("exploded"), None, None)
    assert found is None
    assert why is not None
    assert why.id == "internal-error"


def unstable(is_within, state="unstable"):
    noise = {"runs": 2, "floor": None, "published_within": is_within, "guesses": []}
    return OutputComparison("image/png", state, reason="Why.", noise=noise)


@pytest.mark.parametrize(
    ("output", "others", "verdict", "cause_id"),
    [
        (unstable(True), ["identical"], "reproduced", None),
        (unstable(True), ["within_tolerance"], "reproduced", None),
        (unstable(True), [], None, "unstable-outputs"),
        (unstable(True), ["ignored"], None, "unstable-outputs"),
        (unstable(None), ["identical"], None, "unstable-outputs"),
        (unstable(None), ["differs"], "differs", "outputs-differ"),
        (unstable(None), ["missing"], "differs", "outputs-missing"),
        (unstable(False, "differs"), ["identical"], "differs", "outputs-differ"),
    ],
)
def test_what_is_unstable_never_makes_a_verdict_good_by_itself(output, others, verdict, cause_id):
    parts = (*comparison(*others).cells, CellComparison("u", 1, output.state, (output,)))
    found, why = judge(result(), None, NotebookComparison(parts, {}, "test", runs=2))
    assert (found, why.id if why else None) == (verdict, cause_id)


def test_a_notebook_that_did_not_end_when_it_was_run_again_comes_to_no_verdict():
    finding = cause("unstable-run", reason="Cell 1 raised ValueError.")
    assert judge(result(), None, comparison("identical"), finding=finding) == (None, finding)
    assert judge(result(), None, comparison("differs"), finding=finding) == (None, finding)
