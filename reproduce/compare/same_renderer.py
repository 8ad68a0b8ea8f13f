"""Two pictures of one renderer: what is drawn alike lies on the same pixels, so hardly any difference is explained.

Where one page was cropped, the two lie a fraction of a pixel apart. Curves then do so too; markers and axes, which the
renderer puts onto whole pixels, stay or move by a whole one, along each side on their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import ndimage

from reproduce.compare.filters import Field, Levels, Mask, distance_of, smoothed_field

Offset = tuple[float, float]

_ROUNDS: Final = 3
_SMOOTH_PX: Final = 1.0
# Along lines that run across or upright, which are put onto whole pixels, nothing tells how far the pages lie apart.
_SLANTED: Final = 0.15
_STEEP_LEVELS: Final = 2.0
_OTHER_LEVELS: Final = 60.0
_FARTHEST_PX: Final = 0.8
_NEAREST_PX: Final = 0.1
_MARGIN_PX: Final = 2
_NOTHING: Final = 1e-3


def unexplained(published: Levels, fresh: Levels, compared: Mask, levels: float, *, is_same_page: bool) -> Field:
    """Return by how many levels colours differ that must not, 0 where that is no more than `levels`.

    `published` and `fresh` are of the same size, colours along their last axis; `compared` tells which pixels count.
    """
    apart = np.where(compared, distance_of(published, fresh), 0)
    rows, columns = (np.flatnonzero((apart > levels).any(axis=axis)) for axis in (1, 0))
    if rows.size and not is_same_page:
        offset = _offset(published, fresh, compared)
        around = tuple(slice(max(0, each[0] - _MARGIN_PX), each[-1] + 1 + _MARGIN_PX) for each in (rows, columns))
        one, other = published[around], fresh[around]
        least = apart[around]
        for moved in _ways(offset):
            least = np.minimum(least, distance_of(_laid(one, moved, 0.5), _laid(other, moved, -0.5)))
        apart[around] = least
    return np.where(apart > levels, apart, 0).astype(np.float32)


def _ways(offset: Offset) -> Iterator[Offset]:
    """Yield how far what is drawn may lie apart, along x and y, but for not at all."""
    along = [[0.0, float(np.sign(each)), *([each] if abs(each) > _NEAREST_PX else [])] for each in offset]
    yield from ((x, y) for x in along[0] for y in along[1] if x or y)


def _laid(levels: Levels, moved: Offset, share: float) -> Levels:
    """Return the levels moved by a share of the offset: half of it each, so that both are smoothed alike."""
    if moved[0] % 1.0 == moved[1] % 1.0 == 0.0:
        # Whole pixels are moved as they are.
        return levels if share > 0 else _shifted(levels, moved, -1.0)
    return _shifted(levels, moved, share)


def _shifted(levels: Levels, moved: Offset, share: float) -> Levels:
    by = (share * moved[1], share * moved[0], 0.0)
    return np.asarray(ndimage.shift(levels, by, order=1, mode="nearest"))


def _offset(published: Levels, fresh: Levels, compared: Mask) -> Offset:
    """Return how far curves of the fresh picture lie to the right of and below the published ones, in pixels.

    By least squares over all slanted edges (Lucas and Kanade 1981); none where they tell nothing, or more than a crop
    can do.
    """
    one, other = (levels.mean(axis=-1, dtype=np.float32) for levels in (published, fresh))
    one, other = (smoothed_field(each, _SMOOTH_PX) for each in (one, other))
    moved = np.zeros(2)
    for _ in range(_ROUNDS):
        still = ndimage.shift(other, (-moved[1], -moved[0]), order=1, mode="nearest")
        down, right = np.gradient((one + still) / 2)
        apart = one - still
        steep = np.hypot(right, down)
        is_slanted = np.minimum(np.abs(right), np.abs(down)) > _SLANTED * steep
        counted = compared & is_slanted & (steep > _STEEP_LEVELS) & (np.abs(apart) < _OTHER_LEVELS)
        edges = np.stack([right[counted], down[counted]]).astype(np.float64)
        products = edges @ edges.T
        if np.linalg.det(products) < _NOTHING:
            return 0.0, 0.0
        moved += np.linalg.solve(products, edges @ apart[counted])
    return (float(moved[0]), float(moved[1])) if np.abs(moved).max() <= _FARTHEST_PX else (0.0, 0.0)
