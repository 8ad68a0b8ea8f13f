"""Where the wished Python cannot be had, pinned releases without a wheel for the one at hand give way to the next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.engines.interpreters import Interpreter
from builder.engines.local import LocalEngine
from builder.engines.nearest_releases import pinned_releases
from builder.engines.progress import Progress
from builder.errors import BuildError
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]

quiet = Progress(lambda _: None)


def fill(index: LocalIndex) -> None:
    index.source("scipy", "1.0", uploaded="2016-01-01T00:00:00Z", setup="raise RuntimeError('no Fortran here')")
    index.wheel("scipy", "1.2", uploaded="2016-02-01T00:00:00Z")
    index.wheel("scipy", "1.3", uploaded="2016-03-01T00:00:00Z")


def test_a_pinned_release_without_a_wheel_gives_way_to_the_next_with_one(
    engine: LocalEngine, index: LocalIndex, recipe: Make, python: Interpreter
) -> None:
    fill(index)
    lock = engine.resolve(recipe("scipy==1.0", python="3.5"), progress=quiet)
    assert {package.name: package.version for package in lock.packages}["scipy"] == "1.2"
    remark = f"scipy 1.2 instead of 1.0: the first release with a wheel for Python {python.version}."
    assert remark in lock.approximations


def test_on_the_wished_python_no_pin_gives_way(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    fill(index)
    with pytest.raises(BuildError):
        engine.resolve(recipe("scipy==1.0"), progress=quiet)


def test_only_exact_versions_of_the_named_projects_are_pins() -> None:
    texts = ("scipy==1.0", "numpy>=1.2", "matplotlib==2.*", "optics==1.0", "pandas==0.2,<1")
    wanted = [Requirement(text, "requirements.txt") for text in texts]
    assert pinned_releases(wanted, {"scipy", "numpy", "matplotlib", "pandas"}) == {"scipy": "1.0"}
