"""The quota of environments: who goes first, and who never goes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from builder import eviction
from builder.engines.leases import in_use
from builder.engines.storage import Store
from builder.eviction import keep_within, make_room, reasons_to_keep, sweep_environments
from builder.models import Environment, Snapshot
from catalog.evidence import record
from catalog.models import Target
from reproduce.models import Run

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SIZE = 100_000
Put = Callable[..., str]


@pytest.fixture
def data(tmp_path: Path, settings: object) -> Path:
    settings.REPRISE_DATA = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def put(data: Path) -> Put:
    """Puts an environment of 100 kB into the store that was used so many days before NOW; returns its key."""

    def put(name: str, *, days: int) -> str:
        key = name.encode().hex().ljust(64, "0")
        place = data / "environments" / "envs" / key
        place.mkdir(parents=True)
        (place / "content").write_bytes(os.urandom(SIZE))
        marker = {"key": key, "engine": "local/3", "interpreter": {"version": "3.9.18"}, "size_bytes": SIZE}
        (place / "reprise-environment.json").write_text(json.dumps(marker))
        mark = place.with_name(f".{key}.used")
        mark.touch()
        used_at = (NOW - timedelta(days=days)).timestamp()
        os.utime(mark, (used_at, used_at))
        return key

    return put


def here(data: Path) -> set[str]:
    return {each.key for each in Store(data / "environments").environments()}


def bring_down(data: Path, to: int, needed: dict[str, str] | None = None) -> eviction.Eviction:
    return keep_within(Store(data / "environments"), to, needed=needed or {})


def test_the_least_recently_used_goes_first(data: Path, put: Put) -> None:
    new, old, middle = put("new", days=1), put("old", days=9), put("middle", days=5)
    gone = bring_down(data, int(2.7 * SIZE))
    assert [each.key for each in gone.removed] == [old]
    assert gone.is_enough
    assert here(data) == {new, middle}


def test_under_the_quota_nothing_goes(data: Path, put: Put) -> None:
    put("only", days=9)
    assert bring_down(data, 10 * SIZE).removed == ()


def test_what_is_needed_or_in_use_never_goes(data: Path, put: Put) -> None:
    needed, held, free = put("needed", days=9), put("held", days=8), put("free", days=1)
    with in_use(data / "environments" / "envs" / held):
        gone = bring_down(data, 0, {needed: "fresh evidence rests on it"})
    assert [each.key for each in gone.removed] == [free]
    assert not gone.is_enough
    assert here(data) == {needed, held}


def test_unused_for_long_goes_whatever_the_quota(data: Path, put: Put) -> None:
    old, new = put("old", days=40), put("new", days=3)
    store = Store(data / "environments")
    gone = keep_within(store, 0, needed={}, unused_since=NOW - timedelta(days=30))
    assert [each.key for each in gone.removed] == [old]
    assert here(data) == {new}


def test_the_sweep_keeps_the_quota_of_the_settings(data: Path, put: Put, settings: object, db: None) -> None:
    old, new = put("old", days=9), put("new", days=1)
    settings.REPRISE_ENVIRONMENTS_QUOTA = int(1.7 * SIZE)  # type: ignore[attr-defined]
    assert sweep_environments(now=timezone.now()) is not None
    assert here(data) == {new}
    assert old not in here(data)


def test_the_sweep_measures_every_ten_minutes_at_most(data: Path, put: Put, settings: object, db: None) -> None:
    put("any", days=9)
    settings.REPRISE_ENVIRONMENTS_QUOTA = 1  # type: ignore[attr-defined]
    now = timezone.now()
    assert sweep_environments(now=now) is not None
    assert sweep_environments(now=now + timedelta(minutes=5)) is None
    assert sweep_environments(now=now + timedelta(minutes=11)) is not None


def test_without_a_quota_the_sweep_does_nothing(data: Path, put: Put) -> None:
    key = put("any", days=900)
    assert sweep_environments(now=NOW) is None
    assert here(data) == {key}


def test_room_is_made_when_the_disk_is_nearly_full(
    data: Path, put: Put, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("old", days=9)
    assert make_room(now=NOW) is None
    usage = shutil.disk_usage(data)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    gone = make_room(now=NOW)
    assert gone is not None
    assert len(gone.removed) == 1


# What the database says is needed


def _environment(target: Target, key: str) -> Environment:
    repository = target.repository
    snapshot = Snapshot.objects.create(
        repository=repository, state="ready", commit="c" * 40, swhid="swh:1:dir:" + "0" * 40, path="/nowhere"
    )
    return Environment.objects.create(
        snapshot=snapshot,
        engine="local",
        as_of=NOW,
        python="3.9.18",
        recipe={},
        key=key,
        lock_sha256="0" * 64,
        built_s=1,
    )


def _proven(target: Target, key: str, verdict: str, *, days: int) -> None:
    environment = _environment(target, key)
    run = Run.objects.create(
        target=target,
        reason="click",
        state="done",
        verdict=verdict,
        snapshot=environment.snapshot,
        environment=environment,
    )
    record(
        target,
        verdict=verdict,
        cause=None,
        run=run.pk,
        commit="",
        is_sandboxed=True,
        is_approximated=False,
        seen_at=NOW - timedelta(days=days),
    )


@pytest.mark.parametrize("verdict", ["identical", "reproduced"])
def test_fresh_good_evidence_keeps_its_environment(target: Target, verdict: str) -> None:
    _proven(target, "a" * 64, verdict, days=89)
    assert reasons_to_keep(NOW) == {"a" * 64: "fresh evidence rests on it"}


def test_evidence_that_is_old_keeps_nothing(target: Target) -> None:
    _proven(target, "a" * 64, "identical", days=91)
    assert reasons_to_keep(NOW) == {}


def test_bad_evidence_keeps_nothing(target: Target) -> None:
    _proven(target, "a" * 64, "differs", days=1)
    assert reasons_to_keep(NOW) == {}


def test_a_run_under_way_keeps_its_environment(target: Target) -> None:
    environment = _environment(target, "b" * 64)
    Run.objects.create(
        target=target, reason="click", state="running", snapshot=environment.snapshot, environment=environment
    )
    assert reasons_to_keep(NOW) == {"b" * 64: "a run is under way"}


def test_an_installation_without_tables_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "has_tables", lambda: False)
    assert reasons_to_keep(NOW) == {}
