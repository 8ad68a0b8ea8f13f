"""How a run ends: with a verdict and its evidence, or with neither. Building and running are stood in for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import Settings

from builder.errors import BuildError, SnapshotError
from catalog.causes import CausedError
from catalog.models import Evidence, Repository, Target
from reproduce import execute as executing
from reproduce import finish as finishing
from reproduce.errors import RunError
from reproduce.execute import execute, network_of
from reproduce.models import Run
from reproduce.queue import cancel_run
from reproduce.runner.job import Network


@pytest.fixture
def run(target: Target, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    settings.REPRISE_DATA = tmp_path
    monkeypatch.setattr(executing, "choose_sandbox", lambda *_args, **_words: "bubblewrap")
    return Run.objects.create(target=target, reason=Run.Reason.CLICK)


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Lets the run end with an error while its repository is looked for."""

    def fail_with(error: Exception) -> None:
        def ready_snapshot(_: object, **_words: object) -> None:
            raise error

        monkeypatch.setattr(executing, "ready_snapshot", ready_snapshot)

    return fail_with


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (SnapshotError("repository-missing", source="x").seen_in("git: not found"), "unavailable"),
        (SnapshotError("notebook-not-json", path="x", reason="y"), "failed"),
        (BuildError("requirement-not-found", requirement="x", as_of="y").seen_in("Because x"), "unbuildable"),
    ],
    ids=lambda value: getattr(value, "kind_id", value),
)
@pytest.mark.django_db(transaction=True)
def test_what_the_work_does_is_a_verdict_with_its_cause_on_record(
    error: CausedError, verdict: str, run: Run, fail: Callable[[Exception], None]
) -> None:
    fail(error)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.claim) == ("done", verdict, None)
    kept = Evidence.objects.get(target=run.target)
    assert (kept.verdict, kept.cause, kept.run) == (verdict, run.cause, run.pk)
    assert run.cause == error.cause.as_dict()


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (SnapshotError("repository-unreachable", source="x", reason="y"), "repository-unreachable"),
        (BuildError("index-unreachable", reason="y"), "index-unreachable"),
        (BuildError("python-unavailable", python="2.7", available="3.11"), "python-unavailable"),
        (RunError("sandbox-missing"), "sandbox-missing"),
        (OSError(28, "No space left on device"), "disk-full"),
        (OSError(5, "Input/output error"), "internal-error"),
        (RuntimeError("a bug"), "internal-error"),
    ],
    ids=lambda value: getattr(value, "kind_id", type(value).__name__ if isinstance(value, Exception) else value),
)
@pytest.mark.django_db(transaction=True)
def test_a_fault_that_is_not_the_works_is_no_verdict(
    error: Exception, cause: str, run: Run, fail: Callable[[Exception], None], settings: Settings
) -> None:
    settings.REPRISE_RUN_ATTEMPTS = 1
    fail(error)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause["id"]) == ("done", None, cause)
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_host_that_is_no_longer_permitted_is_no_verdict_and_nothing_is_fetched_for_it(
    run: Run, fail: Callable[[Exception], None]
) -> None:
    Target.objects.filter(pk=run.target_id).update(allowed_hosts=["data.example.org"])
    fail(AssertionError("looked for its repository"))
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.cause["id"]) == ("done", None, "host-not-permitted")
    assert "data.example.org" in run.cause["message"]


def test_a_target_gets_the_network_that_it_names(settings: Settings) -> None:
    settings.REPRISE_RUN_HOSTS = ["*"]
    assert network_of(Target()) is None
    assert network_of(Target(is_host_missing=True)) == Network()
    assert network_of(Target(allowed_hosts=["data.example.org"])) == Network(("data.example.org",))


OURS = [OSError(28, "No space left on device"), RuntimeError("a bug"), OperationalError("the connection is closed")]


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
@pytest.mark.django_db(transaction=True)
def test_a_fault_of_ours_is_tried_again_until_the_attempts_are_used(
    error: Exception, run: Run, fail: Callable[[Exception], None], settings: Settings
) -> None:
    settings.REPRISE_RUN_ATTEMPTS = 3
    fail(error)
    for attempt in (1, 2):
        execute(run.pk)
        run.refresh_from_db()
        assert (run.state, run.attempts, run.claim, run.lease_until) == ("queued", attempt, None, None)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.verdict) == ("done", 3, None)
    told = [event.text for event in run.events.all()]
    assert [line.endswith("The run is started again.") for line in told] == [True, False, True, False]
    assert told[3] == "Attempt 3 of 3."
    assert [event.seq for event in run.events.all()] == [1, 2, 3, 4]


@pytest.mark.parametrize("error", [RunError("sandbox-missing"), BuildError("index-unreachable", reason="y")], ids=str)
@pytest.mark.django_db(transaction=True)
def test_what_will_not_pass_soon_is_not_tried_again(
    error: Exception, run: Run, fail: Callable[[Exception], None]
) -> None:
    fail(error)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == ("done", 1)


@pytest.mark.django_db(transaction=True)
def test_an_end_that_the_database_did_not_take_is_written_when_it_is_back(
    run: Run, fail: Callable[[Exception], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(SnapshotError("repository-missing", source="x"))
    is_away = [True, True]

    def end(*arguments: object) -> None:
        if is_away:
            is_away.pop()
            raise OperationalError("the connection is closed")
        end_at_once(*arguments)

    end_at_once = finishing._end_at_once
    monkeypatch.setattr(finishing, "_end_at_once", end)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict, run.attempts) == ("done", "unavailable", 1)
    assert Evidence.objects.get(target=run.target).run == run.pk


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_run_gets_no_verdict_however_far_it_was(
    run: Run, fail: Callable[[Exception], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(SnapshotError("repository-missing", source="x"))

    def cancel(*_: object) -> dict[str, object]:
        assert cancel_run(Run.objects.get(pk=run.pk))
        return {}

    monkeypatch.setattr(finishing, "keep_remains", cancel)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict) == ("cancelled", None)
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_of_an_attempt_is_left_on_the_disk(run: Run, fail: Callable[[Exception], None], tmp_path: Path) -> None:
    fail(RuntimeError("a bug"))
    execute(run.pk)
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize("state", ["running", "done", "cancelled"])
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_not_waiting_is_left_alone(state: str, run: Run, fail: Callable[[Exception], None]) -> None:
    fail(AssertionError("executed twice"))
    Run.objects.filter(pk=run.pk).update(state=state)
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.cause) == (state, None)


@pytest.mark.django_db(transaction=True)
def test_a_run_as_of_another_date_proves_nothing_on_record(run: Run, fail: Callable[[Exception], None]) -> None:
    Run.objects.filter(pk=run.pk).update(as_of="today")
    fail(SnapshotError("notebook-not-json", path="x", reason="y"))
    execute(run.pk)
    run.refresh_from_db()
    assert (run.state, run.verdict) == ("done", "failed")
    assert not Evidence.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_date_the_author_changed_meanwhile_proves_nothing_on_record(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snapshot = run.target.repository.snapshots.get()
    snapshot.path = str(tmp_path)

    def prepare(*_args: object, **_words: object) -> None:
        Repository.objects.filter(pk=run.target.repository_id).update(as_of="publication")
        raise BuildError("requirement-not-found", requirement="x", as_of="y")

    monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
    monkeypatch.setattr(executing, "_problem_of", lambda *_: None)
    monkeypatch.setattr(executing, "prepare", prepare)
    execute(run.pk)
    run.refresh_from_db()
    assert run.verdict == "unbuildable"
    assert not Evidence.objects.exists()
