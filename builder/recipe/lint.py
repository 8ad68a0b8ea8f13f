"""Say what of a repository's environment will rot, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.advice import Advice
from builder.recipe.declarations import read_declarations
from builder.recipe.findings import Findings
from builder.recipe.lint_code import advise_on_code
from builder.recipe.lint_files import advise_on_files
from builder.recipe.lint_images import advise_on_images
from builder.recipe.lint_locks import advise_on_locks
from builder.recipe.lint_python import advise_on_python
from builder.recipe.lint_versions import advise_on_versions
from builder.recipe.model import Recipe

_MOST: Final = 200


def lint(
    root: Path, notebooks: Sequence[str], recipe: Recipe, *, versions: Mapping[str, str] | None = None
) -> tuple[Advice, ...]:
    """Return the advices on the repository at `root`, the surest first, then by file and line.

    `versions` are those of the lock by name; with them the fixes name exact versions. Nothing is executed and nothing
    raised: a file that cannot be read is said where the recipe is read.
    """
    known: dict[str, str] = {canonicalize_name(name): version for name, version in (versions or {}).items()}
    findings = Findings()
    with suppress(BuildError):
        read_declarations(root, findings)
    found: list[Advice] = []
    if recipe.language == "python":
        found += advise_on_versions(root, recipe, known)
        found += advise_on_python(root, notebooks, recipe, findings)
        found += advise_on_locks(root, recipe)
    found += advise_on_files(root, recipe, known)
    found += advise_on_images(root, recipe)
    found += advise_on_code(root, notebooks, known)
    order = {"rots": 0, "may rot": 1}
    found = list(dict.fromkeys(found))
    found.sort(key=lambda advice: (order[advice.severity], advice.file, advice.line or 0, advice.id))
    return tuple(found[:_MOST])
