"""The numbers of two recorded figures: how far apart they lie, in parts of the axis that shows them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reproduce.compare.model import Tolerance
from reproduce.compare.numbers import FLOAT_NOISE
from reproduce.compare.recorded_read import Axis, Numbers

Floats = npt.NDArray[np.float64]
_LOGARITHMIC: Final = "log"
# Of a picture a thousand pixels wide this is a thousandth of a pixel: no figure shows it.
AXIS_NOISE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Scale:
    """What a number is measured by: the limits of its axis, as it divides them."""

    low: float
    high: float
    is_logarithmic: bool = False

    @classmethod
    def of(cls, axis: Axis) -> Scale:
        """Return that of an axis; one that is neither linear nor logarithmic is measured as if it were linear."""
        low, high = sorted(axis.limits)
        return cls(low, high, axis.scale == _LOGARITHMIC and low > 0)

    @classmethod
    def around(cls, numbers: Numbers) -> Scale:
        """Return that of numbers which are on no axis: from zero to the one that is farthest from it, either way."""
        finite = numbers.values[np.isfinite(numbers.values)]
        return cls(min(0.0, float(finite.min())), max(0.0, float(finite.max()))) if finite.size else cls(0.0, 1.0)

    @property
    def span(self) -> float:
        """Its length; never zero."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.is_logarithmic else (self.low, self.high)
        length = high - low
        return length if 0 < length < math.inf else max(abs(self.high), 1.0) if math.isfinite(self.high) else 1.0

    def deviation(self, one: Floats, other: Floats) -> Floats:
        """Return how far apart the numbers are, as parts of the span; infinite where only one is a number."""
        with np.errstate(all="ignore"):
            distance = np.abs(one - other) / self.span
            if self.is_logarithmic:
                is_shown = (one > 0) & (other > 0)
                distance = np.where(is_shown, np.abs(np.log10(one) - np.log10(other)) / self.span, distance)
            is_same = (one == other) | (np.isnan(one) & np.isnan(other))
            found: Floats = np.where(is_same, 0.0, np.where(np.isfinite(distance), distance, np.inf))
        return found


@dataclass(frozen=True, slots=True)
class Apart:
    """How two arrays of one shape differ: `deviation` of each value, `is_beyond` where it exceeds the tolerance.

    `is_hidden` where they differ outside the sample that was recorded, `is_partial` where nothing tells of the rest.
    """

    deviation: Floats
    is_beyond: npt.NDArray[np.bool_]
    is_hidden: bool = False
    is_partial: bool = False

    @property
    def largest(self) -> float:
        """The largest deviation."""
        return float(self.deviation.max()) if self.deviation.size else 0.0


def compare_numbers(published: Numbers, fresh: Numbers, scale: Scale, tolerance: Tolerance) -> Apart:
    """Compare two arrays of one shape and sample, value by value.

    A value may differ by the declared tolerance, and by AXIS_NOISE of its axis in any case.
    """
    one, other = published.values, fresh.values
    deviation = scale.deviation(one, other)
    with np.errstate(all="ignore"):
        rtol = FLOAT_NOISE if tolerance.rtol is None else tolerance.rtol
        allowed = tolerance.atol + rtol * np.maximum(np.abs(one), np.abs(other))
        is_close = (np.abs(one - other) <= allowed) | (deviation <= AXIS_NOISE)
    is_beyond = ~(is_close & np.isfinite(deviation)) & (deviation > 0)
    if not published.is_sample:
        return Apart(deviation, is_beyond)
    if published.sha256 is None or fresh.sha256 is None:
        return Apart(deviation, is_beyond, is_partial=True)
    # Noise is everywhere, so that the sample shows it; a change that leaves the whole sample equal is one elsewhere.
    is_hidden = published.sha256 != fresh.sha256 and (
        not deviation.any() or not _are_summaries_close(published, fresh, scale)
    )
    return Apart(deviation, is_beyond, is_hidden=is_hidden and not is_beyond.any())


def are_close(one: Sequence[float], other: Sequence[float], scale: Scale, tolerance: Tolerance) -> bool:
    """Tell whether as many numbers, such as limits, agree by the same rule."""
    left, right = (Numbers((len(side),), np.array(side, float)) for side in (one, other))
    return not compare_numbers(left, right, scale, tolerance).is_beyond.any()


def is_same(published: Numbers, fresh: Numbers) -> bool:
    """Tell whether two arrays are equal, as far as they were recorded."""
    return (
        published.shape == fresh.shape
        and (published.step, published.sha256) == (fresh.step, fresh.sha256)
        and np.array_equal(published.values, fresh.values, equal_nan=True)
    )


def has_same_places(published: Numbers, fresh: Numbers) -> bool:
    """Tell whether each value of one has its counterpart in the other."""
    return (published.shape, published.step, published.values.size) == (fresh.shape, fresh.step, fresh.values.size)


def _are_summaries_close(published: Numbers, fresh: Numbers, scale: Scale) -> bool:
    pairs = [(a, b) for a, b in zip(published.summary, fresh.summary, strict=True) if a is not None and b is not None]
    apart = scale.deviation(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    return len(pairs) == len(published.summary) and bool((apart <= AXIS_NOISE).all())
