"""What a resolution did otherwise than its recipe asks, in sentences for people, and the lock that says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from builder.engines.dated_tools import is_wished
from builder.engines.interpreters import Interpreter
from builder.engines.kept_tables import Mended
from builder.engines.lockfile import Reasons, reasoned_lock
from builder.engines.protocol import Lock
from builder.recipe.model import Recipe


def remarked_lock(text: str, recipe: Recipe, python: Interpreter, as_of: datetime, learned: Iterable[str]) -> Lock:
    """Return the lock of a pylock.toml that was resolved for the recipe on this Python as of this date.

    Its approximations are the recipe's, what the engine does not follow, what was `learned`, and departures in Python
    and date.
    """
    remarks = [*recipe.approximations, *recipe.unmet(), *learned]
    if not is_wished(python, recipe.python):
        remarks.append(f"Python {python.version} instead of {recipe.python} ({recipe.python_reason}).")
    if as_of != recipe.as_of:
        remarks.append(
            f"Packages as of {as_of:%Y-%m-%d} instead of {recipe.as_of:%Y-%m-%d}: the first date on "
            f"which everything can be had for Python {python.version}."
        )
    reasons = Reasons(
        python=python.version,
        python_reason=recipe.python_reason,
        as_of=as_of,
        as_of_reason=recipe.as_of_reason,
        approximations=tuple(dict.fromkeys(remarks)),
    )
    return reasoned_lock(text, reasons)


def mended_remarks(mended: Iterable[Mended], as_of: datetime) -> list[str]:
    """Return a sentence for each project that is taken as of a later date, because older ones do not work."""
    return [
        f"{each.name} is taken as of {each.until:%Y-%m-%d}, because {each.reason}."
        for each in mended
        if each.until > as_of
    ]
