"""What the local engine does not follow is said in its lock, and what limits a recipe limits its lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.recipe.model import Extra, Recipe, Requirement, Wish
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]
APT = Extra(Wish.SYSTEM_PACKAGES, "apt.txt", ("gcc",), "apt.txt: system packages of apt.txt are not installed.")

quiet = Progress(lambda _: None)


def test_a_wish_that_is_not_followed_is_an_approximation_of_the_lock(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    plain = engine.resolve(recipe("optics"), progress=quiet)
    wished = engine.resolve(replace(recipe("optics"), extras=(APT,)), progress=quiet)
    assert APT.unmet in wished.approximations
    assert APT.unmet not in plain.approximations


def test_a_constraint_limits_what_a_package_brings_with_it(
    engine: LocalEngine, index: LocalIndex, recipe: Make
) -> None:
    index.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("lens", "1.1", uploaded="2016-01-02T00:00:00Z")
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", requires=("lens",))
    limits = (Requirement("lens<1.1", "limits.txt"), Requirement("mirror<2", "limits.txt"))
    for constraints, version in (((), "1.1"), (limits, "1.0")):
        lock = engine.resolve(replace(recipe("optics"), constraints=constraints), progress=quiet)
        assert {each.name: each.version for each in lock.packages}["lens"] == version
        assert "mirror" not in {each.name for each in lock.packages}
