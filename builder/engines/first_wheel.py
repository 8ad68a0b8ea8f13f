"""A package that has no wheel as of the date, where all others can be had: it is taken as of its first one.

So one package departs from the date instead of all. What is pinned is not looked at: a later date does not change it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from packaging.utils import canonicalize_name

from builder.engines.asking_uv import Asking, Question
from builder.engines.dated_tools import Dates
from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import Mended
from builder.engines.lockfile import newest_uploads, package_versions
from builder.engines.progress import Progress
from builder.errors import BuildError

_WITHOUT: Final = re.compile(
    r"all\s+versions\s+of\s+([A-Za-z0-9._-]+)\s+(?:have\s+no\s+usable\s+wheels|cannot\s+be\s+used)"
)


def first_wheel(
    error: BuildError, asking: Asking, python: Interpreter, *, dates: Dates, now: datetime, progress: Progress
) -> Mended | None:
    """Return the package that the error is about, with the date of its first wheel for `python`; None without one."""
    reason = error.data.get("reason", "")
    found = _WITHOUT.search(reason) if "no usable wheels" in reason else None
    if found is None:
        return None
    name = canonicalize_name(found[1])
    question = Question(
        requirements=(f"{name}>=0",),
        constraints=(),
        settings="",
        arguments=("--no-deps", "--resolution", "lowest-direct", "--only-binary", name),
        python=python,
        dates=Dates(dates.as_of, (*dates.others, (name, now))),
    )
    lock = asking.ask(question, progress=progress.logging_to(lambda _: None)).lock
    uploaded = newest_uploads(lock).get(name) if lock is not None else None
    if lock is None or uploaded is None:
        return None
    return Mended(
        name=name,
        minimum=package_versions(lock)[name],
        python_from=(0, 0, 0),
        python_below=(0, 0, 0),
        # uv leaves out what was uploaded at the very second.
        until=uploaded + timedelta(seconds=1),
        reason=f"it has no wheel for Python {python.version} before",
    )
