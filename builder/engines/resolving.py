"""Resolve a recipe to exact versions as of its date, and find the way out when that cannot be had as it is."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.engines.asking_uv import Asking, Question
from builder.engines.date_walk import first_date
from builder.engines.dated_tools import broken_on, build_tools, date_arguments, mended_dates, seeds
from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import NEEDS_COMPILER, Mended, uv_settings
from builder.engines.old_python import resolver as old_python
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.upstream import Upstream, open_index
from builder.engines.progress import Progress, Stage
from builder.engines.protocol import Lock
from builder.engines.remarks import mended_remarks, remarked_lock
from builder.engines.uv_errors import tell, undeclared_requirement, yanked
from builder.engines.uv_process import Uv
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from builder.recipe.undeclared import missing_from

_NEIGHBOURS: Final = 3
_DROPS_LIMIT: Final = 20
# Later dates are looked at for so many times what one attempt may take.
_WALK_SHARE: Final = 2
_BUILD_FAILED: Final = frozenset({"package-build-failed", "build-tools-missing"})
_ANOTHER_TRY_MAY_HELP: Final = frozenset({"requirement-not-found", "requirements-conflict", *_BUILD_FAILED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to resolve: on which interpreter, as of which date, which packages only as wheels."""

    interpreter: Interpreter
    as_of: datetime
    requirements: tuple[Requirement, ...]
    wheels_only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves recipes with uv. `scratch` is where its private directories live; `shared_cache` is uv's own cache.

    Where source distributions may be looked into, strangers' setup.py runs: then each resolution has a cache of its
    own, because a build could otherwise plant files into what others install.
    """

    uv: Uv
    scratch: Path
    shared_cache: Path
    are_builds_allowed: bool
    timeout_s: float

    def resolve(
        self, recipe: Recipe, interpreters: Sequence[Interpreter], *, now: datetime, progress: Progress
    ) -> Lock:
        """Return the first lock that can be had; every departure from the recipe is one of its approximations.

        Tried in order: the nearest Python as of the date; later dates on it; the next nearest Pythons; and, where
        builds are allowed, packages that need a compiler from source. Raises the BuildError of the first attempt.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        progress.stage(Stage.RESOLVE)
        first_error: BuildError | None = None
        with tempfile.TemporaryDirectory(prefix="resolve-", dir=self.scratch, ignore_cleanup_errors=True) as folder:
            session = _Session(self, recipe, Path(folder), progress)
            for interpreter in interpreters[:_NEIGHBOURS]:
                try:
                    return session.along_the_dates(interpreter, old_python.last_date(interpreter, recipe.as_of, now))
                except BuildError as error:
                    if error.kind_id not in _ANOTHER_TRY_MAY_HELP:
                        raise
                    first_error = first_error or error
                    progress.log(f"Not on Python {interpreter.version}: {error.cause.message}")
            if first_error is None:
                raise BuildError("python-unavailable", python=recipe.python, available="none that uv can use")
            if self.are_builds_allowed and first_error.kind_id != "requirement-not-found":
                try:
                    return session.from_source(interpreters[0])
                except BuildError as error:
                    progress.log(f"Not from source either: {error.cause.message}")
            raise first_error


