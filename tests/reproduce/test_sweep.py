"""What is lost with its worker is found, started again, and in the end given up without a verdict."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from builder.prepare import open_build
from builder.sweep import sweep_builds
from catalog import wake as waking
from catalog.models import Evidence, Target
from reproduce.lease import claim_run, update_claimed
from reproduce.models import Run
from reproduce.sweep import sweep_runs
from reproduce.tasks import execute_run


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The runs that workers were told of."""
    told: list[object] = []

    def wake(_task: object, key: object) -> bool:
        told.append(key)
        return True

    monkeypatch.setattr(waking, "wake", wake)
    return told


@pytest.fixture
def run(target: Target) -> Run:
    return Run.objects.create(target=target, reason=Run.Reason.CLICK)


def lose(run: Run, *, now: datetime) -> None:
    """Let a worker take the run and die."""
    claimed = claim_run(run.pk)
    assert claimed is not None
    Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, lease_until=now - timedelta(seconds=1))


def test_a_lost_run_waits_again_and_workers_are_told(run: Run, woken: list[object]) -> None:
    now = timezone.now()
    lose(run, now=now)
    assert sweep_runs(execute_run, now=now) == 1
    run.refresh_from_db()
    assert (run.state, run.claim, run.attempts, woken) == ("queued", None, 1, [run.pk])


def test_a_run_whose_worker_lives_is_left_alone(run: Run, woken: list[object]) -> None:
    claim_run(run.pk)
    assert sweep_runs(execute_run, now=timezone.now()) == 0
    run.refresh_from_db()
    assert (run.state, woken) == ("preparing", [])


def test_after_the_set_attempts_it_ends_without_a_verdict(run: Run, woken: list[object], settings: Settings) -> None:
    settings.REPRISE_RUN_ATTEMPTS = 3
    now = timezone.now()
    for attempt in range(1, 4):
        lose(run, now=now)
        sweep_runs(execute_run, now=now)
        run.refresh_from_db()
        assert (run.attempts, run.state) == (attempt, "queued" if attempt < 3 else "done")
    assert (run.verdict, run.cause["id"], run.cause["fault"]) == (None, "worker-lost", "service")
    assert "3 times" in run.cause["message"]
    assert run.ended_at is not None
    assert not Evidence.objects.exists()


def test_a_lost_run_whose_end_was_asked_for_is_cancelled(run: Run, woken: list[object]) -> None:
    now = timezone.now()
    lose(run, now=now)
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=now)
    sweep_runs(execute_run, now=now)
    run.refresh_from_db()
    assert (run.state, run.verdict, woken) == ("cancelled", None, [])


def test_an_attempt_that_was_given_up_writes_nothing(run: Run, woken: list[object]) -> None:
    now = timezone.now()
    lost = claim_run(run.pk)
    assert lost is not None
    Run.objects.filter(pk=run.pk).update(lease_until=now - timedelta(seconds=1))
    sweep_runs(execute_run, now=now)
    fresh = claim_run(run.pk)
    assert fresh is not None
    assert update_claimed(lost, state=Run.State.DONE, verdict="failed") is False
    assert update_claimed(fresh, state=Run.State.DONE, verdict="identical") is True
    run.refresh_from_db()
    assert run.verdict == "identical"


def test_a_broker_that_takes_nothing_is_asked_once_and_told_at_the_next_sweep(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(waking, "wake", lambda _task, key: asked.append(key) or len(asked) > 1)
    long_ago = timezone.now() - timedelta(hours=1)
    runs = [Run.objects.create(target=target, reason=Run.Reason.CLICK, as_of=as_of) for as_of in ("", "today")]
    Run.objects.update(requested_at=long_ago)
    told = [sweep_runs(execute_run, now=timezone.now()) for _ in range(3)]
    assert (told, len(asked)) == ([0, 2, 0], 3)
    assert set(asked) == {run.pk for run in runs}


def test_a_run_that_nobody_took_is_told_of_again_but_not_at_every_sweep(
    run: Run, woken: list[object], settings: Settings
) -> None:
    later = timezone.now() + timedelta(seconds=2 * settings.REPRISE_LEASE_S + 1)
    assert sweep_runs(execute_run, now=timezone.now()) == 0
    assert sweep_runs(execute_run, now=later) == 1
    assert sweep_runs(execute_run, now=later + timedelta(seconds=10)) == 0
    assert sweep_runs(execute_run, now=later + timedelta(seconds=2 * settings.REPRISE_LEASE_S + 1)) == 1
    assert woken == [run.pk, run.pk]


@pytest.mark.parametrize("state", ["done", "cancelled"])
def test_what_is_over_stays_over(state: str, run: Run, woken: list[object]) -> None:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(state=state, lease_until=now - timedelta(days=1), claim=uuid.uuid4())
    assert sweep_runs(execute_run, now=now) == 0
    run.refresh_from_db()
    assert (run.state, woken) == (state, [])


def test_two_sweeps_at_once_start_a_lost_run_once(run: Run, woken: list[object]) -> None:
    now = timezone.now()
    lose(run, now=now)
    assert [sweep_runs(execute_run, now=now), sweep_runs(execute_run, now=now)] == [1, 0]
    assert claim_run(run.pk) is not None
    assert claim_run(run.pk) is None


def test_a_lease_from_before_the_clock_was_put_back_is_cut_to_what_a_worker_asks_for(
    run: Run, woken: list[object], settings: Settings
) -> None:
    claim_run(run.pk)
    now = timezone.now() - timedelta(hours=1)
    assert sweep_runs(execute_run, now=now) == 0
    run.refresh_from_db()
    assert (run.state, run.lease_until) == ("preparing", now + timedelta(seconds=settings.REPRISE_LEASE_S))
    assert sweep_runs(execute_run, now=now + timedelta(seconds=settings.REPRISE_LEASE_S + 1)) == 1


def test_a_build_whose_worker_died_is_closed_and_one_that_is_waited_for_is_not(run: Run, settings: Settings) -> None:
    snapshot = run.target.repository.snapshots.get()
    left, waited_for = open_build(snapshot), open_build(snapshot)
    claim_run(run.pk)
    Run.objects.filter(pk=run.pk).update(build=waited_for)
    assert sweep_builds(now=timezone.now()) == 0
    assert sweep_builds(now=timezone.now() + timedelta(seconds=2 * settings.REPRISE_LEASE_S + 1)) == 1
    left.refresh_from_db()
    waited_for.refresh_from_db()
    assert (left.state, left.cause["id"], waited_for.state) == ("failed", "internal-error", "running")
