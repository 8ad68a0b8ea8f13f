"""What an author is told of a repository when it is fetched: what will rot, and what it does not declare."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from builder.errors import BuildError
from builder.recipe.declared import declared_by
from builder.recipe.lint import lint
from builder.recipe.model import Recipe, Requirement
from builder.recipe.patch import declaration_patch
from builder.recipe.read import read_recipe
from builder.snapshot.facts import NotebookOutline, SnapshotFacts
from catalog.causes import Cause

log = structlog.get_logger(__name__)
UNREADABLE: Final = "rots"


@dataclasses.dataclass(frozen=True, slots=True)
class Advised:
    """Rows of advice as plain JSON ({id, file, line, message, fix, severity}), and the patch that declares the rest.

    `declared` is by what the environment is declared, one of catalog.declarable's; empty where it cannot be read.
    """

    advice: tuple[dict[str, Any], ...] = ()
    declaration: str = ""
    declared: str = ""


def advise(facts: SnapshotFacts, *, published_on: date | None) -> Advised:
    """Look the fetched files over. A recipe that cannot be read is a piece of advice itself, never an error."""
    notebooks = readable(facts.notebooks)
    try:
        recipe = read_recipe(
            facts.path,
            notebooks,
            as_of="commit",
            committed_at=facts.committed_at,
            published_on=published_on,
            today=datetime.now(UTC),
        )
        rows = tuple(dataclasses.asdict(each) for each in lint(facts.path, notebooks, recipe))
        return Advised(rows, declaration_of(facts, recipe), declared_by(recipe))
    except BuildError as error:
        return Advised((row_of(error.cause),))
    except Exception as error:  # noqa: BLE001 - a courtesy: whatever a stranger's files do to it, the fetch goes on
        log.warning("advice-failed", source=facts.source, error=type(error).__name__)
        return Advised()


def advise_exactly(
    root: Path, notebooks: Sequence[str], recipe: Recipe, versions: Mapping[str, str]
) -> tuple[dict[str, Any], ...] | None:
    """Return the advice with the versions of a lock in its fixes, or None where the files do not let it be given."""
    try:
        return tuple(dataclasses.asdict(each) for each in lint(root, notebooks, recipe, versions=versions))
    except Exception as error:  # noqa: BLE001 - a courtesy: whatever a stranger's files do to it, the build goes on
        log.warning("advice-failed", source=str(root), error=type(error).__name__)
        return None


def declaration_of(facts: SnapshotFacts, recipe: Recipe) -> str:
    """Return the patch that declares what is imported and not declared; empty where nothing is missing."""
    if not recipe.is_inferred:
        return declaration_patch(facts.path, recipe.undeclared, None) if recipe.undeclared else ""
    asked = [each for each in recipe.requirements if not _is_kernel(each)]
    return declaration_patch(facts.path, asked, recipe.python) if asked else ""


def readable(notebooks: Sequence[NotebookOutline]) -> list[str]:
    """Return the notebooks that say what is needed: all that can be read."""
    return [outline.path for outline in notebooks if outline.problem in (None, "notebook-without-outputs")]


def row_of(cause: Cause) -> dict[str, Any]:
    """Return a cause as a row of advice."""
    return {
        "id": cause.id,
        "file": "",
        "line": None,
        "message": cause.message,
        "fix": cause.hint,
        "severity": UNREADABLE,
    }


def _is_kernel(requirement: Requirement) -> bool:
    return canonicalize_name(Pep508(requirement.text).name) == "ipykernel"
