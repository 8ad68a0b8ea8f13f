"""From a run that did not complete to the cause: the table of rules, the specific before the general."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Final

from catalog.causes import Cause, cause
from reproduce.diagnose import calls, order, surroundings, versions
from reproduce.diagnose.evidence import failure_line, log_line, one_line
from reproduce.diagnose.facts import Facts

Rule = Callable[[Facts], Cause | None]

# Every environment is made with a kernel: where it is gone, it was lost on this service's own disk.
_KERNEL_LOST: Final = re.compile(r"No module named '?ipykernel")
_HOST_DISK_FULL: Final = re.compile(r"\[Errno 28\]")
_LOG: Final = re.compile(r"Fatal|Segmentation|[Aa]bort|Illegal|Error|display|xcb|Killed")

# The first that fits decides. What an error says in words goes before what its name lets suppose.
_RAISED: Final[tuple[Rule, ...]] = (
    surroundings.gpu_needed,
    surroundings.display_needed,
    surroundings.input_needed,
    surroundings.data_changed,
    surroundings.library_missing,
    versions.packages_incompatible,
    versions.python_2,
    versions.python_too_new,
    versions.python_too_old,
    versions.known_name,
    versions.module_missing,
    versions.name_missing,
    surroundings.credentials_needed,
    surroundings.network_needed,
    surroundings.fetched_by_shell,
    surroundings.too_many_processes,
    surroundings.program_missing,
    surroundings.not_writable,
    surroundings.file_missing,
    surroundings.file_unreadable,
    order.magic_missing,
    order.never_run_completely,
    order.cells_out_of_order,
    order.name_undefined,
    calls.call_not_taken,
    order.key_of_another_order,
)
# What these read is said by Python, IPython or a package for Python.
_PYTHON_ALONE: Final[tuple[Rule, ...]] = (
    versions.python_2,
    versions.python_too_new,
    versions.python_too_old,
    versions.known_name,
    versions.module_missing,
    versions.name_missing,
    calls.call_not_taken,
    order.magic_missing,
    order.never_run_completely,
    order.name_undefined,
    order.cells_out_of_order,
)


def explain_failure(facts: Facts) -> Cause | None:
    """Return why the run did not complete, None when it did. Cells are counted from 1, as people do."""
    result, failure = facts.result, facts.failure
    if result.status == "completed":
        return None
    if result.status == "cell-raised":
        rules = [rule for rule in _RAISED if facts.language == "python" or rule not in _PYTHON_ALONE]
        found = next((found for rule in rules if (found := rule(facts))), None)
        return _with_evidence(found or _cell_raised(facts), failure_line(facts))
    if result.status == "kernel-not-started" and _KERNEL_LOST.search(f"{failure.evalue}\n{failure.traceback}"):
        return cause("internal-error", reason="the environment has lost its kernel")
    if result.status == "internal-error":
        kind = "disk-full" if _HOST_DISK_FULL.search(failure.evalue) else "internal-error"
        return cause(kind, reason=failure.evalue or "unknown", path="its scratch directory")
    if result.status == "kernel-died" and (found := surroundings.display_needed(facts)):
        return _with_evidence(found, log_line(facts.kernel_log, _LOG))
    found = cause(
        result.status, cell=facts.cell, limit=failure.limit, reason=failure.evalue or "unknown", path="The notebook"
    )
    return _with_evidence(found, _ending_line(facts))


def _cell_raised(facts: Facts) -> Cause:
    failure = facts.failure
    ename = failure.ename or "an error"
    return cause("cell-raised", cell=facts.cell, ename=ename, evalue=one_line(failure.evalue))


def _ending_line(facts: Facts) -> str:
    """What ended the cell, where anything tells: the log's last words, the guard's measure, the error."""
    failure = facts.failure
    if facts.result.status in ("kernel-died", "kernel-not-started"):
        return log_line(facts.kernel_log or failure.traceback, _LOG)
    if failure.traceback or failure.cell_index is None:
        return failure_line(facts)
    said = [f"cell {facts.cell}", one_line(failure.source, 120), one_line(failure.evalue, 160)]
    return " | ".join(part for part in said if part)


def _with_evidence(found: Cause, line: str) -> Cause:
    return dataclasses.replace(found, evidence=line)
