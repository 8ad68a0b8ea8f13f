"""Give a Snapshot its Environment: read the recipe, resolve it as of its date, build it, or reuse what is there."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone

from builder.advice import advise_exactly, readable
from builder.build_log import BuildLog
from builder.engines.given.engine import GivenEngine, in_given
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import BuiltEnvironment, Lock, Package
from builder.errors import BuildError
from builder.eviction import make_room
from builder.fetch import outlines_of
from builder.installed_engines import ENGINES, choose_engine, given_engine, installed_here
from builder.kept_recipe import recipe_from_json, recipe_to_json
from builder.models import Build, Environment, Snapshot
from builder.recipe.model import Recipe
from builder.recipe.read import read_recipe
from builder.stages import StageClock
from catalog.artefacts import ArtefactStore
from catalog.causes import CausedError
from catalog.expose import expose_or_log
from catalog.models import AsOf

ENGINE_REASON = "engine_reason"
GIVEN = GivenEngine.name


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """An environment on record, where it is on this machine, and the attempt that made it."""

    environment: Environment
    built: BuiltEnvironment
    build: Build


@dataclasses.dataclass(frozen=True, slots=True)
class _Frozen:
    """What was decided for a snapshot as of a date, and is not decided again: recipe, engine and lock."""

    recipe: Recipe
    engine: str
    engine_reason: str
    lock: Lock | None


def artefact_store() -> ArtefactStore:
    """Return the store that keeps locks and the evidence of runs."""
    return ArtefactStore(Path(settings.REPRISE_DATA) / "artefacts")


def open_build(snapshot: Snapshot, choice: str = AsOf.COMMIT, *, given: str = "") -> Build:
    """Put an attempt on record before it starts, so that it can be found whatever becomes of it.

    `given` names an environment of the facility, which is then used in place of one that is made for the snapshot.
    """
    return Build.objects.create(snapshot=snapshot, as_of_choice=choice, given=given)


def prepare(
    build: Build, *, stages: StageClock, is_sandboxed: bool, are_builds_allowed: bool, progress: Progress
) -> Prepared:
    """Return the environment of the snapshot that `build` is for, as of the date it names.

    As of the commit or the publication it is frozen by its lock once it was resolved; as of today it is resolved anew,
    and one that is given is looked at anew, whatever the date.
    `stages` is this build's clock. Raises BuildError when the environment cannot be made, and what `progress` raises;
    the build keeps the log, the stages and the cause.
    """
    log = BuildLog()

    def keep(line: str) -> None:
        kept = log.add(line)
        if not log.is_full():
            progress.log(kept)

    def begin(stage: Stage) -> None:
        stages.begin(stage)
        progress.stage(stage)

    telling = dataclasses.replace(progress, log=keep, stage=begin)
    try:
        prepared = _prepare(build, is_sandboxed, are_builds_allowed, telling)
    except CausedError as error:
        _close(build, Build.State.FAILED, log, cause=error.cause.as_dict(), **stages.failed())
        raise
    except BaseException:
        _close(build, Build.State.FAILED, log, **stages.failed())
        raise
    _close(build, Build.State.SUCCEEDED, log, environment=prepared.environment, **stages.end())
    return prepared


def _prepare(build: Build, is_sandboxed: bool, are_builds_allowed: bool, progress: Progress) -> Prepared:
    snapshot, choice = build.snapshot, build.as_of_choice
    store = artefact_store()
    if build.given:
        frozen = _decide(snapshot, choice, progress, given=build.given)
    else:
        frozen = _known(snapshot, choice, store) or _decide(snapshot, choice, progress)
    engine = ENGINES[frozen.engine](is_sandboxed=is_sandboxed, are_builds_allowed=are_builds_allowed)
    Build.objects.filter(pk=build.pk).update(engine=engine.name)
    recipe, lock = frozen.recipe, frozen.lock
    make_room(now=timezone.now())
    if lock is None:
        lock = engine.resolve(recipe, progress=progress)
        store.put_bytes(lock.text.encode())
    built = engine.build(recipe, lock, source=Path(snapshot.path), progress=progress)
    if build.given:
        _tell_of_change(snapshot, build.given, built, progress)
    return Prepared(_put_on_record(snapshot, choice, frozen, built), built, build)


def _known(snapshot: Snapshot, choice: str, store: ArtefactStore) -> _Frozen | None:
    """Return what the snapshot ran in before; nothing as of today, nor when the publication's date was corrected."""
    if choice == AsOf.TODAY:
        return None
    made = Environment.objects.exclude(engine=GIVEN)
    known = made.filter(snapshot=snapshot, as_of_choice=choice).first()
    if known is None or known.engine not in ENGINES or not store.has(known.lock_sha256):
        return None
    recipe = recipe_from_json(known.recipe)
    if choice == AsOf.PUBLICATION and recipe.as_of != _read(snapshot, choice).as_of:
        return None
    return _Frozen(recipe, known.engine, str(known.details.get(ENGINE_REASON, "")), lock_of(known))


def _decide(snapshot: Snapshot, choice: str, progress: Progress, *, given: str = "") -> _Frozen:
    recipe = _read(snapshot, choice)
    if given:
        recipe = in_given(recipe, given, asked_by="The target")
    name, reason = choose_engine(recipe, installed=installed_here())
    for line in decisions(recipe, name, reason):
        progress.log(line)
    return _Frozen(recipe, name, reason, None)


