"""Where two registered pictures differ beyond what another renderer would do, and how much.

No global score: a spike on a curve is a thousandth of a picture and the whole result. Local measures are taken, each
for what the others cannot see; their limits come from the calibration in docs/comparison.md.

- *displaced*: a pixel is explained when the other picture has, within a small distance, colours that enclose its own.
  Antialiasing, line snapping and resampling stay explained; a missing or moved marker does not. Unexplained pixels are
  gathered into connected regions and weighed by contrast. Of one renderer, what is not alike to the pixel counts too.
- *flat*: where both pictures are smooth, their colours must agree: colour maps, bars, filled areas.
- *mass*: how much ink of which colour a neighbourhood holds must agree, however it is spread over pixels.
- *text*: lines of letters that take the same place are compared as words and left out of the other measures.
- *ticks*: the labels beside axes must stand at the same places along them, or the axes show another range.

How near is near depends on how the pictures came about (reproduce.compare.regimes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy import ndimage

from reproduce.compare.detail import Tile, unequal_tiles, unlike_textures
from reproduce.compare.filters import (
    Field,
    Levels,
    Mask,
    beyond_range,
    distance_of,
    greatest_around,
    greatest_channel,
    labelled,
    least_around,
    opened,
    planes_of,
    smoothed,
    smoothed_field,
    widened,
)
from reproduce.compare.frames import Box
from reproduce.compare.raster import Pixels
from reproduce.compare.regimes import Limit, Regime, regime_of, setting_of
from reproduce.compare.registration import Registered
from reproduce.compare.same_renderer import unexplained
from reproduce.compare.stacking import Stacking
from reproduce.compare.wording import Wording, compare_wording

MeasureName = Literal["displaced", "flat", "mass", "text", "ticks"]

_EDGE_LEVELS: Final = 24.0
_LOSSY_LEVELS: Final = 12.0
_FLAT_PX: Final = 2
_AREA_PX: Final = 5
_MASS_PX: Final = 3.0
_MASS_CUT_OFF: Final = 2.5
_FRAME_BAND_PX: Final = 2
# What is looked for at full resolution in pictures that are else compared drawn smaller.
_DETAIL: Final = Limit(2, 8.0, stretch=0.4)
_RESAMPLED_DETAIL: Final = Limit(2, 10.0, stretch=0.4)
_DETAIL_BLUR_PX: Final = 1.0
_DETAIL_CONTRAST: Final = 36.0
_UNLIKE_TEXTURE: Final = 0.8
_DETAIL_REGIONS: Final = 200


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
    setting = setting_of(pair, regime)
    is_same_renderer = regime == "same renderer"
    wording = compare_wording(pair, has_same_grid=not pair.is_resampled, is_same_renderer=is_same_renderer)
    compared = ~(wording.covered | _frame_bands(wording.covered.shape, pair.frames))
    marked = np.zeros(compared.shape, dtype=np.bool_)
    regions = _text_regions(wording, marked)
    one, other = (_Smoothed(rgb, setting.blur_px) for rgb in (pair.published, pair.fresh))
    stacking = Stacking(pair)
    near = compared
    if setting.exact_weight:
        exact = unexplained(one.levels, other.levels, compared, setting.contrast, is_same_page=pair.is_by_page)
        regions += _regions(exact, setting.exact_weight, "displaced", marked, stacking)
        near = compared & (exact > 0)
    for limit in setting.displaced:
        outside = _outside_either(one, other, limit, setting.contrast, near)
        regions += _regions(outside, limit.weight, "displaced", marked, stacking)
    flat = _flat_difference(one, other, _LOSSY_LEVELS if pair.is_lossy else setting.flat_levels)
    regions += _regions(flat * compared, setting.flat_weight, "flat", marked)
    mass = _mass_difference(pair, compared, setting.mass_levels)
    regions += _regions(mass, setting.mass_weight, "mass", marked)
    if all(region.excess <= 1.0 for region in regions):
        regions += _detail_regions(pair, compared, marked)
    regions.sort(key=lambda region: (-region.excess, region.top, region.left))
    return Differences(regime, tuple(regions), marked, wording.is_loose)


def _detail_regions(pair: Registered, compared: Mask, marked: Mask) -> list[Region]:
    """Return the regions that only show at full resolution, on the common grid."""
    found: list[Region] = []
    for tile in unequal_tiles(pair, compared, _DETAIL_CONTRAST):
        one, other = _Smoothed(tile.published, _DETAIL_BLUR_PX), _Smoothed(tile.fresh, _DETAIL_BLUR_PX)
        limit = _RESAMPLED_DETAIL if tile.is_resampled else _DETAIL
        outside = _outside_either(one, other, limit, _DETAIL_CONTRAST, tile.compared)
        own = np.zeros(tile.compared.shape, dtype=np.bool_)
        regions = _regions(outside, limit.weight, "displaced", own)
        regions += [Region(*box, unlike / _UNLIKE_TEXTURE, "flat") for box, unlike in unlike_textures(tile)]
        found += [_laid(region, tile) for region in regions]
    found = sorted(found, key=lambda region: -region.excess)[:_DETAIL_REGIONS]
    for region in found:
        if region.excess > 1.0:
            marked[region.top : region.bottom, region.left : region.right] = True
    return found


def _laid(region: Region, tile: Tile) -> Region:
    """Return a region of a tile on the common grid."""
    box = tile.place.laid((region.left, region.top, region.right, region.bottom))
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    return replace(region, left=left, top=top, right=max(left + 1, round(box[2])), bottom=max(top + 1, round(box[3])))


def _text_regions(wording: Wording, marked: Mask) -> list[Region]:
    for place, excess in (*wording.judged, *wording.rows):
        if excess > 1.0:
            marked[place[1] : place[3], place[0] : place[2]] = True
    words = [Region(*place, excess, "text") for place, excess in wording.judged]
    return words + [Region(*place, excess, "ticks") for place, excess in wording.rows]


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
    for planes in zip(planes_of(pair.published), planes_of(pair.fresh), strict=True):
        change = np.subtract(*planes, dtype=np.float32)
        change *= compared
        change = smoothed_field(change, _MASS_PX, _MASS_CUT_OFF, "columns")
        # Where no mean along a column passes the levels, none of these means along the row does.
        rows = np.flatnonzero(np.abs(change).max(axis=1) > levels)
        if rows.size:
            change = smoothed_field(change[rows], _MASS_PX, _MASS_CUT_OFF, "rows")
            worst[rows] = np.maximum(worst[rows], np.abs(change))
    return np.where(worst > levels, worst, np.float32(0.0))


class _Smoothed:
    """A picture smoothed, and the least and the greatest colours within a distance of each of its pixels."""

    def __init__(self, rgb: Pixels, sigma: float) -> None:
        # Whole levels are enough, and several times as fast below.
        self.levels = smoothed(rgb, sigma)
        self._ranges = [(self.levels, self.levels)]

    def range_within(self, reach_px: int) -> tuple[Levels, Levels]:
        """Return the range of colours over a square window, channel by channel; each window from the one before it."""
        while len(self._ranges) <= reach_px:
            low, high = self._ranges[-1]
            self._ranges.append((least_around(low), greatest_around(high)))
        return self._ranges[reach_px]


def _outside_either(one: _Smoothed, other: _Smoothed, limit: Limit, contrast: float, compared: Mask) -> Field:
    outside = np.zeros(compared.shape, dtype=np.float32)
    _add_outside(outside, one, other, limit, contrast, compared)
    _add_outside(outside, other, one, limit, contrast, compared)
    return outside


def _add_outside(
    outside: Field, one: _Smoothed, other: _Smoothed, limit: Limit, contrast: float, compared: Mask
) -> None:
    """Tell by how much each pixel lies outside the range of colours around the same place in the other picture.

    A share of the range is forgiven beyond either end: other antialiasing makes thin lines paler or darker.
    What does not pass the contrast is left as it was, and so is what is not compared.
    """
    low, high = other.range_within(limit.reach_px)
    beyond = beyond_range(one.levels, low, high)
    # By numbers of pixels, several times as fast as by rows and columns.
    pixels = np.flatnonzero((greatest_channel(beyond) > int(contrast)) & compared)
    lowest, highest, farthest = (levels.reshape(-1, 3)[pixels] for levels in (low, high, beyond))
    found = (farthest - np.float32(limit.stretch) * (highest - lowest)).max(axis=1)
    counted = found > contrast
    pixels, flat = pixels[counted], outside.reshape(-1)
    flat[pixels] = np.maximum(flat[pixels], found[counted])


def _flat_difference(one: _Smoothed, other: _Smoothed, levels: float) -> Field:
    """Return the colour difference where neither picture has an edge nearby, 0 elsewhere."""
    difference = distance_of(one.levels, other.levels)
    area = difference > int(levels)
    if not area.any():
        return np.zeros(difference.shape, dtype=np.float32)
    for low, high in (picture.range_within(_FLAT_PX) for picture in (one, other)):
        area &= distance_of(low, high) <= int(_EDGE_LEVELS)
    # What is thinner than some pixels is a pale line, not an area.
    area = opened(area, _AREA_PX // 2)
    return np.where(area, difference, np.uint8(0)).astype(np.float32)


def _regions(
    field: Field, limit: float, measure: MeasureName, marked: Mask, stacking: Stacking | None = None
) -> list[Region]:
    """Gather a field into regions and add those over the limit to `marked`; not those that `stacking` explains."""
    present = field > 0
    hull = _hull(present)
    if hull is None:
        return []
    present, field = present[hull], field[hull]
    # Pieces a pixel or two apart belong to one change: the two sides of a marker that a line runs through.
    joined = widened(present) if measure == "displaced" else present
    labels = labelled(joined)
    weights = np.bincount(labels[present], weights=field[present], minlength=int(labels.max()) + 1)
    excess = weights[1:] / 255.0 / limit
    top, left = hull[0].start, hull[1].start
    boxes = ndimage.find_objects(labels)
    if stacking is not None:
        excess[stacking.explained(excess, boxes, labels * present, (top, left))] = 0.0
    counted = np.concatenate([[False], excess > 1.0])
    marked[hull] |= np.take(counted, labels) & present
    heaviest = np.argsort(-excess, kind="stable")[:200]
    return [
        Region(
            left + boxes[i][1].start,
            top + boxes[i][0].start,
            left + boxes[i][1].stop,
            top + boxes[i][0].stop,
            float(excess[i]),
            measure,
        )
        for i in heaviest
    ]


def _hull(mask: Mask) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold the mask and a pixel around it; None for an empty one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    spans = [(int(places[0]), int(places[-1])) for places in (rows, columns)]
    return slice(max(0, spans[0][0] - 1), spans[0][1] + 2), slice(max(0, spans[1][0] - 1), spans[1][1] + 2)
