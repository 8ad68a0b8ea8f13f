"""Watches: when a target is due it is re-run, once, by whoever looks first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import wake as waking
from catalog.models import Target
from reproduce.models import Run, Watch
from reproduce.tasks import execute_run
from reproduce.watches import start_due_watches, unwatch, watch


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The runs that workers were told of."""
    told: list[object] = []
    monkeypatch.setattr(waking, "wake", lambda _task, key: told.append(key) or True)
    return told


def make_due(target: Target, *, every_days: int = 7) -> Watch:
    watching = watch(target, every_days=every_days)
    Watch.objects.filter(pk=watching.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    return watching


def test_the_first_run_is_due_after_one_period(target: Target) -> None:
    watch(target, every_days=7)
    assert start_due_watches(execute_run) == 0
    due = Watch.objects.get().next_at - timezone.now()
    assert timedelta(days=6, hours=23) < due <= timedelta(days=7)


def test_what_is_due_is_run_once_and_due_again_after_its_period(target: Target, woken: list[object]) -> None:
    make_due(target)
    assert [start_due_watches(execute_run), start_due_watches(execute_run)] == [1, 0]
    run = Run.objects.get()
    assert (run.reason, run.requested_by, woken) == ("watch", None, [run.pk])
    watching = Watch.objects.get()
    assert watching.last_run == run
    assert watching.next_at > timezone.now() + timedelta(days=6)


def test_a_run_under_way_serves_the_watch(target: Target, woken: list[object]) -> None:
    make_due(target)
    Run.objects.create(target=target, reason=Run.Reason.CLICK)
    assert start_due_watches(execute_run) == 0
    assert (Run.objects.count(), woken) == (1, [])
    assert Watch.objects.get().next_at > timezone.now()


def test_a_watch_that_is_switched_off_starts_nothing(target: Target) -> None:
    watching = make_due(target)
    Watch.objects.filter(pk=watching.pk).update(is_active=False)
    assert start_due_watches(execute_run) == 0


def test_watching_again_changes_how_often(target: Target) -> None:
    assert watch(target, every_days=7).pk == watch(target, every_days=30).pk
    assert Watch.objects.get().every_days == 30


def test_unwatching_may_be_repeated_and_keeps_the_runs(target: Target) -> None:
    make_due(target)
    start_due_watches(execute_run)
    unwatch(target)
    unwatch(target)
    assert (Watch.objects.count(), Run.objects.count()) == (0, 1)


@pytest.mark.parametrize("every_days", [0, 367])
def test_the_database_takes_no_strange_period(every_days: int, target: Target) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        watch(target, every_days=every_days)
