"""The environment of the command line: recipe, lock, build. What is unchanged since the last run is used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from builder.engines.progress import Progress
from builder.engines.protocol import BuiltEnvironment
from builder.installed_engines import ENGINES
from builder.recipe.read import read_recipe
from builder.snapshot.facts import SnapshotFacts
from reproduce.cli.options import Options
from reproduce.runner.job import SandboxKind


@dataclass(frozen=True, slots=True)
class Made:
    """An environment, and in which points it departs from what the repository asks for."""

    built: BuiltEnvironment
    approximations: tuple[str, ...]


def make_environment(
    facts: SnapshotFacts,
    notebooks: Sequence[str],
    options: Options,
    *,
    sandbox: SandboxKind,
    now: datetime,
    progress: Progress,
) -> Made:
    """Return the environment for `notebooks`. Raises BuildError."""
    recipe = read_recipe(
        facts.path,
        notebooks,
        as_of=cast("datetime | Literal['commit', 'today']", options.as_of),
        committed_at=facts.committed_at,
        today=now,
        python=options.python,
    )
    for line in (
        f"Python {recipe.python}: {recipe.python_reason}.",
        f"As of {recipe.as_of:%Y-%m-%d}: {recipe.as_of_reason}.",
        *recipe.notes,
        *recipe.approximations,
    ):
        progress.log(line)
    # Whoever lets notebooks act in their own name lets the builds of packages do so too.
    engine = ENGINES[options.engine](is_sandboxed=sandbox != "none", are_builds_allowed=True)
    lock = engine.resolve(recipe, progress=progress)
    built = engine.build(recipe, lock, source=facts.path, progress=progress)
    return Made(built, tuple(dict.fromkeys((*recipe.approximations, *lock.approximations))))
