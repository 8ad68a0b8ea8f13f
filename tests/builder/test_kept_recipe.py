"""A recipe that an environment keeps is the same when it is read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from builder.kept_recipe import recipe_from_json, recipe_to_json
from builder.recipe.model import Extra, Recipe, Requirement, Wish

RECIPE = Recipe(
    files=("environment.yml",),
    requirements=(Requirement("numpy==1.13", "environment.yml", "numpy is conda's name"),),
    python="3.6",
    python_reason="environment.yml asks for Python 3.6",
    as_of=datetime(2018, 1, 1, tzinfo=UTC),
    as_of_reason="the date of the commit",
    is_inferred=False,
    approximations=("one",),
    notes=("two",),
    extras=(Extra(Wish.CONDA_PACKAGES, "environment.yml", ("gsl=2.7", "r-base"), "gsl is left out."),),
    language="R",
    constraints=(Requirement("scipy<1", "limits.txt"),),
    channels=("conda-forge",),
)


def test_every_field_comes_back() -> None:
    assert recipe_from_json(json.loads(json.dumps(recipe_to_json(RECIPE)))) == RECIPE


def test_a_recipe_of_an_earlier_version_is_read() -> None:
    kept = recipe_to_json(RECIPE)
    for name in ("extras", "language", "constraints", "channels"):
        del kept[name]
    recipe = recipe_from_json(json.loads(json.dumps(kept)))
    assert (recipe.extras, recipe.language, recipe.constraints, recipe.channels) == ((), "python", (), ())
