"""Derived analyses: the notebook behind a target, run with other values than were published.

They say nothing of the target: what comes out is shown beside what was published, and there is no verdict on it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from builder.models import Snapshot
from builder.parameters import Parameter, find_parameters, read_value
from builder.snapshot.notebooks import read_notebook
from catalog.models import Target
from reproduce.errors import RunError
from reproduce.judging import Reproduction


def parameters_of(target: Target) -> tuple[Parameter, ...]:
    """Return what can be set in the target's notebook, with the values that its author declared.

    None where it was not fetched yet, or is not there. Raises SnapshotError where it cannot be read.
    """
    snapshot = Snapshot.objects.filter(repository=target.repository_id, state=Snapshot.State.READY).first()
    if snapshot is None or not (Path(snapshot.path) / target.notebook).is_file():
        return ()
    notebook = read_notebook(Path(snapshot.path) / target.notebook, name=target.notebook)
    declared = target.parameters
    return tuple(replace(one, value=declared.get(one.name, one.value)) for one in find_parameters(notebook.cells))


def checked_values(
    parameters: tuple[Parameter, ...], given: Mapping[str, object], *, is_any_needed: bool = True
) -> dict[str, Any]:
    """Return those of the given values that are others than the notebook's, as they are set.

    Raises RunError parameter-refused for a name that cannot be set or a value that is none of its kind, and
    parameters-unchanged when nothing is left though `is_any_needed`.
    """
    known = {one.name: one for one in parameters}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise RunError("parameter-refused", name=str(name)[:100], reason="the notebook has no such parameter")
        try:
            read = read_value(known[name].kind, value)
        except ValueError as error:
            raise RunError("parameter-refused", name=name, reason=str(error)) from None
        if read != known[name].value:
            values[name] = read
    if not values and is_any_needed:
        raise RunError("parameters-unchanged")
    return values


def derivation_of(parameters: Mapping[str, Any], dataset: str = "", put: Mapping[str, Any] | None = None) -> str:
    """Return what names the derived analysis with these values; of another dataset (its DOI), put in place so."""
    of = {"parameters": parameters, "dataset": dataset, "put": put} if dataset else parameters
    text = json.dumps(of, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def as_derived(reproduction: Reproduction) -> Reproduction:
    """Return how it ended without a verdict on the work; why it did not come to its end stays told."""
    is_complete = reproduction.result.status == "completed"
    return replace(reproduction, verdict=None, cause=None if is_complete else reproduction.cause)
