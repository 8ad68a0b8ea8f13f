"""What notebooks import though their repository, which declares other things, does not name it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from builder.recipe.model import Recipe, Requirement
from builder.recipe.read import read_recipe
from builder.recipe.undeclared import missing_from

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def recipe_of(root: Path, *sources: str) -> Recipe:
    cells = [{"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": 1} for s in sources]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    document = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    (root / "fit.ipynb").write_text(json.dumps(document), encoding="utf-8")
    return read_recipe(root, ["fit.ipynb"], as_of="commit", committed_at=NOW, today=NOW)


def test_a_known_module_that_no_file_names_is_undeclared(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("scipy\n", encoding="utf-8")
    found = recipe_of(tmp_path, "import numpy, scipy").undeclared
    assert [each.text for each in found] == ["numpy"]
    assert found[0].approximation == "numpy is not declared; it is taken as well, because fit.ipynb, cell 1 needs it."


def test_a_module_under_an_unknown_name_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("scipy\n", encoding="utf-8")
    assert recipe_of(tmp_path, "import beamline_of_ours").undeclared == ()


def test_where_nothing_is_declared_all_is_inferred_instead(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path, "import numpy")
    assert recipe.is_inferred
    assert recipe.undeclared == ()


def test_a_package_that_brings_the_same_module_is_not_missed() -> None:
    wanted = (Requirement("opencv-python-headless", "fit.ipynb"), Requirement("numpy", "fit.ipynb"))
    assert [each.text for each in missing_from(wanted, {"opencv-python"})] == ["numpy"]
