"""Two lines of text compared as shapes: is the same letter drawn at every place?

A letter-wide window runs along the line. In each, the two are laid upon each other as well as a small shift allows,
since hinting and rounded advances move letters; what ink they still do not share is how unlike they are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from reproduce.compare.words import Depth, Line

Ink = npt.NDArray[np.float32]

_MAX_LENGTH_PX: Final = 1200
_ZOOM: Final = 2
_BLUR: Final = 1.3
_ALONG: Final = 6
_ACROSS: Final = 3
_LETTER: Final = 0.6
_STRETCH: Final = 0.2
_MARGIN_PX: Final = 3
_ASIDE: Final = 0.1
_LENGTH_PX: Final = 2.0
_LENGTH_SHARE: Final = 0.02
# Below it no closer look is taken.
_LOOKED_AT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Likeness:
    """How unlike two lines are at the place where they are least alike, 0 to 2, and by how much their lengths differ.

    `length` is in units of what rounded advances and kerning make of the same words.
    """

    worst: float
    length: float


def compare_lines(depths: Sequence[Depth], ones: Sequence[Line], others: Sequence[Line]) -> Likeness:
    """Compare the lines of two pictures that take the same place, as drawn and with their lengths made equal."""
    is_upright = all(line.is_upright for line in (*ones, *others))
    one, other = _strip(depths[0], ones, is_upright), _strip(depths[1], others, is_upright)
    letter_px = float(np.median([line.right - line.left if is_upright else line.bottom - line.top for line in ones]))
    worst = _compared(one, other, letter_px)
    longer = max(one.shape[1], other.shape[1])
    apart = abs(one.shape[1] - other.shape[1])
    if worst > _LOOKED_AT and 0 < apart <= _STRETCH * longer:
        size = (one.shape[1], other.shape[0])
        stretched = np.asarray(Image.fromarray(other).resize(size, Image.Resampling.BILINEAR))
        worst = min(worst, _compared(one, stretched, letter_px))
    return Likeness(worst, apart / (_LENGTH_PX + _LENGTH_SHARE * longer))


def _strip(depth: Depth, lines: Sequence[Line], is_upright: bool) -> Ink:
    """Return lines as one strip of ink that reads from left to right, from 0 to 1."""
    left, top = min(line.left for line in lines), min(line.top for line in lines)
    right, bottom = max(line.right for line in lines), max(line.bottom for line in lines)
    page = np.zeros((bottom - top, right - left), dtype=np.float32)
    for line in lines:
        rows, columns = slice(line.top - top, line.bottom - top), slice(line.left - left, line.right - left)
        page[rows, columns] = depth[line.top : line.bottom, line.left : line.right]
    if is_upright:
        page = np.rot90(page, -1)
    page = page[:_MAX_LENGTH_PX, :_MAX_LENGTH_PX]
    full = float(np.quantile(page[page > 0], 0.9)) if (page > 0).any() else 0.0
    return np.asarray(np.clip(page / max(full, 40.0), 0.0, 1.0), dtype=np.float32)


def _compared(one: Ink, other: Ink, letter_px: float) -> float:
    """Compare two strips, their middles upon each other, by windows and, where these differ, by columns."""
    height = max(one.shape[0], other.shape[0]) + 2 * _MARGIN_PX
    width = max(one.shape[1], other.shape[1]) + 2 * _MARGIN_PX
    a, b = _zoomed(one, height, width), _zoomed(other, height, width)
    window = max(5, round(_LETTER * letter_px * _ZOOM))
    energy = (a * a + b * b).sum(axis=0) / 2
    both = ndimage.uniform_filter1d(energy, window, mode="constant")
    best = np.full(a.shape[1], np.inf, dtype=np.float32)
    for dy in range(-_ACROSS, _ACROSS + 1):
        for dx in range(-_ALONG, _ALONG + 1):
            moved = np.roll(b, (dy, dx), axis=(0, 1))
            moved -= a
            apart = np.einsum("ij,ij->j", moved, moved)
            np.minimum(best, ndimage.uniform_filter1d(apart, window, mode="constant"), out=best)
    worst = _largest_share(best, both)
    return min(worst, _warped(a, b, window)) if worst > _LOOKED_AT else worst


def _largest_share(apart: Ink, both: Ink) -> float:
    counted = both > 0.3 * float(both.max(initial=0.0))
    return float((apart[counted] / both[counted]).max()) if counted.any() else 0.0


def _warped(a: Ink, b: Ink, window: int) -> float:
    """Compare columns along the cheapest way through both (Sakoe and Chiba 1978): gaps may be wider, raised be raised.

    Unlike a window's shift this never passes over a letter: each column of either has its place.
    """
    energy = (a * a).sum(axis=0), (b * b).sum(axis=0)
    cost = np.full((a.shape[1], b.shape[1]), np.inf, dtype=np.float32)
    for dy in range(-_ACROSS - 1, _ACROSS + 2):
        cross = a.T @ np.roll(b, dy, axis=0)
        np.minimum(cost, energy[0][:, None] + energy[1][None, :] - 2 * cross, out=cost)
    cost = np.maximum(cost, 0.0)
    step = _ASIDE * float(energy[0].mean() + energy[1].mean())
    path = _cheapest_path(cost.astype(np.float64), step)
    along = cost[path[:, 0], path[:, 1]]
    both = (energy[0][path[:, 0]] + energy[1][path[:, 1]]) / 2
    return _largest_share(
        ndimage.uniform_filter1d(along, window, mode="constant"),
        ndimage.uniform_filter1d(both, window, mode="constant"),
    )


def _cheapest_path(cost: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.intp]:
    """Return the cheapest way from the first to the last corner, by anti-diagonals; a step aside costs `step` more."""
    n, m = cost.shape
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(n + m - 1):
        i = np.arange(max(0, diagonal - m + 1), min(n, diagonal + 1))
        j = diagonal - i
        aside = np.minimum(total[i, j + 1], total[i + 1, j]) + step
        total[i + 1, j + 1] = cost[i, j] + np.minimum(total[i, j], aside)
    places = []
    i, j = n, m
    while i > 0 and j > 0:
        places.append((i - 1, j - 1))
        straight, up, left = total[i - 1, j - 1], total[i - 1, j] + step, total[i, j - 1] + step
        i, j = (i - 1, j - 1) if straight <= min(up, left) else (i - 1, j) if up <= left else (i, j - 1)
    return np.array(places[::-1], dtype=np.intp)


def _zoomed(strip: Ink, height: int, width: int) -> Ink:
    above, before = (height - strip.shape[0]) // 2, (width - strip.shape[1]) // 2
    page = np.pad(strip, ((above, height - strip.shape[0] - above), (before, width - strip.shape[1] - before)))
    zoomed = np.repeat(np.repeat(page, _ZOOM, axis=0), _ZOOM, axis=1)
    return np.asarray(ndimage.gaussian_filter(zoomed, _BLUR), dtype=np.float32)
