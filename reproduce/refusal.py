"""What a refusal says of the author's work: a verdict, or nothing. Pure, shared by the service and the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from builder.errors import BuildError, SnapshotError
from builder.snapshot.facts import NotebookOutline
from catalog.causes import CATALOGUE, Cause, CausedError, cause
from reproduce.verdicts import Verdict

NOTEBOOK_CAUSES: Final = frozenset(
    {"notebook-not-json", "notebook-invalid", "notebook-too-large", "notebook-without-kernel"}
)
# A host that does not answer now says nothing of the paper.
_PASSING: Final = frozenset({"index-unreachable", "repository-unreachable", "repository-too-slow", "hash-mismatch"})
# What is wrong with this service now and may be right a little later.
_PASSING_HERE: Final = frozenset({"disk-full", "artefact-unwritable", "container-engine-unreachable"})
_VERDICTS: Final[dict[type[CausedError], Verdict]] = {SnapshotError: "unavailable", BuildError: "unbuildable"}


def verdict_of(error: CausedError) -> Verdict | None:
    """Return what the error says of the work: nothing, unless the fault is the repository's or its host's."""
    if error.cause.id in NOTEBOOK_CAUSES:
        return "failed"
    if error.cause.fault == "author" or (error.cause.fault == "upstream" and error.cause.id not in _PASSING):
        return next((verdict for kind, verdict in _VERDICTS.items() if isinstance(error, kind)), None)
    return None


def may_pass(why: Cause) -> bool:
    """Tell whether the same run may come out when it is started again, because the fault was this service's."""
    return why.fault == "service" or why.id in _PASSING_HERE


def verdict_of_problem(cause_id: str) -> Verdict | None:
    """Return what the problem of a notebook that cannot be run as it is says of the work."""
    if cause_id in NOTEBOOK_CAUSES:
        return "failed"
    return "unbuildable" if cause_id == "kernel-unknown" and CATALOGUE[cause_id].fault == "author" else None


def problem_of(outline: NotebookOutline) -> tuple[Verdict | None, Cause]:
    """Return what the problem of an outline that has one says of the work, and its cause in full."""
    why = cause(
        str(outline.problem), path=outline.path, kernel=outline.kernel_name, language=outline.language or "unknown"
    )
    evidence = f"{outline.path}: kernel “{outline.kernel_name}”, language “{outline.language or 'unknown'}”"
    is_of_kernel = why.id in ("kernel-unknown", "notebook-without-kernel")
    message = outline.problem_message or why.message
    return verdict_of_problem(why.id), replace(why, message=message, evidence=evidence if is_of_kernel else "")
