"""A lock for what no index can lock: it names the files or the image instead of packages."""

from __future__ import annotations

import json
from collections.abc import Sequence

from builder.engines.lockfile import make_lock
from builder.engines.protocol import Lock
from builder.recipe.model import Recipe


def lock_without_packages(
    recipe: Recipe, *, engine: str, image: str, digest: str = "", approximations: Sequence[str]
) -> Lock:
    """Return a pylock.toml without packages whose [tool.reprise] says what stands for them.

    `image` is the one that is given or built on, `digest` its digest where it is known.
    """
    wishes = [f"{extra.wish}: {extra.file}" for extra in recipe.extras]
    fields = {"engine": engine, "image": image, "digest": digest, "files": list(recipe.files), "wishes": wishes}
    lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items()]
    text = "\n".join(['lock-version = "1.0"', 'created-by = "reprise"', "packages = []", "[tool.reprise]", *lines])
    remarks = tuple(dict.fromkeys((*recipe.approximations, *approximations)))
    return make_lock(text, python_version=recipe.python, as_of=recipe.as_of, approximations=remarks)
