"""The environment of the command line: recipe, engine, lock, build. What is unchanged is used again."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast

from builder.engines.given.engine import in_given
from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment, Engine, Lock
from builder.installed_engines import ENGINES, choose_engine, installed_here
from builder.prepare import decisions
from builder.recipe.instead import with_requirement
from builder.recipe.model import Extra, Recipe, Wish
from builder.recipe.read import read_recipe
from builder.snapshot.facts import SnapshotFacts
from reproduce.cli.options import Options
from reproduce.cli.source import Found
from reproduce.errors import RunError
from reproduce.runner.job import SandboxKind


@dataclasses.dataclass(frozen=True, slots=True)
class Decided:
    """What was decided from the files before anything was resolved or built: the recipe, the engine and why."""

    recipe: Recipe
    engine: str
    engine_reason: str

    @property
    def reasons(self) -> dict[str, str]:
        """Why engine, Python and date are these."""
        recipe = self.recipe
        return {"engine": self.engine_reason, "python": recipe.python_reason, "as_of": recipe.as_of_reason}


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """An environment, what was decided for it, and in which points it departs from what the repository asks for."""

    built: BuiltEnvironment
    decided: Decided
    approximations: tuple[str, ...]


def check_date(options: Options, found: Found) -> None:
    """Refuse before any work a date that nobody knows. Raises RunError publication-date-unknown."""
    if options.as_of == "publication" and found.published_on is None:
        raise RunError("publication-date-unknown", source=options.source)


def decide(facts: SnapshotFacts, notebooks: Sequence[str], options: Options, found: Found, *, now: datetime) -> Decided:
    """Read the recipe as the options say and choose the engine.

    Raises BuildError, and RunError publication-date-unknown where nothing tells when it was published.
    """
    recipe = _read(facts, notebooks, options, found, now)
    if options.given is not None:
        return Decided(in_given(recipe, options.given, asked_by="--given"), "given", "it was asked for.")
    if options.image is not None:
        given = Extra(Wish.IMAGE, "--image", (options.image,), f"The image {options.image} is not used.")
        others = tuple(extra for extra in recipe.extras if extra.wish != Wish.IMAGE)
        recipe = dataclasses.replace(recipe, extras=(given, *others))
        return Decided(recipe, "image", "an image was asked for.")
    if options.engine is not None:
        return Decided(recipe, options.engine, "it was asked for.")
    return Decided(recipe, *choose_engine(recipe, installed=installed_here()))


def resolve(
    decided: Decided, *, sandbox: SandboxKind, progress: Progress, are_builds_allowed: bool
) -> tuple[Engine, Lock]:
    """Resolve what was decided; return the engine, which can build it, and the lock. Raises BuildError.

    `are_builds_allowed` is about a machine without a sandbox: whether setup.py files may then act as the caller.
    """
    for line in decisions(decided.recipe, decided.engine, decided.engine_reason):
        progress.log(line)
    is_sandboxed = sandbox != "none"
    engine = ENGINES[decided.engine](is_sandboxed=is_sandboxed, are_builds_allowed=is_sandboxed or are_builds_allowed)
    return engine, engine.resolve(decided.recipe, progress=progress)


def make_environment(facts: SnapshotFacts, decided: Decided, *, sandbox: SandboxKind, progress: Progress) -> Made:
    """Return the environment that was decided. Raises BuildError."""
    # Whoever lets notebooks act in their own name lets the builds of packages do so too.
    engine, lock = resolve(decided, sandbox=sandbox, progress=progress, are_builds_allowed=True)
    built = engine.build(decided.recipe, lock, source=facts.path, progress=progress)
    return Made(built, decided, approximations_of(decided.recipe, lock))


def approximations_of(recipe: Recipe, lock: Lock) -> tuple[str, ...]:
    """Return in which points the lock departs from what the repository asks for."""
    return tuple(dict.fromkeys((*recipe.approximations, *lock.approximations)))


def _read(facts: SnapshotFacts, notebooks: Sequence[str], options: Options, found: Found, now: datetime) -> Recipe:
    check_date(options, found)
    recipe = read_recipe(
        facts.path,
        notebooks,
        as_of=cast("datetime | Literal['commit', 'publication', 'today']", options.as_of),
        committed_at=facts.committed_at,
        published_on=found.published_on,
        today=now,
        python=options.python,
    )
    return with_requirement(recipe, options.instead) if options.instead else recipe
