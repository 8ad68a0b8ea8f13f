"""Keep the environments within their quota: the least recently used go, never one that is still needed.

What was removed is made again from its lock when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import connection

from builder.engines.storage import Store, StoredEnvironment
from builder.models import Environment
from catalog.models import Evidence

log = structlog.get_logger(__name__)

_GOOD: Final = ("identical", "reproduced")
ACTIVE: Final = ("queued", "preparing", "running", "comparing")
# Measuring reads every directory of the store.
_EVERY: Final = timedelta(minutes=10)
# A build is not begun with less room than this, if something can go.
_ROOM_BYTES: Final = 2 * 2**30


@dataclass(frozen=True, slots=True)
class Eviction:
    """What went, in order, and what the store takes up afterwards. `is_enough` tells that the goal was reached."""

    removed: tuple[StoredEnvironment, ...]
    size_before_bytes: int
    size_bytes: int
    is_enough: bool


def store() -> Store:
    """Return the store of this installation."""
    return Store(Path(settings.REPRISE_DATA) / "environments")


def reasons_to_keep(now: datetime) -> dict[str, str]:
    """Return why an environment must stay, by key: a run that is under way, or good evidence that is fresh.

    An installation without tables has neither. Raises OperationalError when the database does not answer, because then
    nobody knows what is needed.
    """
    if not has_tables():
        return {}
    # Runs are told by name: they belong to the app above, which knows this one and not the other way round.
    active = Environment.objects.filter(runs__state__in=ACTIVE)
    fresh_since = now - timedelta(days=settings.REPRISE_EVIDENCE_FRESH_DAYS)
    good = Evidence.objects.filter(verdict__in=_GOOD, seen_at__gte=fresh_since)
    proven = Environment.objects.filter(runs__pk__in=good.values("run"))
    reasons = dict.fromkeys(proven.values_list("key", flat=True), "fresh evidence rests on it")
    return {**reasons, **dict.fromkeys(active.values_list("key", flat=True), "a run is under way")}


def keep_within(
    kept: Store, quota_bytes: int, *, needed: Mapping[str, str], unused_since: datetime | None = None
) -> Eviction:
    """Remove what is needed least until the store takes up no more than `quota_bytes`.

    First goes what the caches hold for no environment, then the least recently used environments; with `unused_since`
    only those that were not used since then, and all of them, whatever the quota.
    """
    kept.sweep()
    before = size_bytes = kept.size_bytes()
    removed: list[StoredEnvironment] = []
    if size_bytes > quota_bytes:
        kept.drop_unshared()
        size_bytes = kept.size_bytes()
    for environment in candidates(kept.environments(), needed, unused_since):
        if unused_since is None and size_bytes <= quota_bytes:
            break
        if kept.remove(environment):
            removed.append(environment)
            kept.drop_unshared()
            size_bytes = kept.size_bytes()
            log.info("environment-evicted", key=environment.key, size_bytes=environment.size_bytes)
    return Eviction(tuple(removed), before, size_bytes, size_bytes <= quota_bytes)


def candidates(
    environments: Iterable[StoredEnvironment], needed: Mapping[str, str], unused_since: datetime | None = None
) -> list[StoredEnvironment]:
    """Return what may go, least recently used first: nothing that is needed, in use, or shares its place with such."""
    listed = list(environments)
    places = {each.place for each in listed if each.key in needed or each.is_in_use}
    return [
        each
        for each in listed
        if each.place not in places and (unused_since is None or each.used_at is None or each.used_at < unused_since)
    ]


def sweep_environments(*, now: datetime) -> Eviction | None:
    """Keep the quota of the settings, every ten minutes at most; None when there was nothing to do."""
    quota_bytes = settings.REPRISE_ENVIRONMENTS_QUOTA
    kept = store()
    if not quota_bytes or not kept.root.is_dir() or not _is_due(kept.root / ".swept", now):
        return None
    return keep_within(kept, quota_bytes, needed=reasons_to_keep(now))


def make_room(*, now: datetime) -> Eviction | None:
    """Before a build, when the disk is nearly full: remove what is needed least until there is room for one."""
    kept = store()
    missing = _ROOM_BYTES - kept.free_bytes()
    if missing <= 0:
        return None
    return keep_within(kept, max(0, kept.size_bytes() - missing), needed=reasons_to_keep(now))


def _is_due(mark: Path, now: datetime) -> bool:
    try:
        is_due = now.timestamp() - mark.stat().st_mtime >= _EVERY.total_seconds()
    except FileNotFoundError:
        is_due = True
    if is_due:
        mark.touch()
    return is_due


def has_tables() -> bool:
    """Tell whether this installation has a database with environments on record. Raises OperationalError."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and not name.startswith("file:") and not Path(name).is_file():
        return False  # connecting would make the file
    return Environment._meta.db_table in connection.introspection.table_names()
