"""An index of our own and an engine that asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter, discover, nearest
from builder.engines.local import LocalEngine
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.local_index import LocalIndex, serve_index

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def index() -> Iterator[LocalIndex]:
    with serve_index() as served:
        yield served


@pytest.fixture(scope="session")
def python() -> Interpreter:
    """The interpreter at hand that is nearest to 3.11."""
    return nearest(discover(), "3.11")[0]


@pytest.fixture
def engine(tmp_path: Path, index: LocalIndex, python: Interpreter) -> LocalEngine:
    return LocalEngine(tmp_path / "engine", index_url=index.url, now=lambda: NOW, interpreters=(python,))


@pytest.fixture
def recipe(python: Interpreter) -> Callable[..., Recipe]:
    def make(*requirements: str, as_of: str = "2018-01-01", **changes: object) -> Recipe:
        listed = tuple(Requirement(text, "requirements.txt") for text in (*requirements, "ipykernel"))
        fields: dict[str, object] = {
            "files": ("requirements.txt",),
            "requirements": listed,
            "python": python.version,
            "python_reason": "the test says so",
            "as_of": datetime.fromisoformat(as_of).replace(tzinfo=UTC),
            "as_of_reason": "the date of the commit",
            "is_inferred": False,
        }
        return Recipe(**{**fields, **changes})  # type: ignore[arg-type]

    return make
