"""Two pictures of perhaps one figure brought onto one grid: other resolution, margins and bounding boxes taken out.

Of 230 published figures that were run again 183 had another size, so size alone says nothing. Candidates are the
pictures as they are, their axes frames and their ink; whichever lays one picture onto the other best is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from reproduce.compare.raster import Pixels

MAX_PIXELS: Final = 700_000
# A figure stretched more than this in one direction against the other is not taken for the same layout.
MAX_STRETCH: Final = 1.35
MAX_SCALE: Final = 8.0
_INK: Final = 40
_LONG_LINE: Final = 0.3
_PROBE_PX: Final = 160

Box = tuple[float, float, float, float]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Registered:
    """Both pictures on the grid of the coarser one. `scale` is how much finer the other was drawn.

    `frame` is the axes' outer box on that grid as left, top, right, bottom, or None where none was found.
    """

    published: Pixels
    fresh: Pixels
    scale: float
    is_resampled: bool
    frame: Box | None


def register(published: Pixels, fresh: Pixels) -> Registered | None:
    """Bring two pictures onto one grid, or return None where no alignment makes sense (one is blank, say)."""
    one, other = bounded(published), bounded(fresh)
    found = [_lay(one, other, a, b) for a, b in _candidates(one, other)]
    laid = [candidate for candidate in found if candidate is not None]
    best = min(laid, key=_misfit, default=None)
    return None if best is None else replace(best, frame=frame_box(ink_of(best.published)))


def background_of(rgb: Pixels) -> npt.NDArray[np.int16]:
    """Return the colour most of the picture's border has."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    colours, counts = np.unique(border, axis=0, return_counts=True)
    return np.asarray(colours[int(np.argmax(counts))], dtype=np.int16)


def ink_of(rgb: Pixels) -> Mask:
    """Tell where the picture is not background."""
    return np.asarray(np.abs(rgb.astype(np.int16) - background_of(rgb)).max(axis=2) > _INK)


def bounded(rgb: Pixels) -> Pixels:
    """Return the picture drawn smaller where it has more pixels than are compared perceptually."""
    height, width = rgb.shape[:2]
    if height * width <= MAX_PIXELS:
        return rgb
    factor = (MAX_PIXELS / (height * width)) ** 0.5
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.HAMMING, reducing_gap=3.0))


def _candidates(one: Pixels, other: Pixels) -> Iterator[tuple[Box, Box]]:
    inks = ink_of(one), ink_of(other)
    if inks[0].any() != inks[1].any():
        return
    yield (0, 0, one.shape[1], one.shape[0]), (0, 0, other.shape[1], other.shape[0])
    for finder in (frame_box, content_box):
        a, b = finder(inks[0]), finder(inks[1])
        if a is not None and b is not None:
            yield a, b


def content_box(ink: Mask) -> Box | None:
    """Return the smallest box that holds all ink, or None for a blank picture."""
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not columns.size:
        return None
    return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def frame_box(ink: Mask) -> Box | None:
    """Return the box between the outermost long lines: the frame of the axes, where they have one."""
    columns = np.flatnonzero(_longest_runs(ink) > _LONG_LINE * ink.shape[0])
    rows = np.flatnonzero(_longest_runs(ink.T) > _LONG_LINE * ink.shape[1])
    if not columns.size or not rows.size:
        return None
    left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    if right - left < 0.2 * ink.shape[1] or bottom - top < 0.2 * ink.shape[0]:
        return None
    # Line centres, so that another line width does not change the scale.
    return (
        _middle(columns, first=True),
        _middle(rows, first=True),
        _middle(columns, first=False),
        _middle(rows, first=False),
    )


def _middle(places: npt.NDArray[np.intp], *, first: bool) -> float:
    groups = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    group = groups[0] if first else groups[-1]
    if group.size <= 6:
        return float(group.mean()) + 0.5
    return float(group[0]) if first else float(group[-1] + 1)


