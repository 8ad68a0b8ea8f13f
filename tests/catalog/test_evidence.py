"""Evidence: the newest proven verdict wins, and an unbroken row keeps its beginning."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.evidence import record
from catalog.models import Evidence, Target

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def see(target: Target, verdict: str, hours: int = 0) -> Evidence | None:
    return record(
        target,
        verdict=verdict,
        cause=None,
        run=uuid.uuid4(),
        commit="c",
        is_sandboxed=True,
        is_approximated=False,
        seen_at=NOON + timedelta(hours=hours),
    )


def test_the_first_verdict_is_on_record(target: Target) -> None:
    assert target.current_evidence is None
    see(target, "identical")
    kept = Evidence.objects.get(target=target)
    assert (kept.verdict, kept.seen_at, kept.since) == ("identical", NOON, NOON)


def test_a_newer_verdict_replaces_an_older_one(target: Target) -> None:
    see(target, "identical")
    see(target, "differs", hours=1)
    kept = Evidence.objects.get(target=target)
    assert (kept.verdict, kept.since) == ("differs", NOON + timedelta(hours=1))


def test_an_older_run_that_ends_late_changes_nothing(target: Target) -> None:
    newest = see(target, "identical", hours=2)
    assert see(target, "failed", hours=1) == newest
    kept = Evidence.objects.get(target=target)
    assert newest is not None
    assert (kept.verdict, kept.run) == ("identical", newest.run)


def test_the_same_verdict_again_keeps_since_when(target: Target) -> None:
    for hours in range(3):
        see(target, "reproduced", hours=hours)
    kept = Evidence.objects.get(target=target)
    assert (kept.since, kept.seen_at) == (NOON, NOON + timedelta(hours=2))


@pytest.mark.parametrize(
    "change",
    [
        {"notebook": "other.ipynb"},
        {"cells": ["a"]},
        {"rtol": 0.1},
        {"atol": 1},
        {"image_limit": 2.0},
        {"disabled_rules": ["timings"]},
    ],
    ids=str,
)
def test_a_verdict_on_a_claim_that_was_changed_meanwhile_is_not_on_record(
    change: dict[str, object], target: Target
) -> None:
    Target.objects.filter(pk=target.pk).update(**change)
    assert see(target, "identical") is None
    assert not Evidence.objects.exists()


def test_the_database_takes_no_other_word_for_a_verdict(target: Target) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        see(target, "probably fine")
