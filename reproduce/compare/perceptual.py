"""Where two registered pictures differ beyond what another renderer would do, and how much.

No global score: a spike on a curve is a thousandth of a picture and the whole result. Local measures are taken, each
for what the others cannot see; their limits come from the calibration in docs/comparison.md.

- *displaced*: a pixel is explained when the other picture has, within a small distance, colours that enclose its own.
  Antialiasing, line snapping and resampling stay explained; a missing or moved marker does not. Unexplained pixels are
  gathered into connected regions and weighed by contrast.
- *flat*: where both pictures are smooth, their colours must agree: colour maps, bars, filled areas.
- *mass*: how much ink of which colour a neighbourhood holds must agree, however it is spread over pixels.
- *text*: lines of letters that take the same place are compared as words and left out of the other measures.

How near is near depends on how the pictures came about (reproduce.compare.regimes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.frames import Box, Mask
from reproduce.compare.regimes import SETTINGS, Regime, regime_of
from reproduce.compare.registration import Registered
from reproduce.compare.wording import Wording, compare_wording

Field = npt.NDArray[np.float32]
MeasureName = Literal["displaced", "flat", "mass", "text"]

_FLAT_LEVELS: Final = 6.0
_EDGE_LEVELS: Final = 24.0
_LOSSY_LEVELS: Final = 24.0
_AREA_PX: Final = 5
_MASS_PX: Final = 3.0
_FRAME_BAND_PX: Final = 2


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
    """The regions, heaviest first, and `marked`, the pixels they consist of.

    `has_loose_words` says that letters are drawn too differently for a changed one to be told for sure.
    """

    regime: Regime
    regions: tuple[Region, ...]
    marked: Mask
    has_loose_words: bool = False

    @property
    def value(self) -> float:
        """The metric: the heaviest region over its limit, 0 when every pixel is explained."""
        return self.regions[0].excess if self.regions else 0.0


def find_differences(pair: Registered) -> Differences:
    """Measure where and how much two registered pictures differ."""
    regime = regime_of(pair)
    setting = SETTINGS[regime]
    wording = compare_wording(pair, has_same_grid=not pair.is_resampled)
    compared = ~(wording.covered | _frame_bands(wording.covered.shape, pair.frames))
    marked = np.zeros(compared.shape, dtype=np.bool_)
    regions = _text_regions(wording, marked)
    one, other = _smoothed(pair.published, setting.blur_px), _smoothed(pair.fresh, setting.blur_px)
    for limit in setting.displaced:
        outside = np.maximum(
            _outside(one, other, limit.reach_px, setting.stretch), _outside(other, one, limit.reach_px, setting.stretch)
        )
        field = np.where(compared & (outside > setting.contrast), outside, np.float32(0.0))
        regions += _regions(field, limit.weight, "displaced", marked)
    flat = _flat_difference(one, other, _LOSSY_LEVELS if pair.is_lossy else _FLAT_LEVELS)
    regions += _regions(flat * compared, setting.flat_weight, "flat", marked)
    mass = _mass_difference(pair, compared, setting.mass_levels)
    regions += _regions(mass, setting.mass_weight, "mass", marked)
    regions.sort(key=lambda region: (-region.excess, region.top, region.left))
    return Differences(regime, tuple(regions), marked, wording.is_loose)


def _text_regions(wording: Wording, marked: Mask) -> list[Region]:
    for place, excess in wording.judged:
        if excess > 1.0:
            marked[place[1] : place[3], place[0] : place[2]] = True
    return [Region(*place, excess, "text") for place, excess in wording.judged]


def _frame_bands(shape: tuple[int, int], frames: Sequence[Box]) -> Mask:
    """Tell where the lines of the axes run: their width belongs to the renderer."""
    bands = np.zeros(shape, dtype=np.bool_)
    band = _FRAME_BAND_PX
    for box in frames:
        left, top, right, bottom = (round(edge) for edge in box)
        rows, columns = slice(max(0, top - band), bottom + band), slice(max(0, left - band), right + band)
        for edge in (left, right):
            bands[rows, max(0, edge - band - 1) : edge + band + 1] = True
        for edge in (top, bottom):
            bands[max(0, edge - band - 1) : edge + band + 1, columns] = True
    return bands


def _mass_difference(pair: Registered, compared: Mask, levels: float) -> Field:
    """Return by how much the mean colours of neighbourhoods differ, beyond what another line width would do."""
    worst = np.zeros(compared.shape, dtype=np.float32)
    for channel in range(3):
        a, b = (rgb[:, :, channel].astype(np.float32) * compared for rgb in (pair.published, pair.fresh))
        change = ndimage.gaussian_filter(a - b, _MASS_PX, truncate=2.5)
        np.maximum(worst, np.abs(change), out=worst)
    return np.where(worst > levels, worst, np.float32(0.0))


def _smoothed(rgb: npt.NDArray[np.uint8], sigma: float) -> Field:
    planes = [
        ndimage.gaussian_filter(rgb[:, :, channel].astype(np.float32), sigma, truncate=3.0) for channel in range(3)
    ]
    return np.stack(planes)


def _outside(values: Field, others: Field, reach: int, stretch: float) -> Field:
    """Return by how much each pixel lies outside the range of colours around the same place in the other picture.

    A share `stretch` of the range is forgiven beyond either end: other antialiasing makes thin lines paler or darker.
    """
    low, high = _windowed(np.minimum, others, reach), _windowed(np.maximum, others, reach)
    beyond = np.maximum(low - values, values - high)
    if stretch:
        beyond = beyond - stretch * (high - low)
    return np.asarray(beyond.max(axis=0))


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


def _flat_difference(one: Field, other: Field, levels: float) -> Field:
    """Return the colour difference where neither picture has an edge nearby, 0 elsewhere."""
    difference = np.abs(one - other).max(axis=0)
    if float(difference.max(initial=0.0)) <= levels:
        return np.zeros_like(difference)
    rough = np.zeros(difference.shape, dtype=np.bool_)
    for planes in (one, other):
        spread = _windowed(np.maximum, planes, 2) - _windowed(np.minimum, planes, 2)
        rough |= spread.max(axis=0) > _EDGE_LEVELS
    # What is thinner than some pixels is a pale line, not an area.
    area = ndimage.binary_opening((difference > levels) & ~rough, np.ones((_AREA_PX, _AREA_PX), dtype=np.bool_))
    return np.where(area, difference, np.float32(0.0))


def _regions(field: Field, limit: float, measure: MeasureName, marked: Mask) -> list[Region]:
    """Gather a field into regions and add those over the limit to `marked`."""
    present = field > 0
    if not present.any():
        return []
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
