"""Give a Snapshot its Environment: read the recipe, resolve it as of its date, build it, or reuse what is there."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment, Engine, Lock, Package
from builder.errors import BuildError
from builder.fetch import outlines_of
from builder.installed_engines import ENGINES
from builder.models import Build, Environment, Snapshot
from builder.recipe.model import Recipe, Requirement
from builder.recipe.read import read_recipe
from catalog.artefacts import ArtefactStore
from catalog.causes import CausedError


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """An environment on record, where it is on this machine, and the attempt that made it."""

    environment: Environment
    built: BuiltEnvironment
    build: Build


def artefact_store() -> ArtefactStore:
    """Return the store that keeps locks and the evidence of runs."""
    return ArtefactStore(Path(settings.REPRISE_DATA) / "artefacts")


def open_build(snapshot: Snapshot) -> Build:
    """Put an attempt on record before it starts, so that it can be found whatever becomes of it."""
    return Build.objects.create(snapshot=snapshot)


def prepare(build: Build, *, is_sandboxed: bool, are_builds_allowed: bool, progress: Progress) -> Prepared:
    """Return the environment of the snapshot that `build` is for, frozen by its lock once it was resolved.

    Raises BuildError when it cannot be made, and what `progress` raises; the build keeps the log, and the cause.
    """
    lines: list[str] = []

    def keep(line: str) -> None:
        lines.append(line)
        progress.log(line)

    try:
        engine = ENGINES["local"](is_sandboxed=is_sandboxed, are_builds_allowed=are_builds_allowed)
        prepared = _prepare(build.snapshot, build, engine, progress.logging_to(keep))
    except CausedError as error:
        _close(build, Build.State.FAILED, lines, cause=error.cause.as_dict())
        raise
    except BaseException:
        _close(build, Build.State.FAILED, lines)
        raise
    _close(build, Build.State.SUCCEEDED, lines, environment=prepared.environment)
    return prepared


def _prepare(snapshot: Snapshot, build: Build, engine: Engine, progress: Progress) -> Prepared:
    store = artefact_store()
    known = Environment.objects.filter(snapshot=snapshot, engine=engine.name).first()
    if known is not None and store.has(known.lock_sha256):
        recipe = _recipe_from_json(known.recipe)
        lock = _lock_of(known, store)
    else:
        recipe = _read(snapshot)
        for note in (*recipe.notes, *recipe.approximations):
            progress.log(note)
        lock = engine.resolve(recipe, progress=progress)
        store.put_bytes(lock.text.encode())
    built = engine.build(recipe, lock, source=Path(snapshot.path), progress=progress)
    environment, _ = Environment.objects.get_or_create(
        snapshot=snapshot,
        engine=engine.name,
        key=built.key,
        defaults={
            "as_of": lock.as_of,
            "python": built.python_version,
            "recipe": _recipe_to_json(recipe),
            "lock_sha256": lock.sha256,
            "packages": [dataclasses.asdict(package) for package in lock.packages],
            "approximations": list(dict.fromkeys((*recipe.approximations, *lock.approximations))),
            "built_s": built.build_s,
        },
    )
    return Prepared(environment, built, build)


def _read(snapshot: Snapshot) -> Recipe:
    notebooks = [outline.path for outline in outlines_of(snapshot) if outline.problem is None]
    return read_recipe(
        Path(snapshot.path),
        notebooks,
        as_of="commit",
        committed_at=snapshot.committed_at,
        today=timezone.now(),
    )


def _close(build: Build, state: str, lines: list[str], **fields: Any) -> None:  # noqa: ANN401 - model fields
    Build.objects.filter(pk=build.pk).update(state=state, log="\n".join(lines), ended_at=timezone.now(), **fields)


def _recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    return {**dataclasses.asdict(recipe), "as_of": recipe.as_of.isoformat()}


def _recipe_from_json(kept: dict[str, Any]) -> Recipe:
    fields = dict(kept)
    fields["as_of"] = datetime.fromisoformat(kept["as_of"])
    fields["requirements"] = tuple(Requirement(**row) for row in kept["requirements"])
    for name in ("files", "approximations", "notes"):
        fields[name] = tuple(kept[name])
    return Recipe(**fields)


def _lock_of(environment: Environment, store: ArtefactStore) -> Lock:
    with store.open(environment.lock_sha256) as stream:
        text = stream.read().decode()
    packages = tuple(Package(**row) for row in environment.packages)
    lock = Lock(
        text,
        environment.lock_sha256,
        environment.python,
        environment.as_of,
        packages,
        tuple(environment.approximations),
    )
    if not text:
        raise BuildError("hash-mismatch", package="the lock")
    return lock
