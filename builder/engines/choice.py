"""Which engine makes the environment of a recipe: the local one, unless only a container brings what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from builder.recipe.model import Extra, Recipe, Wish

# What Binder's repo2docker follows, whichever buildpack installs the Python packages.
BUILT: Final = frozenset(
    {Wish.DOCKERFILE, Wish.SYSTEM_PACKAGES, Wish.POST_BUILD, Wish.START, Wish.R, Wish.JULIA, Wish.NIX}
)
GIVEN: Final = frozenset({Wish.IMAGE, Wish.SIF})


@dataclass(frozen=True, slots=True)
class Installed:
    """What this machine has: the engines by name, the Pythons that the local one can use, what repo2docker follows.

    `pythons` are (major, minor) pairs.
    """

    engines: frozenset[str]
    pythons: frozenset[tuple[int, int]]
    built_wishes: frozenset[Wish] = BUILT


def choose_engine(recipe: Recipe, *, installed: Installed) -> tuple[str, str]:
    """Return the engine's name and, in one sentence for people, why it is this one."""
    of_facility = _first(recipe, frozenset({Wish.GIVEN}))
    if of_facility is not None:
        return "given", f"{of_facility.file} chooses the environment {of_facility.values[0]}, which is given here."
    given = _first(recipe, GIVEN)
    if given is not None and "image" in installed.engines:
        return "image", f"{given.file} names an image: it is used as it is."
    built = _first(recipe, installed.built_wishes)
    is_at_hand = _minor(recipe.python) in installed.pythons
    if "repo2docker" in installed.engines:
        if built is not None:
            return "repo2docker", f"{built.file} needs a container image."
        if not is_at_hand:
            return "repo2docker", f"Python {recipe.python} is not at hand on this machine: a container image brings it."
    elif given is not None or built is not None:
        wished = given or built
        assert wished is not None  # noqa: S101 (one of both is)
        return "local", f"There is no container engine here, which {wished.file} needs."
    elif not is_at_hand:
        return "local", f"Python {recipe.python} is not at hand, and there is no container engine here."
    return "local", "Nothing beyond packages for a Python of this machine is asked for."


def _first(recipe: Recipe, wishes: frozenset[Wish]) -> Extra | None:
    return next((extra for extra in recipe.extras if extra.wish in wishes), None)


def _minor(python: str) -> tuple[int, int]:
    major, minor, *_ = (int(number) for number in python.split("."))
    return major, minor
