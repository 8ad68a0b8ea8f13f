"""What notebooks import undeclared is taken as well, said, and never stands in the way of what is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from builder.engines.local import LocalEngine
from builder.engines.progress import Progress
from builder.engines.protocol import Lock
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.local_index import LocalIndex

pytestmark = pytest.mark.real
Make = Callable[..., Recipe]
NUMPY = Requirement("numpy", "fit.ipynb, cell 1", "numpy is not declared; it is taken as well.")
SCIPY = Requirement("scipy", "fit.ipynb, cell 2", "scipy is not declared; it is taken as well.")

quiet = Progress(lambda _: None)


def names(lock: Lock) -> set[str]:
    return {package.name for package in lock.packages}


def test_what_is_imported_undeclared_is_taken_and_said(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("numpy", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(replace(recipe("optics"), undeclared=(NUMPY,)), progress=quiet)
    assert "numpy" in names(lock)
    assert NUMPY.approximation in lock.approximations


def test_what_something_declared_brings_is_not_said(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", requires=("numpy",))
    index.wheel("numpy", "1.0", uploaded="2016-01-01T00:00:00Z")
    lock = engine.resolve(replace(recipe("optics"), undeclared=(NUMPY,)), progress=quiet)
    assert "numpy" in names(lock)
    assert NUMPY.approximation not in lock.approximations


def test_what_excludes_the_declared_is_left_out(engine: LocalEngine, index: LocalIndex, recipe: Make) -> None:
    index.wheel("optics", "1.0", uploaded="2016-01-01T00:00:00Z", requires=("lens<2",))
    index.wheel("lens", "1.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("lens", "2.0", uploaded="2016-01-01T00:00:00Z")
    index.wheel("scipy", "1.0", uploaded="2016-01-01T00:00:00Z", requires=("lens>=2",))
    lock = engine.resolve(replace(recipe("optics"), undeclared=(SCIPY,)), progress=quiet)
    assert "scipy" not in names(lock)
    assert SCIPY.approximation not in lock.approximations
    assert f"{lock.as_of:%Y-%m-%d}" == "2018-01-01"
