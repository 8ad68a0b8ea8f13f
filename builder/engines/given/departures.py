"""In which points a given environment is not what the repository asks for: sentences for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from builder.engines.given.listing import Listing
from builder.recipe.model import Recipe, Wish

_MOST: Final = 50


def departures(recipe: Recipe, listing: Listing, name: str) -> tuple[str, ...]:
    """Return what the recipe asks for and the environment `name` does not hold so; nothing where it has it all."""
    found = [*_of_python(recipe, listing, name), *_of_packages(recipe, listing, name)]
    more = len(found) - _MOST
    found = [*found[:_MOST], f"{more} more of what the repository asks for is otherwise."] if more > 0 else found
    found += [f"{each} of {name} lies outside of it and is not part of its digest." for each in listing.outside]
    return tuple(dict.fromkeys((*found, *recipe.unmet(Wish.GIVEN))))


def _of_python(recipe: Recipe, listing: Listing, name: str) -> Iterator[str]:
    if recipe.language.lower() == "python" and listing.python and not recipe.is_inferred:
        wished = recipe.python
        if listing.python.minor != ".".join(wished.split(".")[:2]):
            yield f"{name} has Python {listing.python.version}, wished was {wished}: {recipe.python_reason}."


def _of_packages(recipe: Recipe, listing: Listing, name: str) -> Iterator[str]:
    """Yield the requirements that are not met. What was only guessed from imports asks for nothing exact."""
    versions = {package.name: package.version for package in listing.packages}
    for wanted in recipe.requirements:
        try:
            requirement = Requirement(wanted.text)
        except InvalidRequirement:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate(_markers(listing)):
            continue
        version = versions.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{name} does not have {requirement.name}, which {wanted.file} asks for."
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{name} has {requirement.name} {version}, {wanted.file} asks for {requirement.specifier}."


def _markers(listing: Listing) -> dict[str, str]:
    if listing.python is None:
        return {}
    return {"python_version": listing.python.minor, "python_full_version": listing.python.version}