class _Session:
    """One resolution: what was learned in one attempt (names that no index has) holds for the next."""

    def __init__(self, resolver: Resolver, recipe: Recipe, folder: Path, progress: Progress) -> None:
        self._resolver = resolver
        self._recipe = recipe
        self._folder = folder
        self._progress = progress
        self._dropped: dict[str, str] = {}
        self._avoided: dict[str, str] = {}
        self._tools = 0
        self._mended: dict[str, Mended] = {}
        self._extra: dict[str, tuple[str, ...]] = {}
        self._besides: tuple[Requirement, ...] = ()
        self._has_looked_besides = False
        self._deadline = time.monotonic() + _WALK_SHARE * resolver.timeout_s
        self._upstream: Upstream | None = None
        self._asking = Asking(
            resolver.uv, folder, resolver.shared_cache, resolver.are_builds_allowed, resolver.timeout_s
        )

    def along_the_dates(self, interpreter: Interpreter, now: datetime) -> Lock:
        """Resolve as of the recipe's date, else as of the first later one on which it can be done."""
        try:
            return self._attempt(interpreter, self._recipe.as_of, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in _ANOTHER_TRY_MAY_HELP or self._recipe.as_of >= now:
                raise
            self._progress.log(f"Not as of {self._recipe.as_of:%Y-%m-%d}: {error.cause.message}")
            last = self._attempt_or_raise(interpreter, now, error)
        return first_date(self._recipe.as_of, now, last, lambda date: self._attempt_if_possible(interpreter, date))

    def _attempt_if_possible(self, interpreter: Interpreter, date: datetime) -> Lock | None:
        """Resolve as of the date, unless it cannot be done, or the time for looking is over."""
        if time.monotonic() > self._deadline:
            return None
        try:
            return self._attempt(interpreter, date, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in _ANOTHER_TRY_MAY_HELP:
                raise
            return None

    def from_source(self, interpreter: Interpreter) -> Lock:
        """Resolve as of the recipe's date with every source distribution allowed."""
        return self._attempt(interpreter, self._recipe.as_of, ())

    def _attempt_or_raise(self, interpreter: Interpreter, now: datetime, first: BuildError) -> Lock:
        """Resolve as of now. What cannot be done today cannot be done on any day between: raise `first` then."""
        try:
            return self._attempt(interpreter, now, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in _ANOTHER_TRY_MAY_HELP:
                raise
            raise first from error

    def _attempt(self, interpreter: Interpreter, as_of: datetime, wheels_only: tuple[str, ...]) -> Lock:
        for _ in range(_DROPS_LIMIT):
            wanted = (*self._recipe.requirements, *self._besides)
            kept = tuple(each for each in wanted if _name(each) not in self._dropped)
            attempt = Attempt(interpreter, as_of, kept, (*wheels_only, *self._avoided))
            try:
                lock = self._run(attempt)
                broken = [each for each in broken_on(interpreter, lock) if each.name not in self._mended]
                self._mended |= {each.name: each for each in broken}
                if not broken and not self._looks_besides(lock):
                    return lock
            except BuildError as error:
                if self._learn(error, kept, build_tools(as_of, interpreter)):
                    continue
                if not self._besides or error.kind_id not in _ANOTHER_TRY_MAY_HELP:
                    raise
                # What nobody declared must not stand in the way of what was.
                self._progress.log(f"Without what is not declared: {error.cause.message}")
                self._besides = ()
        raise BuildError("internal-error", reason="the resolution does not end")

    def _looks_besides(self, lock: Lock) -> bool:
        """Tell whether the notebooks need what neither is declared nor came with it: it is then taken as well."""
        if self._has_looked_besides:
            return False
        self._has_looked_besides = True
        self._besides = missing_from(self._recipe.undeclared, {package.name for package in lock.packages})
        return bool(self._besides)

    def _learn(self, error: BuildError, kept: Sequence[Requirement], tools: Sequence[datetime]) -> bool:
        """Tell whether another try may help: without a guessed name, with older build tools, or without sources."""
        if error.kind_id == "requirement-not-found":
            name = canonicalize_name(re.split(r"[<>=!~\[]", error.data["requirement"])[0])
            guessed = {_name(each): each for each in kept if self._recipe.is_inferred or each.approximation}
            if name in guessed and name != "ipykernel" and "=" not in error.data["requirement"]:
                self._dropped[name] = (
                    f"{name} ({guessed[name].file}) is left out, because the index has no such package."
                )
                return True
        if error.kind_id in _BUILD_FAILED:
            name = canonicalize_name(error.data["package"].split("==")[0])
            known = self._extra.get(name, ())
            needed = undeclared_requirement(error.data.get("reason", ""), name, known)
            if needed is not None:
                self._progress.log(f"{name} needs {needed} to be built, and does not say so.")
                self._extra[name] = (*known, needed)
                return True
            if error.kind_id == "package-build-failed" and self._tools + 1 < len(tools):
                self._tools += 1
                return True
            if name not in self._avoided and name not in NEEDS_COMPILER:
                self._avoided[name] = (
                    f"{name} is taken in a version that has a wheel, because its source does not build."
                )
                return True
        return False

    def _run(self, attempt: Attempt) -> Lock:
        resolver, python = self._resolver, attempt.interpreter
        self._progress.log(f"Resolving on Python {python.version} as of {attempt.as_of:%Y-%m-%d %H:%M} UTC.")
        if python.is_older_than_uv:
            found = self._run_old(attempt)
            return self._lock(found.text, attempt, found.remarks)
        texts = tuple(each.text for each in attempt.requirements)
        question = Question(
            requirements=(*texts, *seeds(python).split()),
            constraints=self._limits(),
            settings=uv_settings(self._extra),
            arguments=(
                *date_arguments(attempt.as_of, self._tools_of(attempt)),
                *mended_dates(attempt.as_of, self._mended.values()),
                *self._source_arguments(attempt),
            ),
            python=python,
        )
        answer = self._asking.ask(question, progress=self._progress)
        if answer.lock is None:
            raise tell(
                answer.text, as_of=attempt.as_of, python=python.version, requirements=texts, root=resolver.scratch
            )
        return self._lock(answer.lock, attempt, yanked(answer.text.splitlines()))

    def _source_arguments(self, attempt: Attempt) -> list[str]:
        if not self._resolver.are_builds_allowed:
            return ["--no-build"]
        return [part for name in attempt.wheels_only for part in ("--only-binary", name)]

    def _run_old(self, attempt: Attempt) -> old_python.Resolved:
        """Let the interpreter's own pip choose, from an index as of the date."""
        resolver, python, late = self._resolver, attempt.interpreter, self._mended.values()
        if self._upstream is None:
            self._upstream = open_index(resolver.uv.index_url, resolver.shared_cache.parent, self._progress)
        dates = {each.name: each.until for each in late if each.until > attempt.as_of}
        wanted = old_python.Wanted(
            requirements=(*(each.text for each in attempt.requirements), *seeds(python).split()),
            constraints=self._limits(),
            as_of=attempt.as_of,
            dates=dates,
            tools=self._tools_of(attempt),
            extra=tuple(dict.fromkeys(name for names in self._extra.values() for name in names)),
            wheels_only=attempt.wheels_only,
            are_sources_allowed=resolver.are_builds_allowed,
        )
        folder = self._folder / f"python-{python.version}"
        folder.mkdir(exist_ok=True)
        pip = OldPip(resolver.uv, python, folder, resolver.timeout_s, self._progress)
        return old_python.resolve(wanted, self._upstream, pip)

    def _limits(self) -> tuple[str, ...]:
        """Return what limits packages that nobody asks for: the recipe's constraints, and since when others work."""
        mended = (f"{each.name}>={each.minimum}" for each in self._mended.values())
        return (*(each.text for each in self._recipe.constraints), *mended)

    def _tools_of(self, attempt: Attempt) -> datetime:
        tools = build_tools(attempt.as_of, attempt.interpreter)
        return tools[min(self._tools, len(tools) - 1)]

    def _lock(self, text: str, attempt: Attempt, withdrawn: Sequence[str] = ()) -> Lock:
        learned = [
            *self._dropped.values(),
            *self._avoided.values(),
            *withdrawn,
            *(each.approximation or "" for each in self._besides if _name(each) not in self._dropped),
            *mended_remarks(self._mended.values(), attempt.as_of),
        ]
        return remarked_lock(text, self._recipe, attempt.interpreter, attempt.as_of, learned)


def _name(requirement: Requirement) -> str:
    return canonicalize_name(Pep508(requirement.text).name)
