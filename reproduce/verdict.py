"""From how a run ended and what its comparison says to a verdict, or to none. Pure: no Django, no files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from catalog.causes import CATALOGUE, Cause, cause
from reproduce.compare import FileComparison, NotebookComparison, OutputComparison
from reproduce.compare.bundles import ERROR_STREAM_RULE
from reproduce.compare.outputs import IMAGES
from reproduce.runner.job import Result, Status
from reproduce.verdicts import Verdict

# Nothing of the notebook ran, or what it read is not what was published.
_WITHOUT_DATA: Final[dict[Status, Verdict | None]] = {
    "data-missing": "unavailable",
    "data-changed": "unavailable",
    "data-not-here": None,
    "data-place-taken": None,
}
_COMPARED: Final = ("identical", "within_tolerance", "differs", "missing", "unexpected")


def judge(
    result: Result,
    runner_cause: Cause | None,
    comparison: NotebookComparison | None,
    files: Sequence[FileComparison] = (),
    *,
    finding: Cause | None = None,
) -> tuple[Verdict | None, Cause | None]:
    """Return the verdict on the author's work, or None where nothing can be said of it, and the cause unless good.

    A run that ended short is "failed" only when the cause is the author's; any other cause gives no verdict, but for
    data that are gone or changed: "unavailable". A run that completed is judged by its outputs, those of its cells and
    the files that its target claims:

    - one that differs, is missing or is unexpected: "differs";
    - one that our own runs disagree about, and where the published one cannot be placed among them: no verdict;
    - a published figure that could not be compared: no verdict, because the claim itself was not checked;
    - none that could be compared: no verdict;
    - all identical: "identical"; but where the error stream differs or something else than a figure could not be
      compared, that would say too much, and it is "reproduced";
    - otherwise "reproduced".

    `finding` is that the notebook, run again, did not come to its end: then it comes to no verdict. What our own runs
    disagree about never makes a verdict good by itself.
    """
    if result.status != "completed":
        found = runner_cause or _cause_of(result)
        if result.status in _WITHOUT_DATA:
            return _WITHOUT_DATA[result.status], found
        return ("failed" if found.fault == "author" else None), found
    if runner_cause is not None and runner_cause.fault != "author":
        return None, runner_cause
    if comparison is None:
        return None, cause("internal-error", reason="the run completed but was not compared")
    if finding is not None:
        return None, finding
    claimed = [file.outcome for file in files if file.is_claimed]
    return _judge_outputs([*(output for cell in comparison.cells for output in cell.outputs), *claimed])


def _cause_of(result: Result) -> Cause:
    """Every status but "completed" is the id of a cause, so a run that names none still has one."""
    if result.status not in CATALOGUE:
        return cause("internal-error", reason=f"the run ended as “{result.status}”")
    failure = result.failure
    if failure is None:
        return cause(result.status)
    number = failure.cell_id if failure.cell_index is None else failure.cell_index + 1
    details = {"cell": number, "ename": failure.ename, "evalue": failure.evalue}
    return cause(result.status, reason=failure.evalue or failure.ename, limit=failure.limit or "the limit", **details)


def _judge_outputs(outputs: list[OutputComparison]) -> tuple[Verdict | None, Cause | None]:
    counts = Counter(output.state for output in outputs)
    stable = sum(counts[state] for state in _COMPARED)
    unstable = [output for output in outputs if output.state == "unstable"]
    total = stable + len(unstable)
    if counts["differs"] or counts["unexpected"]:
        count = counts["differs"] + counts["unexpected"] + counts["missing"]
        return "differs", cause("outputs-differ", count=count, total=total)
    if counts["missing"]:
        return "differs", cause("outputs-missing", count=counts["missing"])
    unplaced = [output for output in unstable if not (output.noise or {}).get("published_within")]
    if unplaced or (unstable and not stable):
        told = unplaced or unstable
        return None, cause("unstable-outputs", count=len(told), total=total, reason=told[0].reason)
    unchecked = [output for output in outputs if output.state == "not_compared" and output.mime in IMAGES]
    if unchecked:
        return None, cause("figures-not-compared", count=len(unchecked), reason=unchecked[0].reason)
    if not total:
        return None, cause("nothing-compared")
    is_plain = counts["within_tolerance"] == 0 and counts["not_compared"] == 0 and not unstable
    if is_plain and not any(ERROR_STREAM_RULE in output.rules for output in outputs):
        return "identical", None
    return "reproduced", None
