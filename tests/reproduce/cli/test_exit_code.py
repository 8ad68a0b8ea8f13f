"""The exit code: the worst wins, and nothing proven is never a success."""

from __future__ import annotations

import pytest

from catalog.causes import cause
from reproduce.cli.exit_code import code_of, code_of_refusal, worst
from reproduce.verdicts import Verdict


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("identical", 0), ("reproduced", 0), ("differs", 1), ("failed", 2), ("unbuildable", 3), ("unavailable", 4)],
)
def test_a_verdict_has_its_code(verdict: Verdict, code: int) -> None:
    assert code_of(verdict, None) == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("nothing-compared", 2),
        ("cancelled", 2),
        ("index-unreachable", 4),
        ("sandbox-missing", 70),
        ("disk-full", 70),
        ("internal-error", 70),
    ],
)
def test_without_a_verdict_the_fault_decides(kind: str, code: int) -> None:
    assert code_of(None, cause(kind)) == code


def test_neither_verdict_nor_cause_is_a_fault_of_ours() -> None:
    assert code_of(None, None) == 70


def test_what_was_typed_wrongly_is_wrong_usage() -> None:
    assert code_of_refusal(None, cause("source-malformed")) == 64


def test_a_refusal_that_says_something_of_the_work_has_the_code_of_that() -> None:
    assert code_of_refusal("unavailable", cause("repository-missing")) == 4


def test_the_worst_wins() -> None:
    assert worst([0, 3, 1]) == 3
    assert worst([4, 70, 0]) == 70


def test_nothing_at_all_is_no_success() -> None:
    assert worst([]) == 2
