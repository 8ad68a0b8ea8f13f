"""Where the ticks of an axis stand and what is written at them. Pure."""

from __future__ import annotations

import math
from typing import Final

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)


def is_wide(low: float, high: float) -> bool:
    """Tell whether values between these are drawn on a logarithmic scale: all above 0, over four decades or more."""
    return low > 0 and high / low >= 1e4


def ticks(low: float, high: float, *, is_log: bool, most: int = 6) -> list[float]:
    """Return round numbers between `low` and `high`, at most as many; on a logarithmic scale powers of ten."""
    if is_log:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        step = max(1, math.ceil((last - first + 1) / most))
        return [10.0**power for power in range(first, last + 1, step)]
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(span / most))
    step_size = next((one * magnitude for one in _STEPS if span / (one * magnitude) <= most), 10 * magnitude)
    first = math.ceil(low / step_size - 1e-9)
    return [number * step_size for number in range(first, math.floor(high / step_size + 1e-9) + 1)]


def written(value: float, span: float = 0.0) -> str:
    """Return a number as it is written at a tick; on an even axis of this `span`, what is 0 but for rounding as 0."""
    if abs(value) < span * 1e-6:
        return "0"
    text = f"{value:.6g}"
    mantissa, found, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if found else text


def place(value: float, low: float, high: float, *, is_log: bool) -> float:
    """Return where a value stands between `low`, 0, and `high`, 1."""
    if is_log:
        value, low, high = (math.log10(max(each, 1e-300)) for each in (value, low, high))
    return (value - low) / (high - low) if high > low else 0.5
