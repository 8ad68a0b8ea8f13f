"""A requirement in place of what a recipe says of that package."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from builder.recipe.instead import with_requirement
from builder.recipe.model import Recipe, Requirement


@pytest.fixture
def recipe() -> Recipe:
    return Recipe(
        files=("requirements.txt",),
        requirements=(Requirement("Matplotlib==3.8.4", "requirements.txt"), Requirement("numpy", "requirements.txt")),
        python="3.11",
        python_reason="it is asked for.",
        as_of=datetime(2024, 6, 1, tzinfo=UTC),
        as_of_reason="it was asked for.",
        is_inferred=False,
        constraints=(Requirement("matplotlib<3.9", "constraints.txt"), Requirement("numpy<2", "constraints.txt")),
        undeclared=(Requirement("scipy", "a.ipynb"),),
    )


def test_the_package_is_asked_for_once_and_the_others_as_before(recipe: Recipe) -> None:
    found = with_requirement(recipe, "matplotlib==3.7.*")
    assert [each.text for each in found.requirements] == ["numpy", "matplotlib==3.7.*"]
    assert [each.text for each in found.constraints] == ["numpy<2"]
    assert found.undeclared == recipe.undeclared
    assert (found.as_of, found.python) == (recipe.as_of, recipe.python)


def test_it_is_said_what_was_asked_for_before(recipe: Recipe) -> None:
    found = with_requirement(recipe, "matplotlib==3.7.*")
    assert found.approximations == (
        "matplotlib==3.7.* is asked for instead of Matplotlib==3.8.4, to see what comes out with it.",
    )
    new = with_requirement(recipe, "scipy==1.10.*")
    assert new.approximations == (
        "scipy==1.10.* is asked for instead of no version of it, to see what comes out with it.",
    )
    assert new.undeclared == ()
