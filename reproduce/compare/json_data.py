"""JSON outputs (Plotly, Vega, GeoJSON and others): by structure, numbers with tolerance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from reproduce.compare.model import OutputComparison
from reproduce.compare.numbers import is_close_value, relative_deviation, tolerance_as_dict
from reproduce.compare.text import TextSettings, compare_text

MAX_DEPTH: Final = 200
# Identifiers that the libraries draw at random for each output.
_RANDOM_KEYS: Final = frozenset({"uid", "uuid", "model_id", "plotlyServerURL"})


def compare_json(mime: str, published: Any, fresh: Any, settings: TextSettings) -> OutputComparison:  # noqa: ANN401 - JSON
    """Compare two JSON values: equal keys, lengths, texts and flags; numbers to nine digits or the given tolerance."""
    one, other = _parsed(published), _parsed(fresh)
    largest, problems, is_exact = 0.0, 0, True
    first = ""
    for place, left, right in _leaves(one, other, "", 0):
        is_number = _is_number(left) and _is_number(right)
        if is_number:
            largest = max(largest, relative_deviation(float(left), float(right)))
            is_equal = is_close_value(float(left), float(right), settings.tolerance)
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


def _parsed(value: Any) -> Any:  # noqa: ANN401 - JSON
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
            if key in _RANDOM_KEYS:
                continue
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
