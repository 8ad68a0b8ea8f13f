"""The recipe and the lock of an environment, from the environment itself or from the record of one that is gone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from builder.engines.finishing import LOCK, RECIPE
from builder.engines.lockfile import make_lock
from builder.engines.protocol import Lock
from builder.engines.storage import StoredEnvironment
from builder.eviction import has_tables
from builder.kept_recipe import recipe_from_json
from builder.models import Environment
from builder.prepare import artefact_store
from builder.recipe.model import Recipe


@dataclass(frozen=True, slots=True)
class KeptLock:
    """What an environment is made from. `source` is the snapshot it was made for, where that is known."""

    key: str
    engine: str
    recipe: Recipe
    lock: Lock
    source: Path


def lock_of_stored(environment: StoredEnvironment) -> KeptLock | None:
    """Return what the environment on disk was made from, None where it does not say: those of images do not."""
    try:
        recipe = recipe_from_json(_read(environment.place / RECIPE))
        lock = _lock(_read(environment.place / LOCK))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return KeptLock(environment.key, environment.engine, recipe, lock, Path())


def locks_on_record(beginning: str) -> list[KeptLock]:
    """Return what the environments on record whose key begins so were made from, each key once."""
    if not has_tables():
        return []
    store = artefact_store()
    found: dict[str, KeptLock] = {}
    for row in Environment.objects.filter(key__startswith=beginning).select_related("snapshot"):
        if row.key in found or not store.has(row.lock_sha256):
            continue
        with store.open(row.lock_sha256) as stream:
            text = stream.read().decode()
        lock = make_lock(text, python_version=row.python, as_of=row.as_of, approximations=tuple(row.approximations))
        found[row.key] = KeptLock(row.key, row.engine, recipe_from_json(row.recipe), lock, Path(row.snapshot.path))
    return list(found.values())


def _lock(facts: dict[str, Any]) -> Lock:
    return make_lock(
        str(facts["text"]),
        python_version=str(facts["python_version"]),
        as_of=datetime.fromisoformat(facts["as_of"]),
        approximations=tuple(map(str, facts["approximations"])),
    )


def _read(path: Path) -> dict[str, Any]:
    facts = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(facts, dict):
        raise ValueError(f"{path.name} is no object")
    return facts
