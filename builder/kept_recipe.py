"""A recipe as an environment keeps it: plain JSON, read back as it was."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Final

from builder.recipe.model import Extra, Recipe, Requirement, Wish

_KNOWN: Final = frozenset(field.name for field in dataclasses.fields(Recipe))


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as JSON."""
    extras = [{**dataclasses.asdict(extra), "values": list(extra.values)} for extra in recipe.extras]
    return {**dataclasses.asdict(recipe), "as_of": recipe.as_of.isoformat(), "extras": extras}


def recipe_from_json(kept: dict[str, Any]) -> Recipe:
    """Return the recipe that was kept, also by an earlier version of this service, which knew less."""
    fields = {name: value for name, value in kept.items() if name in _KNOWN}
    fields["as_of"] = datetime.fromisoformat(kept["as_of"])
    for name in ("requirements", "constraints", "undeclared"):
        fields[name] = tuple(Requirement(**row) for row in kept.get(name, ()))
    fields["extras"] = tuple(_extra(row) for row in kept.get("extras", ()))
    for name in ("files", "approximations", "notes", "channels"):
        fields[name] = tuple(kept.get(name, ()))
    return Recipe(**fields)


def _extra(row: dict[str, Any]) -> Extra:
    return Extra(Wish(row["wish"]), row["file"], tuple(row["values"]), row["unmet"])
