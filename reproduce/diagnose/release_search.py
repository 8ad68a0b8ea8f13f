"""The release nearest to the one at hand that has a name: a search in few steps, each of which is tried. Pure.

A package has a name from one release to another. So going away from a release without it, first come more without it,
then those that have it; beyond them may be ever older ones that do not work here at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

Answer = Literal["has", "lacks", "unusable"]


def nearest_with(candidates: Sequence[str], ask: Callable[[str], Answer], *, most_asked: int) -> str | None:
    """Return the first of `candidates`, which go away from the release at hand, that has the name; None if none has.

    The steps double until one has it or does not work, then the rest is halved. At most `most_asked` are asked: the
    nearest that was seen to have it is returned then.
    """
    known: dict[str, Answer] = {}

    def answer(place: int) -> Answer:
        version = candidates[place]
        if version not in known:
            known[version] = ask(version) if len(known) < most_asked else "unusable"
        return known[version]

    lacking, place, step = -1, 0, 1
    while place < len(candidates) and answer(place) == "lacks":
        # The last is asked in any case.
        lacking, place, step = place, max(place + 1, min(place + step, len(candidates) - 1)), 2 * step
    if place >= len(candidates):
        return None
    found = place if answer(place) == "has" else _first_found(answer, lacking, place)
    while found is not None and found - lacking > 1:
        middle = (lacking + found) // 2
        if answer(middle) == "has":
            found = middle
        else:
            lacking = middle
    return None if found is None else candidates[found]


def _first_found(answer: Callable[[int], Answer], lacking: int, beyond: int) -> int | None:
    """Return a place that has the name, between one that lacks it and one that does not work; None if there is none."""
    while beyond - lacking > 1:
        middle = (lacking + beyond) // 2
        said = answer(middle)
        if said == "has":
            return middle
        lacking, beyond = (middle, beyond) if said == "lacks" else (lacking, middle)
    return None
