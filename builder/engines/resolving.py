"""Resolve a recipe to exact versions as of its date, and find the way out when that cannot be had as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from builder.engines.dated_tools import is_wished
from builder.engines.interpreters import Interpreter
from builder.engines.old_python import resolver as old_python
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import Lock
from builder.engines.resolution import ANOTHER_TRY_MAY_HELP, Means, Session
from builder.errors import BuildError
from builder.held_directory import held_directory
from builder.recipe.model import Recipe

_NEIGHBOURS: Final = 3


@dataclass(frozen=True, slots=True)
class Resolver(Means):
    """Resolves recipes with uv, and for older Pythons with their own pip."""

    def resolve(
        self, recipe: Recipe, interpreters: Sequence[Interpreter], *, now: datetime, progress: Progress
    ) -> Lock:
        """Return the first lock that can be had; every departure from the recipe is one of its approximations.

        Tried in order: the nearest Python as of the date; on it one or two packages as of later dates, then all of
        them; the next nearest Pythons; where the wished Python cannot be had, the releases nearest to the pinned ones;
        and, where builds are allowed, packages that need a compiler from source. Raises the BuildError of the first
        attempt.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        progress.stage(Stage.RESOLVE)
        first_error: BuildError | None = None
        with held_directory("resolve-", self.scratch) as folder:
            session = Session(self, recipe, folder, progress)
            for interpreter in interpreters[:_NEIGHBOURS]:
                try:
                    return session.along_the_dates(interpreter, old_python.last_date(interpreter, recipe.as_of, now))
                except BuildError as error:
                    if error.kind_id not in ANOTHER_TRY_MAY_HELP:
                        raise
                    first_error = first_error or error
                    progress.log(f"Not on Python {interpreter.version}: {error.cause.message}")
            if first_error is None:
                raise BuildError("python-unavailable", python=recipe.python, available="none that uv can use")
            if not is_wished(interpreters[0], recipe.python):
                try:
                    return session.with_nearest_releases(interpreters[0], first_error)
                except BuildError as error:
                    progress.log(f"Not with the nearest releases either: {error.cause.message}")
            if self.are_builds_allowed and first_error.kind_id != "requirement-not-found":
                try:
                    return session.from_source(interpreters[0])
                except BuildError as error:
                    progress.log(f"Not from source either: {error.cause.message}")
            raise first_error
