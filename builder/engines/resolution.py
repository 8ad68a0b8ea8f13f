"""One resolution of a recipe: its attempts, and what is learned in one of them for the next."""

from __future__ import annotations

import re
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
from builder.engines.dated_tools import broken_on, build_tools, dates_of, seeds
from builder.engines.first_wheel import first_wheel
from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import NEEDS_COMPILER, Mended, uv_settings
from builder.engines.nearest_releases import nearest_releases, pinned_releases, relaxed
from builder.engines.old_python import resolver as old_python
from builder.engines.old_python.pip_process import OldPip
from builder.engines.old_python.upstream import Upstream, open_index
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.engines.remarks import mended_remarks, remarked_lock
from builder.engines.uv_errors import tell, undeclared_requirement, yanked
from builder.engines.uv_process import Uv
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from builder.recipe.undeclared import missing_from

_DROPS_LIMIT: Final = 20
# More packages without a wheel are a sign that the date is too early for the Python altogether.
_LATER_PACKAGES: Final = 2
# Later dates are looked at for so many times what one attempt may take.
_WALK_SHARE: Final = 2
_BUILD_FAILED: Final = frozenset({"package-build-failed", "build-tools-missing"})
ANOTHER_TRY_MAY_HELP: Final = frozenset({"requirement-not-found", "requirements-conflict", *_BUILD_FAILED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to resolve: on which interpreter, as of which date, which packages only as wheels."""

    interpreter: Interpreter
    as_of: datetime
    requirements: tuple[Requirement, ...]
    wheels_only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Means:
    """What resolutions work with. `scratch` is where their private directories live; `shared_cache` is uv's own cache.

    Where source distributions may be looked into, strangers' setup.py runs: then each resolution has a cache of its
    own, because a build could otherwise plant files into what others install.
    """

    uv: Uv
    scratch: Path
    shared_cache: Path
    are_builds_allowed: bool
    timeout_s: float


class Session:
    """One resolution: what was learned in one attempt (names that no index has) holds for the next."""

    def __init__(self, means: Means, recipe: Recipe, folder: Path, progress: Progress) -> None:
        self._means = means
        self._recipe = recipe
        self._folder = folder
        self._progress = progress
        self._requirements = recipe.requirements
        self._dropped: dict[str, str] = {}
        self._avoided: dict[str, str] = {}
        self._unbuilt: dict[str, BuildError] = {}
        self._tools = 0
        self._mended: dict[str, Mended] = {}
        self._extra: dict[str, tuple[str, ...]] = {}
        self._besides: tuple[Requirement, ...] = ()
        self._has_looked_besides = False
        self._deadline = time.monotonic() + _WALK_SHARE * means.timeout_s
        self._upstream: Upstream | None = None
        self._asking = Asking(means.uv, folder, means.shared_cache, means.are_builds_allowed, means.timeout_s)

    def along_the_dates(self, interpreter: Interpreter, now: datetime) -> Lock:
        """Resolve as of the recipe's date, else as of the first later one on which it can be done."""
        try:
            return self._attempt(interpreter, self._recipe.as_of, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in ANOTHER_TRY_MAY_HELP or self._recipe.as_of >= now:
                raise
            self._progress.log(f"Not as of {self._recipe.as_of:%Y-%m-%d}: {error.cause.message}")
            if (lock := self._with_later_packages(interpreter, now, error)) is not None:
                return lock
            last = self._attempt_or_raise(interpreter, now, error)
        return first_date(self._recipe.as_of, now, last, lambda date: self._attempt_if_possible(interpreter, date))

    def _with_later_packages(self, interpreter: Interpreter, now: datetime, error: BuildError) -> Lock | None:
        """Resolve as of the date, but for the few packages that had no wheel yet; None where that is not enough."""
        as_of, before = self._recipe.as_of, dict(self._mended)
        dates = dates_of(as_of, build_tools(as_of, interpreter)[0])
        for _ in range(0 if interpreter.is_older_than_uv else _LATER_PACKAGES):
            late = first_wheel(error, self._asking, interpreter, dates=dates, now=now, progress=self._progress)
            if late is None or late.name in self._mended:
                break
            self._progress.log(f"{late.name} has its first wheel on {late.until:%Y-%m-%d}.")
            self._mended[late.name] = late
            try:
                return self._attempt(interpreter, as_of, NEEDS_COMPILER)
            except BuildError as next_error:
                if next_error.kind_id not in ANOTHER_TRY_MAY_HELP:
                    raise
                error = next_error
        self._mended = before
        return None

    def _attempt_if_possible(self, interpreter: Interpreter, date: datetime) -> Lock | None:
        """Resolve as of the date, unless it cannot be done, or the time for looking is over."""
        if time.monotonic() > self._deadline:
            return None
        try:
            return self._attempt(interpreter, date, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in ANOTHER_TRY_MAY_HELP:
                raise
            return None

    def with_nearest_releases(self, interpreter: Interpreter, first: BuildError) -> Lock:
        """Resolve with the first releases from the pinned ones on that have a wheel; raise `first` if none differ."""
        as_of, declared = self._recipe.as_of, self._recipe.requirements
        dates = dates_of(as_of, build_tools(as_of, interpreter)[0])
        pins = pinned_releases(declared, NEEDS_COMPILER)
        found = nearest_releases(pins, self._asking, interpreter, dates=dates, progress=self._progress)
        if interpreter.is_older_than_uv or not found:
            raise first
        try:
            self._requirements = relaxed(declared, found, interpreter, is_exact=True)
            return self._attempt(interpreter, as_of, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in ANOTHER_TRY_MAY_HELP:
                raise
            self._requirements = relaxed(declared, found, interpreter, is_exact=False)
            return self._attempt(interpreter, as_of, NEEDS_COMPILER)
        finally:
            self._requirements = declared

    def from_source(self, interpreter: Interpreter) -> Lock:
        """Resolve as of the recipe's date with every source distribution allowed."""
        return self._attempt(interpreter, self._recipe.as_of, ())

    def _attempt_or_raise(self, interpreter: Interpreter, now: datetime, first: BuildError) -> Lock:
        """Resolve as of now. What cannot be done today cannot be done on any day between: raise `first` then."""
        try:
            return self._attempt(interpreter, now, NEEDS_COMPILER)
        except BuildError as error:
            if error.kind_id not in ANOTHER_TRY_MAY_HELP:
                raise
            raise first from error

    def _attempt(self, interpreter: Interpreter, as_of: datetime, wheels_only: tuple[str, ...]) -> Lock:
        for _ in range(_DROPS_LIMIT):
            wanted = (*self._requirements, *self._besides)
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
                if not self._besides or error.kind_id not in ANOTHER_TRY_MAY_HELP:
                    raise self._first_reason(error) from error
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
                self._unbuilt[name] = error
                self._avoided[name] = (
                    f"{name} is taken in a version that has a wheel, because its source does not build."
                )
                return True
        return False

    def _first_reason(self, error: BuildError) -> BuildError:
        """Return why a source did not build, where the error only says that there is no wheel in its place."""
        said = error.data.get("reason", "") if error.kind_id == "requirements-conflict" else ""
        missing = (
            name for name in self._unbuilt if re.search(rf"(?<![\w-]){name}(?:==\S+)? has no usable wheels", said)
        )
        return next((self._unbuilt[name] for name in missing), error)

    def _run(self, attempt: Attempt) -> Lock:
        means, python = self._means, attempt.interpreter
        self._progress.log(f"Resolving on Python {python.version} as of {attempt.as_of:%Y-%m-%d %H:%M} UTC.")
        if python.is_older_than_uv:
            found = self._run_old(attempt)
            return self._lock(found.text, attempt, found.remarks)
        texts = tuple(each.text for each in attempt.requirements)
        question = Question(
            requirements=(*texts, *seeds(python).split()),
            constraints=self._limits(),
            settings=uv_settings(self._extra),
            arguments=tuple(self._source_arguments(attempt)),
            python=python,
            dates=dates_of(attempt.as_of, self._tools_of(attempt), self._mended.values()),
        )
        answer = self._asking.ask(question, progress=self._progress)
        if answer.lock is None:
            raise tell(answer.text, as_of=attempt.as_of, python=python.version, requirements=texts, root=means.scratch)
        return self._lock(answer.lock, attempt, yanked(answer.text.splitlines()))

    def _source_arguments(self, attempt: Attempt) -> list[str]:
        if not self._means.are_builds_allowed:
            return ["--no-build"]
        return [part for name in attempt.wheels_only for part in ("--only-binary", name)]

    def _run_old(self, attempt: Attempt) -> old_python.Resolved:
        """Let the interpreter's own pip choose, from an index as of the date."""
        means, python, late = self._means, attempt.interpreter, self._mended.values()
        if self._upstream is None:
            self._upstream = open_index(means.uv.index_url, means.shared_cache.parent, self._progress)
        dates = {each.name: each.until for each in late if each.until > attempt.as_of}
        wanted = old_python.Wanted(
            requirements=(*(each.text for each in attempt.requirements), *seeds(python).split()),
            constraints=self._limits(),
            as_of=attempt.as_of,
            dates=dates,
            tools=self._tools_of(attempt),
            extra=tuple(dict.fromkeys(name for names in self._extra.values() for name in names)),
            wheels_only=attempt.wheels_only,
            are_sources_allowed=means.are_builds_allowed,
        )
        folder = self._folder / f"python-{python.version}"
        folder.mkdir(exist_ok=True)
        pip = OldPip(means.uv, python, folder, means.timeout_s, self._progress)
        return old_python.resolve(wanted, self._upstream, pip)

    def _limits(self) -> tuple[str, ...]:
        """Return what limits packages that nobody asks for: the recipe's constraints, and since when others work."""
        mended = (f"{each.name}>={each.minimum}" for each in self._mended.values())
        return (*(each.text for each in self._recipe.constraints), *mended)

    def _tools_of(self, attempt: Attempt) -> datetime:
        tools = build_tools(attempt.as_of, attempt.interpreter)
        return tools[min(self._tools, len(tools) - 1)]

    def _lock(self, text: str, attempt: Attempt, withdrawn: Sequence[str] = ()) -> Lock:
        declared = {each.text for each in self._recipe.requirements}
        learned = [
            *(each.approximation or "" for each in self._requirements if each.text not in declared),
            *self._dropped.values(),
            *self._avoided.values(),
            *withdrawn,
            *(each.approximation or "" for each in self._besides if _name(each) not in self._dropped),
            *mended_remarks(self._mended.values(), attempt.as_of),
        ]
        return remarked_lock(text, self._recipe, attempt.interpreter, attempt.as_of, learned)


def _name(requirement: Requirement) -> str:
    return canonicalize_name(Pep508(requirement.text).name)
