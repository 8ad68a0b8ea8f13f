"""JSON outputs (Plotly, Vega, GeoJSON and others): by structure, numbers with tolerance."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.numbers import FLOAT_NOISE, is_close_value, relative_deviation, tolerance_as_dict
from reproduce.compare.text import TextSettings, compare_text

MAX_DEPTH: Final = 200


def compare_json(mime: str, published: Any, fresh: Any, settings: TextSettings) -> OutputComparison:  # noqa: ANN401 - JSON
    """Compare two JSON values: equal keys, lengths, texts and flags; whole numbers exactly unless a tolerance is given.

    Other numbers to nine digits or the given tolerance. Nothing is left out: which keys say nothing is known only of
    the figures of a library, whose readers stand beside this.
    """
    one, other = parse_json(published), parse_json(fresh)
    largest, problems, is_exact = 0.0, 0, True
    first = ""
    for place, left, right in _leaves(one, other, "", 0):
        is_number = _is_number(left) and _is_number(right)
        if is_number:
            deviation, is_equal = _judged(left, right, settings.tolerance)
            largest = max(largest, deviation)
        elif isinstance(left, str) and isinstance(right, str):
            state = compare_text(mime, left, right, settings).state
            is_equal, is_exact = state in ("identical", "within_tolerance"), is_exact and state == "identical"
        else:
            is_equal = left == right and type(left) is type(right)
        if not is_equal:
            problems += 1
            first = first or f"{place or 'the value'} was {_short(left)} and is now {_short(right)}"
    if is_exact and not problems and largest == 0.0:
        return OutputComparison(mime, "identical")
    return OutputComparison(
        mime,
        "differs" if problems else "within_tolerance",
        metric={"name": "max_relative_deviation", "value": largest if largest < float("inf") else None},
        tolerance=tolerance_as_dict(settings.tolerance),
        reason=f"{problems} values differ; {first}." if problems else "All values agree within the tolerance.",
    )


def _judged(left: float, right: float, tolerance: Tolerance) -> tuple[float, bool]:
    """Return the relative deviation, and whether it is within the tolerance."""
    if left == right:
        return 0.0, True
    try:
        one, other = float(left), float(right)
    except OverflowError:
        return math.inf, False
    if isinstance(left, int) and isinstance(right, int) and tolerance.rtol is None:
        # They count; and as doubles, two of more than 53 bits would fall together.
        return relative_deviation(one, other) or FLOAT_NOISE, abs(left - right) <= tolerance.atol
    return relative_deviation(one, other), is_close_value(one, other, tolerance)


def parse_json(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what a text, or the lines of one, stands for; what is no JSON stays as it is."""
    text = "".join(value) if isinstance(value, list) and all(isinstance(item, str) for item in value) else value
    if isinstance(text, str):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return value


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(one: Any, other: Any, place: str, depth: int) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - JSON
    """Yield the pairs of values at equal places; where the structure departs, the two parts as they are."""
    if depth > MAX_DEPTH:
        yield place, "too deep", "to compare"
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            if key in one and key in other:
                yield from _leaves(one[key], other[key], f"{place}.{key}", depth + 1)
            else:
                yield f"{place}.{key}", one.get(key, "absent"), other.get(key, "absent")
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{place}.length", f"{len(one)} items", f"{len(other)} items"
        else:
            for index, (left, right) in enumerate(zip(one, other, strict=True)):
                yield from _leaves(left, right, f"{place}[{index}]", depth + 1)
    elif one is not other:
        yield place, one, other


def _short(value: Any) -> str:  # noqa: ANN401 - JSON
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
