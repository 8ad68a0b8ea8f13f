"""What a notebook that cannot be run as it is says of the work, and where that stands."""

from __future__ import annotations

import pytest

from builder.snapshot.facts import NotebookOutline
from reproduce.refusal import problem_of
from reproduce.verdicts import Verdict


def outline(problem: str, message: str = "") -> NotebookOutline:
    return NotebookOutline("a.ipynb", "A", "ir", "", "", 1, 1, (), problem, message)


@pytest.mark.parametrize(
    ("problem", "verdict", "evidence"),
    [
        ("kernel-unknown", "unbuildable", "a.ipynb: kernel “ir”, language “unknown”"),
        ("notebook-without-kernel", "failed", "a.ipynb: kernel “ir”, language “unknown”"),
        ("notebook-not-json", "failed", ""),
    ],
)
def test_a_problem_of_the_kernel_shows_what_the_notebook_says_of_it(
    problem: str, verdict: Verdict, evidence: str
) -> None:
    said, why = problem_of(outline(problem, "The words of the reader."))
    assert (said, why.id, why.message, why.evidence) == (verdict, problem, "The words of the reader.", evidence)
