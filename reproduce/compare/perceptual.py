"""Where two registered pictures differ beyond what another renderer would do, and how much.

No global score: a spike on a curve is a thousandth of a picture and the whole result. Local measures are taken, each
for what the others cannot see; their limits come from the calibration in docs/comparison.md.

- *displaced*: a pixel is explained when the other picture has, within a small distance, colours that enclose its own.
  Antialiasing, line snapping and resampling stay explained; a missing or moved marker does not. Unexplained pixels are
  gathered into connected regions and weighed by contrast.
- *flat*: where both pictures are smooth, their colours must agree: colour maps, bars, filled areas.

How near is near depends on how the pictures came about. Where most pieces of ink are the same to the pixel, the same
renderer drew both and every pixel counts; on one grid a pixel's distance is forgiven; after resampling, two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.registration import Box, Registered, ink_of

Field = npt.NDArray[np.float32]
Regime = Literal["same renderer", "same grid", "resampled"]
MeasureName = Literal["displaced", "flat"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A region of unexplained pixels may weigh `weight` pixels of full contrast within `reach_px`."""

    reach_px: int
    weight: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Distances in pixels of the common grid, contrasts in levels of 0 to 255."""

    blur_px: float
    contrast: float
    displaced: tuple[Limit, ...]
    flat_weight: float


SETTINGS: Final[dict[Regime, Setting]] = {
    "same renderer": Setting(blur_px=0.5, contrast=24.0, displaced=(Limit(0, 1.0),), flat_weight=1.0),
    "same grid": Setting(blur_px=0.7, contrast=36.0, displaced=(Limit(1, 4.0),), flat_weight=12.0),
    "resampled": Setting(blur_px=1.0, contrast=36.0, displaced=(Limit(1, 12.0), Limit(2, 1.0)), flat_weight=12.0),
}
_FLAT_LEVELS: Final = 6.0
_EDGE_LEVELS: Final = 24.0
_SAME_LEVELS: Final = 6
_MIN_PIECES: Final = 4


@dataclass(frozen=True, slots=True)
class Region:
    """A connected region of difference on the common grid. `excess` is its weight over the limit: above 1 it counts."""

    left: int
    top: int
    right: int
    bottom: int
    excess: float
    measure: MeasureName


@dataclass(frozen=True, slots=True)
class Differences:
    """The regions, heaviest first, and `marked`, the pixels they consist of."""

    regime: Regime
    regions: tuple[Region, ...]
    marked: npt.NDArray[np.bool_]

    @property
    def value(self) -> float:
        """The metric: the heaviest region over its limit, 0 when every pixel is explained."""
        return self.regions[0].excess if self.regions else 0.0


def find_differences(pair: Registered) -> Differences:
    """Measure where and how much two registered pictures differ."""
    regime = _regime_of(pair)
    setting = SETTINGS[regime]
    one, other = _smoothed(pair.published, setting.blur_px), _smoothed(pair.fresh, setting.blur_px)
    marked = np.zeros(one.shape[1:], dtype=np.bool_)
    regions: list[Region] = []
    for limit in setting.displaced:
        outside = np.maximum(_outside(one, other, limit.reach_px), _outside(other, one, limit.reach_px))
        field = np.where(outside > setting.contrast, outside, np.float32(0.0))
        regions += _regions(field, limit.weight, "displaced", marked)
    regions += _regions(_flat_difference(one, other), setting.flat_weight, "flat", marked)
    regions.sort(key=lambda region: (-region.excess, region.top, region.left))
    return Differences(regime, tuple(regions), marked)


def _regime_of(pair: Registered) -> Regime:
    if pair.is_resampled:
        return "resampled"
    # Pieces of ink: a word, a marker, the axes with what they hold. By number, so that one long curve does not decide.
    ink = ndimage.binary_dilation(ink_of(pair.published) | ink_of(pair.fresh), np.ones((3, 3), dtype=np.bool_))
    pieces, count = ndimage.label(ink, structure=np.ones((3, 3)))
    change = np.abs(pair.published.astype(np.int16) - pair.fresh).max(axis=2)
    most = np.asarray(ndimage.maximum(change, pieces, np.arange(1, count + 1)))
    outside = most[_is_outside(pieces, pair.frame)] if count else most
    judged = outside if outside.size >= _MIN_PIECES else most
    return "same renderer" if judged.size >= _MIN_PIECES and np.mean(judged <= _SAME_LEVELS) >= 0.5 else "same grid"


def _is_outside(pieces: npt.NDArray[np.int32], frame: Box | None) -> npt.NDArray[np.bool_]:
    """Tell which pieces lie outside the axes: words, which a renderer decides, where markers are drawn alike by all."""
    boxes = ndimage.find_objects(pieces)
    if frame is None:
        return np.zeros(len(boxes), dtype=np.bool_)
    left, top, right, bottom = frame
    return np.array(
        [b[1].stop <= left or b[1].start >= right or b[0].stop <= top or b[0].start >= bottom for b in boxes]
    )


def _smoothed(rgb: npt.NDArray[np.uint8], sigma: float) -> Field:
    planes = [
        ndimage.gaussian_filter(rgb[:, :, channel].astype(np.float32), sigma, truncate=3.0) for channel in range(3)
    ]
    return np.stack(planes)


def _outside(values: Field, others: Field, reach: int) -> Field:
    """Return by how much each pixel lies outside the range of colours around the same place in the other picture."""
    low, high = _windowed(np.minimum, others, reach), _windowed(np.maximum, others, reach)
    return np.asarray(np.maximum(low - values, values - high).max(axis=0))


def _windowed(function: Callable[..., Field], planes: Field, reach: int) -> Field:
    """Apply a minimum or maximum over a square window: by shifted slices, several times as fast as scipy's filters."""
    result = planes
    for axis in (1, 2):
        pad = [(0, 0)] * 3
        pad[axis] = (reach, reach)
        padded = np.pad(result, pad, mode="edge")
        length = result.shape[axis]
        for offset in range(2 * reach + 1):
            result = function(result, padded[(slice(None),) * axis + (slice(offset, offset + length),)])
    return result


