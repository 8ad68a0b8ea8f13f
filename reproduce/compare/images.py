"""Two pictures: pixel-equal, the same figure, or another one."""

from __future__ import annotations

from typing import Final

import numpy as np

from reproduce.compare.difference_map import draw_difference_map, draw_plain_map
from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.outputs import PDF
from reproduce.compare.perceptual import Differences, find_differences
from reproduce.compare.raster import NotAPictureError, Picture, decode_picture, lose_alike
from reproduce.compare.registration import Registered, bounded, register

METRIC: Final = "largest_unexplained_region"
# The metric is a region's weight over its calibrated limit, so 1 is where a region begins to count.
DEFAULT_LIMIT: Final = 1.0
_KINDS: Final = {
    "displaced": "lines or markers differ",
    "flat": "colours of an area differ",
    "mass": "the amount of ink differs",
    "text": "words differ",
    "ticks": "labels stand elsewhere along the axes",
}


def compare_pictures(mime: str, published: bytes, fresh: bytes, tolerance: Tolerance) -> OutputComparison:
    """Compare two encoded pictures (PNG, JPEG, GIF). Never raises: what cannot be decoded is "not_compared".

    `mime` is what they are called by: that of a PDF for its pages, which were drawn by one renderer.
    """
    try:
        one = decode_picture(published)
    except NotAPictureError as error:
        return OutputComparison(mime, "not_compared", reason=f"The published picture was not compared: {error}.")
    try:
        other = decode_picture(fresh)
    except NotAPictureError as error:
        return OutputComparison(mime, "not_compared", reason=f"The fresh picture was not compared: {error}.")
    if np.array_equal(one.rgb, other.rgb):
        return OutputComparison(mime, "identical", published=published, fresh=fresh)
    limit = DEFAULT_LIMIT if tolerance.image is None else tolerance.image
    pair = register(*lose_alike(one, other), is_lossy=one.losses is not None or other.losses is not None)
    if pair is None:
        return _unlike(mime, one, other, limit)
    differences = find_differences(pair)
    is_same = differences.value <= limit
    return OutputComparison(
        mime,
        "within_tolerance" if is_same else "differs",
        metric={"name": METRIC, "value": round(differences.value, 4), "regime": differences.regime},
        tolerance={"max": limit},
        reason=_same_sentence(mime, differences) if is_same else _difference_sentence(pair, differences, limit),
        published=published,
        fresh=fresh,
        difference_png=draw_difference_map(pair.fresh, differences),
    )


def _unlike(mime: str, one: Picture, other: Picture, limit: float) -> OutputComparison:
    sizes = " and ".join(f"{picture.rgb.shape[1]} × {picture.rgb.shape[0]}" for picture in (one, other))
    return OutputComparison(
        mime,
        "differs",
        metric={"name": METRIC, "value": None, "regime": "unlike"},
        tolerance={"max": limit},
        reason=f"The pictures ({sizes} pixels) cannot be laid onto each other: too unlike in shape, or one is blank.",
        published=one.encoded,
        fresh=other.encoded,
        difference_png=draw_plain_map(bounded(other.rgb)),
    )


def _same_sentence(mime: str, differences: Differences) -> str:
    is_ours = mime == PDF
    how = {
        "same renderer": "drawn nearly alike" if is_ours else "drawn by the same renderer",
        "same grid": "drawn otherwise at the same size" if is_ours else "drawn by another renderer at the same size",
        "resampled": "drawn at another size",
        "without antialiasing": "one of them drawn without antialiasing",
    }[differences.regime]
    words = " Words are drawn differently: a changed letter that looks like the former one is not told apart."
    said = f"The same figure, {how}; no region of difference reaches the limit."
    return said + words if differences.has_loose_words else said


def _difference_sentence(pair: Registered, differences: Differences, limit: float) -> str:
    height, width = pair.fresh.shape[:2]
    counted = [region for region in differences.regions if region.excess > limit]
    worst = counted[0]
    x, y = (worst.left + worst.right) / 2, (worst.top + worst.bottom) / 2
    what = _KINDS[worst.measure]
    place = f"{100 * x / width:.0f} % from the left and {100 * y / height:.0f} % from the top"
    where = _axes_holding(pair, x, y)
    number = "1 region differs" if len(counted) == 1 else f"{len(counted)} regions differ"
    return f"{number}; the largest, where {what}, is {where}{place} of the picture."


def _axes_holding(pair: Registered, x: float, y: float) -> str:
    """Say which axes hold a place, counted in reading order where there are several."""
    if not pair.frames:
        return ""
    ordered = sorted(pair.frames, key=lambda frame: (round(frame[1] / 20), frame[0]))
    for number, (left, top, right, bottom) in enumerate(ordered, start=1):
        if left <= x <= right and top <= y <= bottom:
            return "inside the axes, " if len(ordered) == 1 else f"inside axes {number} of {len(ordered)}, "
    return "outside the axes, "
