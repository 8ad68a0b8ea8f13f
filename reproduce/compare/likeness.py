"""How near a picture comes to a published one: pixel by pixel, by the metric of pictures, by the pixels apart. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reproduce.compare.images import compare_pictures
from reproduce.compare.model import Tolerance
from reproduce.compare.raster import NotAPictureError, decode_picture


@dataclass(frozen=True, slots=True)
class Likeness:
    """`is_equal`: every pixel is. `is_same_figure`: the metric is within its default limit.

    `metric` is None where the two cannot be laid onto each other, `share` (of the pixels that differ) where they have
    not the same size.
    """

    is_equal: bool
    is_same_figure: bool
    metric: float | None = None
    share: float | None = None

    @property
    def distance(self) -> tuple[float, float]:
        """What is smaller for the nearer of two pictures: the metric, then the share of pixels."""
        return tuple(math.inf if value is None else value for value in (self.metric, self.share))  # type: ignore[return-value]  # two of them


def likeness_of(published: bytes, fresh: bytes) -> Likeness:
    """Measure a picture by the published one. Never raises: what is no picture is like none."""
    found = compare_pictures("image/png", published, fresh, Tolerance())
    if found.state == "identical":
        return Likeness(is_equal=True, is_same_figure=True, metric=0.0, share=0.0)
    value = (found.metric or {}).get("value")
    return Likeness(
        is_equal=False,
        is_same_figure=found.state == "within_tolerance",
        metric=None if value is None else float(value),
        share=_share(published, fresh),
    )


def _share(published: bytes, fresh: bytes) -> float | None:
    try:
        one, other = decode_picture(published).rgb, decode_picture(fresh).rgb
    except NotAPictureError:
        return None
    if one.shape != other.shape:
        return None
    return float(np.mean((one != other).any(axis=2)))
