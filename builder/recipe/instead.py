"""A recipe with one requirement in place of what its files say of that package: a what-if, and said to be one. Pure."""

from __future__ import annotations

from dataclasses import replace

from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.recipe.model import Recipe, Requirement


def with_requirement(recipe: Recipe, text: str) -> Recipe:
    """Return the recipe that asks for `text` and else for what it asked for."""
    name = _name(text)
    before = [each.text for each in recipe.requirements if _name(each.text) == name]
    said = f"{text} is asked for instead of {', '.join(before) or 'no version of it'}, to see what comes out with it."
    kept = tuple(each for each in recipe.requirements if _name(each.text) != name)
    return replace(
        recipe,
        requirements=(*kept, Requirement(text, file="a trial", approximation=said)),
        constraints=tuple(each for each in recipe.constraints if _name(each.text) != name),
        undeclared=tuple(each for each in recipe.undeclared if _name(each.text) != name),
        approximations=(*recipe.approximations, said),
    )


def _name(text: str) -> str:
    return canonicalize_name(Pep508(text).name)
