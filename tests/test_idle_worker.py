"""When a worker counts as handed nothing: only when nothing was begun while the same work waited."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reproduce.idle_worker import IdleWatch, PoolActivity, Waiting, work_waiting
from reproduce.models import Run
from tests.personas import make_people, make_publication

RUN: Waiting = frozenset({("run", 1, 0)})
OTHER: Waiting = frozenset({("run", 2, 0)})
AGAIN: Waiting = frozenset({("run", 1, 1)})
NOTHING: Waiting = frozenset()


def looks(*seen: tuple[bytes, bool, Waiting | None]) -> list[bool]:
    """Look every ten seconds with a patience of twenty."""
    watch = IdleWatch(20.0)
    return [
        watch.is_stuck(10.0 * number, view, is_at_work=is_at_work, waiting=waiting)
        for number, (view, is_at_work, waiting) in enumerate(seen)
    ]


def test_work_that_waits_while_nothing_is_begun_is_seen() -> None:
    same = (b"a", False, RUN)
    assert looks(same, same, same) == [False, False, True]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param((b"a", True, None), id="at-work"),
        pytest.param((b"b", False, RUN), id="something-was-begun"),
        pytest.param((b"a", False, NOTHING), id="nothing-waits"),
        pytest.param((b"a", False, OTHER), id="other-work-waits"),
        pytest.param((b"a", False, AGAIN), id="it-was-taken-meanwhile"),
        pytest.param((b"a", False, None), id="the-database-does-not-say"),
    ],
)
def test_whatever_moves_begins_the_time_anew(between: tuple[bytes, bool, Waiting | None]) -> None:
    same = (b"a", False, RUN)
    assert not any(looks(same, same, between, same, same))


def test_work_that_came_later_is_waited_for_as_long() -> None:
    assert looks((b"a", False, RUN), (b"a", False, RUN | OTHER), (b"a", False, OTHER), (b"a", False, OTHER)) == [
        *(False, False, False),
        False,
    ]


def test_a_process_at_work_is_seen_and_a_dead_one_is_not_at_work() -> None:
    activity = PoolActivity()
    before, is_at_work = activity.look()
    assert not is_at_work
    activity.note(3, is_at_work=True)
    begun, is_at_work = activity.look()
    assert is_at_work
    assert begun != before
    activity.note(3, is_at_work=False)
    assert activity.look()[1] is False
    child = subprocess.Popen((sys.executable, "-c", ""))
    child.wait()
    activity._SLOT.pack_into(activity._memory, 0, child.pid, 1.0)
    assert activity.look()[1] is False


def test_what_a_forked_process_notes_its_parent_sees() -> None:
    activity = PoolActivity()
    child = os.fork()
    if child == 0:
        activity.note(0, is_at_work=True)
        os._exit(0)
    os.waitpid(child, 0)
    assert activity.look()[0] != PoolActivity().look()[0]


@pytest.mark.django_db
def test_what_waits_are_queued_runs_with_their_attempts() -> None:
    assert work_waiting() == NOTHING
    target = make_publication(make_people().owner).targets.first()
    run = Run.objects.create(target=target, attempts=2)
    Run.objects.create(target=target, state=Run.State.DONE)
    assert work_waiting() == {("run", run.pk, 2)}
