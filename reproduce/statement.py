"""The public JSON of a reproduction, the same from the command line, the target page and the API. Pure.

Its schema is docs/schemas/reproduction.schema.json. A change that a reader could notice raises the number in SCHEMA.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from builder.engines.protocol import BuiltEnvironment
from catalog.causes import Cause
from reproduce.compare import FileComparison, NotebookComparison, comparison_as_dict, file_as_dict
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
    why: Cause | None = None,
) -> dict[str, Any]:
    """Return the whole statement.

    `environment` is None when none was made; `why` is the cause of what ended the work before any notebook was run.
    """
    return {
        "schema": SCHEMA,
        "source": source,
        "commit": commit,
        "swhid": swhid,
        "cause": why.as_dict() if why else None,
        "environment": environment,
        "notebooks": list(notebooks),
    }


def environment_json(
    built: BuiltEnvironment, approximations: Iterable[str], reasons: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what is said of the environment; `build_s` is in seconds.

    `reasons` tells why "engine", "python" and "as_of" are these.
    """
    return {
        "engine": built.engine,
        "python": built.python_version,
        "as_of": built.lock.as_of.isoformat(),
        "recipe_files": list(built.recipe_files),
        "lock_sha256": built.lock.sha256,
        "packages": [{"name": package.name, "version": package.version} for package in built.lock.packages],
        "approximations": list(approximations),
        "reasons": dict(reasons or {}),
        "companion": dict(built.companion),
        "details": dict(built.details),
        "build_s": round(built.build_s, 3),
    }


def notebook_json(
    path: str,
    *,
    verdict: Verdict | None,
    cause: Cause | None,
    result: Result | None = None,
    comparison: NotebookComparison | None = None,
    parameters: Mapping[str, Any] | None = None,
    files: Iterable[FileComparison] = (),
    runs: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return what is said of one notebook; without a result it did not run.

    `parameters` are those set from outside: with any of them it was not quite the published notebook that ran. `runs`
    tell how each run ended, of a notebook that was run more than once.
    """
    return {
        "path": path,
        "verdict": verdict,
        "cause": cause.as_dict() if cause else None,
        "parameters": dict(parameters or {}),
        "run_s": round(result.run_s, 3) if result else None,
        "sandbox": result.sandbox if result else None,
        "network": result.network if result else None,
        "cells": comparison_as_dict(comparison)["cells"] if comparison else [],
        "files": [file_as_dict(file) for file in files],
        "data": result.data if result else [],
        "written": result.written if result else {},
        "runs": [dict(end) for end in runs],
    }


def statement_text(statement: dict[str, Any]) -> str:
    """Return the statement as it is written to files: indented, strict JSON (no NaN), with a final line end."""
    return json.dumps(strict_json(statement), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def strict_json(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Say numbers that JSON has not (a metric of infinity, a parameter of NaN) in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): strict_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [strict_json(part) for part in value]
    return value
