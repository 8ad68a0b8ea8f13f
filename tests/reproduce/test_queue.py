"""Asking for runs and for their end."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from catalog.models import Target
from reproduce import queue
from reproduce.models import ACTIVE_STATES, Run
from reproduce.queue import cancel_run, request_run
from tests.personas import make_people, make_publication

OVER = ("done", "cancelled")


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The runs that workers were told of."""
    told: list[object] = []
    monkeypatch.setattr(queue, "wake", lambda _task, key: told.append(key))
    return told


def request(target: Target) -> Run:
    return request_run(target, reason=Run.Reason.CLICK, requested_by=None)


def test_a_worker_is_told_only_when_the_run_is_committed(
    target: Target, woken: list[object], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]  # a fixture of pytest-django
        run = request(target)
    assert woken == []
    for callback in callbacks:
        callback()
    assert woken == [run.pk]


def test_a_second_request_joins_the_active_run(target: Target) -> None:
    run = request(target)
    for state in ACTIVE_STATES:
        Run.objects.filter(pk=run.pk).update(state=state)
        assert request(target).pk == run.pk


@pytest.mark.parametrize("state", OVER)
def test_a_run_that_is_over_makes_way_for_another(state: str, target: Target) -> None:
    run = request(target)
    Run.objects.filter(pk=run.pk).update(state=state)
    assert request(target).pk != run.pk


@pytest.mark.django_db(transaction=True)
def test_one_run_serves_all_who_click_at_the_same_moment(woken: list[object]) -> None:
    target = make_publication(make_people().owner).targets.get(slug="figure-1")
    together = threading.Barrier(8)

    def click(_: int) -> object:
        try:
            together.wait(timeout=10)
            return request(Target.objects.get(pk=target.pk)).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(click, range(8)))
    assert len(keys) == 1
    assert Run.objects.count() == 1
    assert woken == list(keys)


def test_a_waiting_run_is_cancelled_at_once(target: Target) -> None:
    run = request(target)
    assert cancel_run(run) is True
    run.refresh_from_db()
    assert (run.state, run.verdict, run.is_active) == ("cancelled", None, False)
    assert run.ended_at is not None


@pytest.mark.parametrize("state", [state for state in ACTIVE_STATES if state != "queued"])
def test_a_run_under_way_is_cancelled_at_once_and_its_claim_is_gone(state: str, target: Target) -> None:
    run = request(target)
    Run.objects.filter(pk=run.pk).update(state=state, claim=uuid.uuid4(), lease_until=timezone.now())
    assert [cancel_run(run), cancel_run(run)] == [True, False]
    run.refresh_from_db()
    assert (run.state, run.claim, run.lease_until, run.verdict) == ("cancelled", None, None, None)
    assert run.ended_at is not None


@pytest.mark.parametrize("state", OVER)
def test_a_run_that_is_over_cannot_be_cancelled(state: str, target: Target) -> None:
    run = request(target)
    Run.objects.filter(pk=run.pk).update(state=state)
    assert cancel_run(run) is False
    run.refresh_from_db()
    assert (run.state, run.cancel_requested_at) == (state, None)


@pytest.mark.parametrize("state", [*ACTIVE_STATES, "cancelled"])
def test_the_database_takes_no_verdict_before_the_end(state: str, target: Target) -> None:
    run = request(target)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=state, verdict="identical")


def test_the_database_takes_one_active_run_a_target(target: Target) -> None:
    request(target)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(target=target, reason=Run.Reason.CLICK)


def test_a_run_as_of_another_date_goes_beside_the_one_that_counts(target: Target) -> None:
    run = request(target)
    what_if = request_run(target, reason=Run.Reason.CLICK, requested_by=None, as_of="today")
    assert what_if.pk != run.pk
    assert what_if.is_what_if
    assert request_run(target, reason=Run.Reason.CLICK, requested_by=None, as_of="today").pk == what_if.pk
    assert request(target).pk == run.pk


def test_a_run_as_of_the_repositorys_own_date_is_the_one_that_counts(target: Target) -> None:
    target.repository.as_of = "publication"
    target.repository.save()
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=None, as_of="publication")
    assert not run.is_what_if
    assert request(target).pk == run.pk
