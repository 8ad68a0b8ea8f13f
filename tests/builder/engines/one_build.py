"""One build as a program, to be killed: `python -m tests.builder.engines.one_build ROOT INDEX NAME…`.

It says each stage on a line of its own.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from builder.engines.interpreters import discover, nearest
from builder.engines.local import LocalEngine
from builder.engines.progress import Progress, Stage
from builder.recipe.model import Recipe, Requirement
from tests.builder.engines.conftest import NOW


def plain_recipe(python: str, *names: str) -> Recipe:
    """Return a recipe of 2018 for these names and a kernel."""
    listed = tuple(Requirement(name, "requirements.txt") for name in (*names, "ipykernel"))
    day = datetime(2018, 1, 1, tzinfo=UTC)
    return Recipe(("requirements.txt",), listed, python, "the test says so", day, "the date of the commit", False)


def main() -> None:
    root, index_url, *names = sys.argv[1:]
    python = nearest(discover(), "3.11")[0]
    engine = LocalEngine(Path(root), index_url=index_url, now=lambda: NOW, interpreters=(python,))
    recipe = plain_recipe(python.version, *names)

    def tell(stage: Stage) -> None:
        sys.stdout.write(f"{stage}\n")
        sys.stdout.flush()

    progress = Progress(lambda _: None, stage=tell)
    lock = engine.resolve(recipe, progress=progress)
    engine.build(recipe, lock, source=Path(), progress=progress)


if __name__ == "__main__":
    main()
