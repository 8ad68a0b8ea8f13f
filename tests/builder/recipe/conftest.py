"""A repository of text files, and its recipe."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.recipe.model import Recipe
from builder.recipe.read import read_recipe

TODAY = datetime(2024, 6, 1, tzinfo=UTC)
COMMITTED = datetime(2018, 1, 1, tzinfo=UTC)

Read = Callable[..., Recipe]


def notebook(*sources: str, **metadata: object) -> str:
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": []}
        for source in sources
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells})


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(files: dict[str, str | bytes], **options: object) -> Recipe:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        chosen = {"as_of": "commit", "committed_at": COMMITTED, "today": TODAY, **options}
        notebooks = sorted(name for name in files if name.endswith(".ipynb"))
        return read_recipe(tmp_path, notebooks, **chosen)  # type: ignore[arg-type]

    return run


def texts(recipe: Recipe) -> list[str]:
    """Return the requirements without the kernel, which is always there."""
    return [each.text for each in recipe.requirements if each.text != "ipykernel"]
