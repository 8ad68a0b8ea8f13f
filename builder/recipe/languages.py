"""Tell the language of the kernel that a recipe is for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from builder.errors import SnapshotError
from builder.recipe.findings import Findings
from builder.recipe.model import Wish
from builder.snapshot.notebooks import read_notebook
from builder.snapshot.source_language import guess_language

_NAMES: Final = {"r": "R", "julia": "julia"}
_BY_WISH: Final = {Wish.R: "R", Wish.JULIA: "julia"}


def choose_language(root: Path, notebooks: Sequence[str], findings: Findings) -> str:
    """Return "R" or "julia" when nothing else is asked for, by the notebooks or, where they say nothing, the files."""
    spoken = _spoken(root, notebooks)
    if spoken:
        return _NAMES.get(next(iter(spoken)), "python") if len(spoken) == 1 else "python"
    wished = {_BY_WISH[extra.wish] for extra in findings.extras if extra.wish in _BY_WISH}
    if any(value.startswith("r-") for extra in findings.extras for value in extra.values
           if extra.wish is Wish.CONDA_PACKAGES):  # fmt: skip
        wished.add("R")
    return wished.pop() if len(wished) == 1 and not findings.requirements else "python"


def _spoken(root: Path, notebooks: Sequence[str]) -> set[str]:
    found = set()
    for notebook in notebooks:
        try:
            _, language, _ = guess_language(read_notebook(root / notebook, name=notebook))
        except SnapshotError:
            continue  # said where notebooks are listed
        if language:
            found.add(language)
    return found