def _longest_runs(ink: Mask) -> npt.NDArray[np.int64]:
    """Return for each column the length of its longest unbroken vertical run."""
    runs = np.zeros(ink.shape[1], dtype=np.int64)
    longest = runs.copy()
    for row in ink:
        runs = (runs + 1) * row
        np.maximum(longest, runs, out=longest)
    return longest


def _lay(one: Pixels, other: Pixels, a: Box, b: Box) -> Registered | None:
    scale_x, scale_y = (b[2] - b[0]) / (a[2] - a[0]), (b[3] - b[1]) / (a[3] - a[1])
    if not (1 / MAX_STRETCH <= scale_x / scale_y <= MAX_STRETCH and 1 / MAX_SCALE <= scale_x <= MAX_SCALE):
        return None
    # Within a pixel over the whole width the grids are the same: resampling would only blur.
    if abs(scale_x - 1) * (a[2] - a[0]) < 1.2 and abs(scale_y - 1) * (a[3] - a[1]) < 1.2:
        return _shift(one, other, round(b[0] - a[0]), round(b[1] - a[1]))
    if scale_x * scale_y >= 1:
        laid = _resample(one, other, a, b)
        return Registered(*laid, (scale_x * scale_y) ** 0.5, True, None)
    fresh, published = _resample(other, one, b, a)
    return Registered(published, fresh, (scale_x * scale_y) ** -0.5, True, None)


def _shift(one: Pixels, other: Pixels, dx: int, dy: int) -> Registered:
    """Lay pictures of one scale onto each other by whole pixels, on a page that holds both."""
    left, top = max(0, dx), max(0, dy)
    width = max(one.shape[1] + left, other.shape[1] + max(0, -dx))
    height = max(one.shape[0] + top, other.shape[0] + max(0, -dy))
    pages = []
    for rgb, x, y in ((one, left, top), (other, max(0, -dx), max(0, -dy))):
        page = np.empty((height, width, 3), dtype=np.uint8)
        page[:] = background_of(rgb).astype(np.uint8)
        page[y : y + rgb.shape[0], x : x + rgb.shape[1]] = rgb
        pages.append(page)
    return Registered(pages[0], pages[1], 1.0, False, None)


def _resample(coarse: Pixels, fine: Pixels, a: Box, b: Box) -> tuple[Pixels, Pixels]:
    """Draw the part of `fine` that lies under `coarse` on the grid of `coarse`; beyond its edge is its background."""
    scale_x, scale_y = (b[2] - b[0]) / (a[2] - a[0]), (b[3] - b[1]) / (a[3] - a[1])
    height, width = coarse.shape[:2]
    left, top = b[0] - a[0] * scale_x, b[1] - a[1] * scale_y
    box = (left, top, left + width * scale_x, top + height * scale_y)
    pad = [
        max(0, int(np.ceil(-box[0]))),
        max(0, int(np.ceil(-box[1]))),
        max(0, int(np.ceil(box[2] - fine.shape[1]))),
        max(0, int(np.ceil(box[3] - fine.shape[0]))),
    ]
    page = np.empty((fine.shape[0] + pad[1] + pad[3], fine.shape[1] + pad[0] + pad[2], 3), dtype=np.uint8)
    page[:] = background_of(fine).astype(np.uint8)
    page[pad[1] : pad[1] + fine.shape[0], pad[0] : pad[0] + fine.shape[1]] = fine
    moved = (box[0] + pad[0], box[1] + pad[1], box[2] + pad[0], box[3] + pad[1])
    drawn = Image.fromarray(page).resize((width, height), Image.Resampling.HAMMING, box=moved)
    return coarse, np.asarray(drawn)


def _misfit(candidate: Registered) -> float:
    """Return the mean difference on a small version: enough to tell a good alignment from a poor one."""
    small = []
    for rgb in (candidate.published, candidate.fresh):
        factor = max(1, max(rgb.shape[:2]) // _PROBE_PX // 2)
        image = Image.fromarray(rgb).reduce(factor)
        small.append(np.asarray(image, dtype=np.float32))
    return float(np.abs(small[0] - small[1]).mean())
