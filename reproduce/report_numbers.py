"""The numbers of two texts side by side: published, re-run, how far apart, whether within the tolerance. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reproduce.compare import OutputComparison, Tolerance
from reproduce.compare.normalise import RULES, normalise
from reproduce.compare.numbers import is_close, relative_deviation, split_numbers

MOST_ROWS: Final = 30
_MOST_CHARS: Final = 400_000


@dataclass(frozen=True, slots=True)
class NumberRow:
    """Two printed numbers; `place` counts the numbers of the text from 1."""

    place: int
    published: str
    fresh: str
    difference: str
    relative: str
    is_within: bool


@dataclass(frozen=True, slots=True)
class Deviations:
    """The numbers that are not printed alike, the furthest apart first; `count` is of all of them."""

    rows: tuple[NumberRow, ...]
    count: int
    compared: int


def deviations_of(output: OutputComparison) -> Deviations | None:
    """Return the numbers of the output in which the two sides differ; None where it was not compared by numbers.

    The rules that fired are applied again, so that what they leave out (times, addresses) is no deviation here either.
    """
    one, other, tolerance = output.published_text, output.fresh_text, output.tolerance
    if one is None or other is None or tolerance is None or max(len(one), len(other)) > _MOST_CHARS:
        return None
    one, other, _ = normalise(one, other, frozenset(RULES) - frozenset(output.rules))
    (skeleton, published), (fresh_skeleton, fresh) = split_numbers(one), split_numbers(other)
    if skeleton != fresh_skeleton:
        return None
    pairs = [
        (_relative(a, b), place, a, b)
        for place, (a, b) in enumerate(zip(published, fresh, strict=True), start=1)
        if a != b
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1]))
    allowed = _tolerance_of(tolerance)
    rows = tuple(
        NumberRow(place, a, b, f"{_value(b) - _value(a):+.4g}", f"{relative:.3g}", is_close(a, b, allowed))
        for relative, place, a, b in pairs[:MOST_ROWS]
    )
    return Deviations(rows, len(pairs), len(published)) if rows else None


def _tolerance_of(stated: Mapping[str, Any]) -> Tolerance:
    rtol = stated.get("rtol")
    return Tolerance(rtol=None if rtol is None else float(rtol), atol=float(stated.get("atol") or 0.0))


def _relative(published: str, fresh: str) -> float:
    found = relative_deviation(_value(published), _value(fresh))
    return math.inf if math.isnan(found) else found


def _value(text: str) -> float:
    return float(text.replace("−", "-"))
