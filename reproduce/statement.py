"""The public JSON of a reproduction, the same from the command line, the target page and the API. Pure.

Its schema is docs/schemas/reproduction.schema.json. A change that a reader could notice raises the number in SCHEMA.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from builder.engines.protocol import BuiltEnvironment
from builder.snapshot.facts import SnapshotFacts
from catalog.causes import Cause
from reproduce.compare import NotebookComparison, comparison_as_dict
from reproduce.runner.job import Result
from reproduce.verdicts import Verdict

SCHEMA: Final = "reprise.reproduction/1"


def reproduction_json(
    *,
    source: str,
    commit: str | None,
    swhid: str | None,
    environment: dict[str, Any] | None,
    notebooks: Iterable[dict[str, Any]],
) -> dict[str, Any]:
    """Return the whole statement. `environment` is None when none could be made."""
    return {
        "schema": SCHEMA,
        "source": source,
        "commit": commit,
        "swhid": swhid,
        "environment": environment,
        "notebooks": list(notebooks),
    }


def environment_json(built: BuiltEnvironment, approximations: Iterable[str]) -> dict[str, Any]:
    """Return what is said of the environment; `build_s` is in seconds."""
    return {
        "engine": built.engine,
        "python": built.python_version,
        "as_of": built.lock.as_of.isoformat(),
        "recipe_files": list(built.recipe_files),
        "lock_sha256": built.lock.sha256,
        "packages": [{"name": package.name, "version": package.version} for package in built.lock.packages],
        "approximations": list(approximations),
        "build_s": round(built.build_s, 3),
    }


def notebook_json(
    path: str,
    *,
    verdict: Verdict | None,
    cause: Cause | None,
    result: Result | None = None,
    comparison: NotebookComparison | None = None,
) -> dict[str, Any]:
    """Return what is said of one notebook; without a result it did not run."""
    return {
        "path": path,
        "verdict": verdict,
        "cause": cause.as_dict() if cause else None,
        "run_s": round(result.run_s, 3) if result else None,
        "sandbox": result.sandbox if result else None,
        "cells": comparison_as_dict(comparison)["cells"] if comparison else [],
    }


def source_name(facts: SnapshotFacts) -> str:
    """Return how the statement names where the notebooks are from."""
    return f"{facts.source}@{facts.ref}" if facts.ref else facts.source