def decisions(recipe: Recipe, engine: str, engine_reason: str) -> tuple[str, ...]:
    """Return what was decided from the recipe and why, line by line as a log tells it."""
    return (
        f"Engine {engine}: {engine_reason}",
        f"Python {recipe.python}: {recipe.python_reason}.",
        # What is given was resolved by somebody else, as of whatever date.
        *([] if engine == GIVEN else [f"As of {recipe.as_of:%Y-%m-%d}: {recipe.as_of_reason}."]),
        *recipe.notes,
        *recipe.approximations,
    )


def check_unchanged(built: BuiltEnvironment) -> None:
    """See that an environment which was given is what it was before the run; any other is held and cannot change.

    Raises BuildError given-changed, and given-unusable where it is gone.
    """
    if built.engine == GIVEN:
        given_engine(is_sandboxed=True, are_builds_allowed=False).check(built.lock)


def _tell_of_change(snapshot: Snapshot, given: str, built: BuiltEnvironment, progress: Progress) -> None:
    """Say that a given environment is not what it was when the snapshot last ran in it."""
    last = Environment.objects.filter(snapshot=snapshot, engine=GIVEN, details__given=given).order_by("-last_used_at")
    earlier = last.first()
    if earlier is not None and earlier.details.get("digest") != built.details.get("digest"):
        progress.log(f"{given} has changed since {earlier.last_used_at:%Y-%m-%d}: it is another environment now.")


def _read(snapshot: Snapshot, choice: str) -> Recipe:
    notebooks = [outline.path for outline in outlines_of(snapshot) if outline.problem is None]
    return recipe_of(snapshot, notebooks, choice)


def recipe_of(snapshot: Snapshot, notebooks: list[str], choice: str) -> Recipe:
    """Read the recipe from the snapshot's files, as of the date that `choice` (an AsOf) means. Raises BuildError."""
    named: dict[str, Literal["publication", "today"]] = {AsOf.PUBLICATION: "publication", AsOf.TODAY: "today"}
    return read_recipe(
        Path(snapshot.path),
        notebooks,
        as_of=named.get(choice, "commit"),
        committed_at=snapshot.committed_at,
        published_on=snapshot.repository.publication.published_on,
        today=timezone.now(),
    )


def _put_on_record(snapshot: Snapshot, choice: str, frozen: _Frozen, built: BuiltEnvironment) -> Environment:
    """Create the environment's row, or say of the one that is there that it was used."""
    recipe, lock, now = frozen.recipe, built.lock, timezone.now()
    details = {**dict(built.details), ENGINE_REASON: frozen.engine_reason}
    identity = {"snapshot": snapshot, "engine": built.engine, "as_of_choice": choice, "key": built.key}
    environment = Environment.objects.filter(**identity).first()
    if environment is not None:
        environment.last_used_at = now
        environment.details = details
        environment.companion = dict(built.companion) or environment.companion
        environment.save(update_fields=["last_used_at", "details", "companion"])
        return environment
    # Two workers may come here together: the one that is second takes what the first wrote.
    environment, is_new = Environment.objects.get_or_create(
        **identity,
        defaults={
            "as_of": lock.as_of,
            "python": built.python_version,
            "recipe": recipe_to_json(recipe),
            "lock_sha256": lock.sha256,
            "packages": [dataclasses.asdict(package) for package in lock.packages],
            "approximations": list(dict.fromkeys((*recipe.approximations, *lock.approximations))),
            "details": details,
            "companion": dict(built.companion),
            "size_bytes": size_of(built),
            "built_s": built.build_s,
            "last_used_at": now,
        },
    )
    if is_new and choice == snapshot.repository.as_of:
        _name_versions(snapshot, recipe, lock)
        expose_or_log(snapshot.repository.publication)
    return environment


def _name_versions(snapshot: Snapshot, recipe: Recipe, lock: Lock) -> None:
    """Have the advice for the author name the versions that were resolved."""
    versions = {package.name: package.version for package in lock.packages}
    notebooks = readable(outlines_of(snapshot))
    advice = advise_exactly(Path(snapshot.path), notebooks, recipe, versions)
    if advice is not None:
        Snapshot.objects.filter(pk=snapshot.pk).update(advice=list(advice))


def size_of(built: BuiltEnvironment) -> int:
    """Return the bytes that the environment takes up, files shared with others by hard links included.

    One that was given takes up nothing here.
    """
    if built.kept_at is not None:
        return 0
    place = built.root.path if built.root else built.prefix
    total = 0
    for folder, _, names in os.walk(place):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - many small calls
            except OSError:
                continue
    return total


def _close(build: Build, state: str, log: BuildLog, **fields: Any) -> None:  # noqa: ANN401 - model fields
    Build.objects.filter(pk=build.pk).update(state=state, log=log.text(), ended_at=timezone.now(), **fields)


def lock_of(environment: Environment) -> Lock:
    """Return the lock of an environment. Raises ArtefactError where it is lost."""
    with artefact_store().open(environment.lock_sha256) as stream:
        text = stream.read().decode()
    if not text:
        raise BuildError("hash-mismatch", package="the lock")
    return Lock(
        text,
        environment.lock_sha256,
        environment.python,
        environment.as_of,
        tuple(Package(**row) for row in environment.packages),
        tuple(environment.approximations),
    )
