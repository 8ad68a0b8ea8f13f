"""By what a repository declares its environment, in one word of catalog.declarable. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from builder.recipe.model import Recipe, Wish

# What goes before every file with packages, and what counts where no such file is there.
_BEFORE: Final = {Wish.DOCKERFILE: "dockerfile", Wish.IMAGE: "image", Wish.SIF: "singularity", Wish.NIX: "nix"}
_AFTER: Final = {Wish.R: "r", Wish.JULIA: "julia", Wish.MODULES: "modules"}
_FILES: Final = {
    **dict.fromkeys(
        ("conda-lock.yml", "conda-linux-64.lock", "conda-lock.txt", "explicit.txt", "spec-file.txt"), "conda-lock"
    ),
    **dict.fromkeys(("environment.yml", "environment.yaml"), "conda"),
    **dict.fromkeys(("Pipfile", "Pipfile.lock"), "pipfile"),
    **dict.fromkeys(("pixi.lock", "pixi.toml"), "pixi"),
    **dict.fromkeys(("setup.py", "setup.cfg"), "setup"),
    "requirements.txt": "requirements",
    "uv.lock": "uv",
    "poetry.lock": "poetry",
    "pyproject.toml": "pyproject",
}


def declared_by(recipe: Recipe) -> str:
    """Return the word for what counts: the file that goes before the others; "none" where nothing is declared."""
    wishes = [extra.wish for extra in recipe.extras]
    if before := _first(_BEFORE, wishes):
        return before
    if not recipe.is_inferred:
        # In the order in which they were read: what counts first.
        for file in recipe.files:
            name = PurePosixPath(file).name
            kind = "pylock" if name.startswith("pylock.") else _FILES.get(name)
            if kind is not None:
                return kind
    return _first(_AFTER, wishes) or "none"


def _first(kinds: dict[Wish, str], wishes: Iterable[Wish]) -> str:
    return next((kind for wish, kind in kinds.items() if wish in wishes), "")