def _flat_difference(one: Field, other: Field) -> Field:
    """Return the colour difference where neither picture has an edge nearby, 0 elsewhere."""
    difference = np.abs(one - other).max(axis=0)
    if float(difference.max(initial=0.0)) <= _FLAT_LEVELS:
        return np.zeros_like(difference)
    rough = np.zeros(difference.shape, dtype=np.bool_)
    for planes in (one, other):
        spread = _windowed(np.maximum, planes, 2) - _windowed(np.minimum, planes, 2)
        rough |= spread.max(axis=0) > _EDGE_LEVELS
    return np.where((difference > _FLAT_LEVELS) & ~rough, difference, np.float32(0.0))


def _regions(field: Field, limit: float, measure: MeasureName, marked: npt.NDArray[np.bool_]) -> Sequence[Region]:
    """Gather a field into regions and add those over the limit to `marked`."""
    present = field > 0
    if not present.any():
        return ()
    # Pieces a pixel or two apart belong to one change: the two sides of a marker that a line runs through.
    joined = ndimage.binary_dilation(present, np.ones((3, 3), dtype=np.bool_)) if measure == "displaced" else present
    labels, count = ndimage.label(joined, structure=np.ones((3, 3)))
    excess = np.asarray(ndimage.sum_labels(field, labels, np.arange(1, count + 1))) / 255.0 / limit
    counted = np.concatenate([[False], excess > 1.0])
    marked |= counted[labels] & present
    boxes = ndimage.find_objects(labels)
    heaviest = np.argsort(-excess, kind="stable")[:200]
    return [
        Region(boxes[i][1].start, boxes[i][0].start, boxes[i][1].stop, boxes[i][0].stop, float(excess[i]), measure)
        for i in heaviest
    ]
