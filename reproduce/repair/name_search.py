"""Search the releases of a package for a name that the one at hand lacks. Each that is looked at is tried for real."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from nbformat.v4 import new_code_cell, new_notebook
from packaging.version import InvalidVersion, Version

from builder.engines.release_list import Release
from reproduce.diagnose import Proposal, Sought
from reproduce.diagnose.release_search import Answer, nearest_with

PROBE: Final = "reprise-probe.ipynb"
# To each side; so many find one among some sixty, and a near one among thousands.
MOST_ASKED: Final = 12
_A_DAY: Final = timedelta(days=1)
_QUESTION: Final = """
import importlib
module = importlib.import_module({module!r})
if not hasattr(module, {name!r}):
    importlib.import_module({whole!r})
"""
_METADATA: Final = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
Ask = Callable[[str, datetime], Answer]


def probe_notebook(name: Sought) -> str:
    """Return a notebook that fails where the name is not there, and only then."""
    code = _QUESTION.format(module=name.module, name=name.name, whole=f"{name.module}.{name.name}").strip()
    return json.dumps({**new_notebook(metadata=_METADATA), "cells": [new_code_cell(code)]})


def find_release(name: Sought, releases: Sequence[Release], *, as_of: datetime, ask: Ask) -> Proposal | None:
    """Return what to declare so that the name is there; None where none of the releases was found to have it.

    The nearest release on either side is looked at first, then the side on which the name is likelier: later ones
    where the package was held back, else older ones. Later ones are tried as of when they came, if that is after
    `as_of`. `ask` tells what an environment with the release, as of a date, says. `releases` go by their versions.
    """
    try:
        here = Version(name.version)
    except InvalidVersion:
        return None
    uploaded = {release.version: release.uploaded for release in releases}
    older = [version for version in reversed(uploaded) if Version(version) < here and uploaded[version] <= as_of]
    newer = [version for version in uploaded if Version(version) > here]

    @functools.cache
    def answer(version: str) -> Answer:
        return ask(version, as_of if version in older else max(as_of, uploaded[version] + _A_DAY))

    is_held_back = any(uploaded[version] <= as_of for version in newer)
    sides = (newer, older) if is_held_back else (older, newer)
    for candidates in (older[:1], newer[:1], *sides):
        found = nearest_with(candidates, answer, most_asked=MOST_ASKED)
        if found is not None:
            break
    if found is None:
        return None
    if found in older:
        return name.until(found, [name.version, *older][older.index(found)])
    return name.since(found, uploaded[found])
