"""What a notebook claims, what its runs came to, and the verdict on it. Knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import nbformat

from catalog.causes import Cause
from reproduce.compare import (
    ComparePictures,
    FileComparison,
    NotebookComparison,
    SanitizeRule,
    Tolerance,
    compare_repeatedly,
    read_sanitize_file,
)
from reproduce.diagnose import Facts, explain_difference, explain_failure
from reproduce.output_files import compare_output_files_of_runs, confine_readers
from reproduce.recorded_figures import records_of_files, records_of_outputs
from reproduce.repetition import Repeated
from reproduce.runner.bundle import NOTEBOOK_FILE
from reproduce.runner.job import DataMount, Network, Result
from reproduce.verdict import judge
from reproduce.verdicts import Verdict

SANITIZE_FILES: Final = ("nbval_sanitize.cfg", "sanitize.cfg", "nbval_sanitise.cfg", "sanitise.cfg", "doc_sanitize.cfg")


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be reproduced: a notebook of a snapshot, the cells that matter (all when empty), how exactly.

    `threads` and `matplotlib_backend` are as the target declares them; `committed_at` is the date of the snapshot.
    `compared_at_once` is how many pairs of its pictures are compared at once, 0 one a processor.
    """

    snapshot: Path
    notebook: str
    cells: tuple[str, ...] = ()
    tolerance: Tolerance = field(default_factory=Tolerance)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    network: Network | None = None
    data: tuple[DataMount, ...] = ()
    data_memory: Path | None = None
    output_files: tuple[str, ...] = ()
    output_files_bytes: int = 64 * 2**20
    threads: int = 1
    matplotlib_backend: str = ""
    committed_at: datetime | None = None
    compared_at_once: int = 1


@dataclass(frozen=True, slots=True)
class Reproduction:
    """How it ended. `verdict` is None while nothing is proven; `cause` then says why. `bundle` keeps the evidence.

    `files` are the declared output files, each compared with the repository's where that holds it. `result` is of the
    first run, `again` are the further runs of the same notebook.
    """

    verdict: Verdict | None
    cause: Cause | None
    result: Result
    comparison: NotebookComparison | None
    bundle: Path
    files: tuple[FileComparison, ...] = ()
    again: tuple[Repeated, ...] = ()

    @property
    def runs(self) -> list[dict[str, Any]]:
        """How each run ended, of a notebook that was run more than once; empty for any other."""
        ends = [self.result, *(one.result for one in self.again)] if self.again else []
        return [_end(result) for result in ends]


def _end(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"status": "not-run", "run_s": None, "outputs_sha256": None}
    digest = result.digests.get("outputs")
    return {"status": result.status, "run_s": round(result.run_s, 3), "outputs_sha256": digest}


@dataclass(frozen=True, slots=True)
class Judging:
    """A notebook that was run once; `judged` says what that, with further runs or without, comes to.

    `pictures` compares pictures, and knows those that were compared before.
    """

    claim: Claim
    published: Any  # Any: nbformat has no types
    facts: Facts
    is_sandboxed: bool
    pictures: ComparePictures | None = None

    def judged(self, bundle: Path, again: tuple[Repeated, ...] = ()) -> Reproduction:
        """Return the outcome. What of `again` did not come to its end by the service's fault counts for nothing."""
        result = self.facts.result
        cancelled = next((one.cause for one in again if one.is_cancelled), None)
        if cancelled is not None:
            return Reproduction(None, cancelled, result, None, bundle, again=again)
        comparison: NotebookComparison | None = None
        files: tuple[FileComparison, ...] = ()
        if result.status == "completed":
            rules = _sanitize_rules(self.claim)
            complete = [(one.result, one.bundle) for one in again if one.result is not None and one.is_complete]
            runs = [(result, bundle), *complete]
            bundles = [place for _, place in runs]
            comparison = compare_repeatedly(
                self.published,
                [nbformat.read(each / NOTEBOOK_FILE, as_version=4) for each in bundles],
                tolerance=self.claim.tolerance,
                cells=self.claim.cells or None,
                sanitize=rules,
                confine=confine_readers(is_sandboxed=self.is_sandboxed),
                records=[records_of_outputs(*one) for one in runs],
                at_once=self.claim.compared_at_once,
                pictures=self.pictures,
            )
            files = compare_output_files_of_runs(
                self.claim.output_files,
                snapshot=self.claim.snapshot,
                bundles=bundles,
                tolerance=self.claim.tolerance,
                sanitize=rules,
                is_sandboxed=self.is_sandboxed,
                records=[records_of_files(*one, self.claim.notebook) for one in runs],
            )
        finding = next((one.finding for one in again if one.finding), None)
        verdict, why = judge(result, explain_failure(self.facts), comparison, files, finding=finding)
        if verdict == "differs" and why is not None:
            why = explain_difference(replace(self.facts, comparison=comparison, files=files), why)
        return Reproduction(verdict, why, result, comparison, bundle, files, again)


def _sanitize_rules(claim: Claim) -> tuple[SanitizeRule, ...]:
    return tuple(
        rule
        for name in SANITIZE_FILES
        for folder in {claim.snapshot, (claim.snapshot / claim.notebook).parent}
        if (folder / name).is_file()
        for rule in read_sanitize_file(folder / name)
    )
