"""How long an environment will take is told from what was measured, and not told where nothing was."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from builder.estimate import estimate_build
from builder.models import Build, Environment, Snapshot
from catalog.models import AsOf, Publication
from tests.evidence import make_environment
from tests.personas import make_snapshot

COLD = [{"stage": "resolve", "seconds": 1.0}, {"stage": "install", "seconds": 1.0}]


@pytest.fixture
def snapshot(publication: Publication) -> Snapshot:
    return publication.repositories.get().snapshots.get()


def build(snapshot: Snapshot, seconds: float, environment: Environment, stages: list[dict[str, object]]) -> None:
    made = Build.objects.create(
        snapshot=snapshot, environment=environment, state=Build.State.SUCCEEDED, engine="local", stages=stages
    )
    ended: datetime = made.started_at + timedelta(seconds=seconds)
    Build.objects.filter(pk=made.pk).update(ended_at=ended)


@pytest.fixture
def environment(draft: Publication) -> Environment:
    """Two packages, of another paper; the build that came with it is gone."""
    made = make_environment(draft.repositories.get().snapshots.get())
    made.builds.all().delete()
    return made


def test_nothing_is_told_where_nothing_was_measured(snapshot: Snapshot) -> None:
    assert estimate_build(snapshot, AsOf.COMMIT) is None
    assert estimate_build(None, AsOf.COMMIT) is None


def test_a_cold_build_takes_the_median_of_cold_builds(snapshot: Snapshot, environment: Environment) -> None:
    for seconds in (10, 40, 400):
        build(environment.snapshot, seconds, environment, COLD)
    build(environment.snapshot, 0.1, environment, [])
    found = estimate_build(snapshot, AsOf.COMMIT)
    assert found is not None
    assert (found.seconds, found.count, found.is_known, found.is_of_this_size) == (40, 3, False, False)


def test_a_known_environment_takes_as_long_as_known_ones_did(environment: Environment) -> None:
    build(environment.snapshot, 40, environment, COLD)
    build(environment.snapshot, 0.2, environment, [{"stage": "verify", "seconds": 0.1}])
    found = estimate_build(environment.snapshot, AsOf.COMMIT)
    assert found is not None
    assert (round(found.seconds, 3), found.is_known) == (0.2, True)


def test_as_of_today_nothing_is_known_beforehand(environment: Environment) -> None:
    build(environment.snapshot, 40, environment, COLD)
    found = estimate_build(environment.snapshot, AsOf.TODAY)
    assert found is not None
    assert (found.seconds, found.is_known) == (40, False)


def test_builds_of_the_size_of_the_last_commits_environment_count(snapshot: Snapshot, environment: Environment) -> None:
    make_environment(snapshot, key="1" * 64).builds.all().delete()
    many = [{"name": f"p{number}", "version": "1"} for number in range(200)]
    large = make_environment(environment.snapshot, key="2" * 64, packages=many)
    large.builds.all().delete()
    build(environment.snapshot, 300, large, COLD)
    build(environment.snapshot, 20, environment, COLD)
    next_commit = make_snapshot(snapshot.repository, commit="f" * 40)
    found = estimate_build(next_commit, AsOf.COMMIT)
    assert found is not None
    assert (found.seconds, found.is_of_this_size) == (20, True)


def test_builds_that_failed_or_go_on_count_nothing(snapshot: Snapshot, environment: Environment) -> None:
    for state in (Build.State.FAILED, Build.State.RUNNING):
        Build.objects.create(snapshot=environment.snapshot, environment=environment, state=state, stages=COLD)
    assert estimate_build(snapshot, AsOf.COMMIT) is None
