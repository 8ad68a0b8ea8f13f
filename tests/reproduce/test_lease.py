"""A worker's claim on a run: one wins, it is renewed, and it is noticed when it is lost."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Target
from reproduce.lease import Heartbeat, claim_run, update_claimed
from reproduce.models import Run
from reproduce.queue import cancel_run
from tests.personas import make_people, make_publication


def make_run() -> Run:
    target = make_publication(make_people().owner).targets.get(slug="figure-1")
    return Run.objects.create(target=target, reason=Run.Reason.CLICK)


def wait_for(is_true: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.django_db(transaction=True)
def test_one_worker_wins_the_claim() -> None:
    run = make_run()
    together = threading.Barrier(6)

    def claim(_: int) -> Run | None:
        try:
            together.wait(timeout=10)
            return claim_run(run.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        claimed = [one for one in pool.map(claim, range(6)) if one is not None]
    assert len(claimed) == 1
    run.refresh_from_db()
    assert (run.state, run.attempts, run.claim) == ("preparing", 1, claimed[0].claim)


@pytest.mark.parametrize("state", ["preparing", "running", "comparing", "done", "cancelled"])
def test_only_a_waiting_run_is_claimed(state: str, target: Target) -> None:
    run = Run.objects.create(target=target, reason=Run.Reason.CLICK, state=state)
    assert claim_run(run.pk) is None


def test_a_run_that_does_not_exist_is_not_claimed(db: None) -> None:
    assert claim_run(uuid.uuid4()) is None


def test_only_the_claim_that_holds_writes(target: Target) -> None:
    run = claim_run(Run.objects.create(target=target, reason=Run.Reason.CLICK).pk)
    assert run is not None
    assert update_claimed(run, cells_done=3) is True
    Run.objects.filter(pk=run.pk).update(claim=uuid.uuid4())
    assert update_claimed(run, cells_done=9) is False
    run.refresh_from_db()
    assert run.cells_done == 3


@pytest.mark.django_db(transaction=True)
def test_the_lease_is_renewed_while_the_worker_lives(settings: Settings) -> None:
    run = claim_run(make_run().pk)
    assert run is not None
    soon = timezone.now() + timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(lease_until=soon)
    with Heartbeat(run, lambda: None) as heartbeat:
        assert wait_for(lambda: Run.objects.filter(pk=run.pk, lease_until__gt=soon).exists())
        assert not heartbeat.is_over()


@pytest.mark.django_db(transaction=True)
def test_a_cancellation_is_noticed_within_a_second() -> None:
    run = claim_run(make_run().pk)
    assert run is not None
    with Heartbeat(run, lambda: None) as heartbeat:
        cancel_run(run)
        assert wait_for(heartbeat.is_over, within_s=1.0)


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_was_taken_away_is_noticed() -> None:
    run = claim_run(make_run().pk)
    assert run is not None
    with Heartbeat(run, lambda: None) as heartbeat:
        Run.objects.filter(pk=run.pk).update(claim=uuid.uuid4())
        assert wait_for(heartbeat.is_over)
