"""Where the wished Python cannot be had, the releases that are pinned for it may have no wheel for the one at hand.

Then the first release from each of them on that has one is taken: the least that must change for anything to run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.engines.asking_uv import Asking, Question
from builder.engines.dated_tools import Dates
from builder.engines.interpreters import Interpreter
from builder.engines.lockfile import package_versions
from builder.engines.progress import Progress
from builder.recipe.model import Requirement


def pinned_releases(requirements: Sequence[Requirement], names: Collection[str]) -> dict[str, str]:
    """Return the exact versions that are asked for, of the projects `names` (normalised)."""
    pins: dict[str, str] = {}
    for each in requirements:
        parsed = Pep508(each.text)
        name, specifiers = canonicalize_name(parsed.name), list(parsed.specifier)
        is_exact = len(specifiers) == 1 and specifiers[0].operator in ("==", "===")
        if name in names and is_exact and not specifiers[0].version.endswith(".*"):
            pins[name] = specifiers[0].version
    return pins


def nearest_releases(
    pins: Mapping[str, str], asking: Asking, python: Interpreter, *, dates: Dates, progress: Progress
) -> dict[str, str]:
    """Return, of the pinned releases that have no wheel for `python`, the first later ones that do.

    Empty where nothing would change, or where one of them has no wheel at all as of the date.
    """
    if not pins:
        return {}
    question = Question(
        requirements=tuple(f"{name}>={version}" for name, version in sorted(pins.items())),
        constraints=(),
        settings="",
        arguments=("--no-deps", "--resolution", "lowest-direct", "--only-binary", ":all:"),
        python=python,
        dates=dates,
    )
    answer = asking.ask(question, progress=progress.logging_to(lambda _: None))
    found = package_versions(answer.lock) if answer.lock is not None else {}
    return {name: found[name] for name, version in pins.items() if name in found and found[name] != version}


def relaxed(
    requirements: Sequence[Requirement], found: Mapping[str, str], python: Interpreter, *, is_exact: bool
) -> tuple[Requirement, ...]:
    """Return the requirements with the found releases in place of the pinned ones, or with these and all later ones."""
    return tuple(_relaxed(each, found, python, is_exact=is_exact) for each in requirements)


def _relaxed(requirement: Requirement, found: Mapping[str, str], python: Interpreter, *, is_exact: bool) -> Requirement:
    parsed = Pep508(requirement.text)
    version = found.get(canonicalize_name(parsed.name))
    if version is None:
        return requirement
    asked = next(iter(parsed.specifier)).version
    parsed.specifier = type(parsed.specifier)(f"{'==' if is_exact else '>='}{version}")
    taken = f"{parsed.name} {version}" if is_exact else f"{parsed.name} from {version} on"
    remark = f"{taken} instead of {asked}: the first release with a wheel for Python {python.version}."
    return replace(requirement, text=str(parsed), approximation=remark)
