"""How far a run climbs, and that no rung is claimed without what it rests on."""

from __future__ import annotations

from typing import Any

import pytest

from reproduce.certificates.ladder import RUNGS, Digest, TodayRun, climb, compared_outputs, is_lower
from tests.reproduce.certificates.examples import NOW, comparison, facts

TODAY = TodayRun(NOW, (Digest("pylock.toml", "d" * 64),))


@pytest.mark.parametrize(
    ("changes", "rung"),
    [
        ({"built_at": None, "verdict": "unavailable", "comparison": None}, "registered"),
        ({"built_at": None, "verdict": "unbuildable", "comparison": None}, "registered"),
        ({"verdict": "failed", "comparison": None}, "builds"),
        ({"verdict": "failed"}, "builds"),
        ({"verdict": "differs"}, "runs"),
        ({"verdict": "differs", "today": TODAY}, "runs"),
        ({"comparison": comparison(state="unstable")}, "runs"),
        ({"comparison": comparison(mime="text/html")}, "outputs"),
        ({"comparison": comparison(state="ignored")}, "outputs"),
        ({"cells": ("fit",)}, "outputs"),
        ({"cells": ("draw",)}, "figures"),
        ({}, "figures"),
        ({"verdict": "identical"}, "figures"),
        ({"today": TODAY}, "today"),
        ({"comparison": comparison(mime="text/html"), "today": TODAY}, "outputs"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_run_reaches_the_rung_that_it_proves(changes: dict[str, Any], rung: str) -> None:
    steps = climb(facts(**changes))
    assert [step.rung for step in steps] == list(RUNGS[: RUNGS.index(rung) + 1])  # type: ignore[arg-type]


def test_a_declared_file_that_is_a_figure_counts_when_it_is_claimed() -> None:
    file = {"path": "a.png", "mime": "image/png", "state": "identical", "tolerance": None, "is_claimed": True}
    texts = comparison(mime="text/html")
    assert climb(facts(comparison={**texts, "files": [file]}))[-1].rung == "figures"
    assert climb(facts(comparison={**texts, "files": [{**file, "is_claimed": False}]}))[-1].rung == "outputs"


def test_rungs_carry_the_digests_that_they_rest_on() -> None:
    digests = {step.rung: [one.name for one in step.digests] for step in climb(facts(today=TODAY))}
    assert digests == {
        "registered": ["source"],
        "builds": ["pylock.toml"],
        "runs": ["executed.ipynb"],
        "outputs": ["verdict.json"],
        "figures": ["cell-2-0-fresh.png"],
        "today": ["pylock.toml"],
    }


def test_rungs_are_in_order() -> None:
    assert is_lower("runs", "figures")
    assert not is_lower("figures", "figures")
    assert not is_lower("today", "figures")


@pytest.mark.parametrize(
    "change", [{"tolerance": {"image": 0.5}}, {"mime": "image/jpeg"}, {"state": "not_compared"}], ids=str
)
def test_runs_that_were_held_to_different_things_are_told_apart(change: dict[str, Any]) -> None:
    assert compared_outputs(comparison()) == compared_outputs(comparison(state="identical"))
    assert compared_outputs(comparison()) != compared_outputs(comparison(**change))
