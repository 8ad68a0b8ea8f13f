"""What only shows at full resolution in pictures that are else compared drawn smaller, looked at tile by tile.

A marker of some pixels in a figure of 300 dots an inch, or noise, fades where the picture is drawn smaller. So both are
laid upon each other once more as they were decoded, the finer one on the grid of the coarser one. Tiles that are equal
cost next to nothing; one of a million pixels takes some tenths of a second, so the largest pictures some seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from reproduce.compare.filters import Mask, averaged, distance_of
from reproduce.compare.frames import Box
from reproduce.compare.grid import SAME_PAGE_PX, Mapping, cut
from reproduce.compare.raster import Pixels
from reproduce.compare.registration import Part, Registered

TILE_PX: Final = 768
# Tiles overlap by this much, so that what lies on an edge is whole in one of them.
OVERLAP_PX: Final = 24
_AT_EDGE_PX: Final = 5
# How far a tile is moved to lie best; less than a pixel of the smaller pictures, which were compared already.
_MOVED_PX: Final = 3.0

# Blocks in which so large a share of the pixels is apart from those around by so many levels are textures.
_BLOCK_PX: Final = 48
_SMOOTH_PX: Final = 5
_DETAIL_LEVELS: Final = 10.0
_TEXTURED: Final = 0.45

IntBox = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of both pictures on one grid that is not equal, and which of its pixels are compared.

    `place` maps its pixels to the common grid. `is_resampled` says that the two were drawn at two resolutions.
    """

    published: Pixels
    fresh: Pixels
    compared: Mask
    place: Mapping
    is_resampled: bool


def unequal_tiles(pair: Registered, compared: Mask, levels: float) -> Iterator[Tile]:
    """Yield the tiles of a pair that differ by more than some levels where they are compared; none where it is whole.

    `compared` is a mask on the common grid.
    """
    if pair.whole is None:
        return
    free = np.array(compared)
    # What was drawn last lies on top.
    for part in reversed(pair.parts):
        left, top, right, bottom = part.box
        inside = np.zeros_like(free)
        inside[top:bottom, left:right] = free[top:bottom, left:right]
        free[top:bottom, left:right] = False
        yield from _tiles_of(part, pair.whole, inside, levels)


def unlike_textures(tile: Tile) -> list[tuple[IntBox, float]]:
    """Return the blocks of a tile that are full of detail in either picture, and how unlike they are, from 0.

    Where colours change from pixel to pixel all over a block, those of another picture are found nearby by chance.
    """
    size = _BLOCK_PX
    rows, columns = (side // size for side in tile.compared.shape)
    details = []
    for rgb in (tile.published, tile.fresh):
        grey = rgb[: rows * size, : columns * size].mean(axis=2, dtype=np.float32)
        fine = grey - averaged(grey, (_SMOOTH_PX, _SMOOTH_PX), is_mirrored=True)
        details.append(fine * tile.compared[: rows * size, : columns * size])
    one, other = details
    energies = [_by_blocks(fine * fine, size) for fine in details]
    coverage = np.maximum(*(_by_blocks((np.abs(fine) > _DETAIL_LEVELS).astype(np.float32), size) for fine in details))
    alike = 2 * _by_blocks(one * other, size) / np.maximum(energies[0] + energies[1], 1e-6)
    return [
        ((int(x) * size, int(y) * size, (int(x) + 1) * size, (int(y) + 1) * size), 1.0 - float(alike[y, x]))
        for y, x in np.argwhere(coverage >= _TEXTURED)
    ]


def _by_blocks(values: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    rows, columns = values.shape[0] // size, values.shape[1] // size
    return np.asarray(values.reshape(rows, size, columns, size).mean(axis=(1, 3)))


def _tiles_of(part: Part, whole: tuple[Pixels, Pixels], compared: Mask, levels: float) -> Iterator[Tile]:
    is_swapped = part.published.scale > part.fresh.scale
    coarse, fine = whole[::-1] if is_swapped else whole
    still, moving = (part.fresh, part.published) if is_swapped else (part.published, part.fresh)
    area = _rounded(still.laid(_as_box(part.box)))
    onto_fine = still.inverted().followed_by(moving).snapped(_as_box(area), SAME_PAGE_PX)
    for box in _steps(area):
        mask = _mask_of(box, still.inverted(), compared)
        if not mask.any():
            continue
        one = cut(coarse, box)
        other = _drawn(fine, onto_fine.laid(_as_box(box)), one.shape)
        if not ((distance_of(one, other) > levels) & mask).any():
            continue
        moved = _moved_by(one, other, mask)
        if moved != (0.0, 0.0):
            other = _drawn(fine, onto_fine.counted_from(*moved).laid(_as_box(box)), one.shape)
        place = still.inverted().counted_from(box[0], box[1])
        sides = (other, one) if is_swapped else (one, other)
        yield Tile(*sides, mask, place, is_resampled=not onto_fine.is_shift)


def _steps(area: IntBox) -> Iterator[IntBox]:
    for top in range(area[1], area[3], TILE_PX):
        for left in range(area[0], area[2], TILE_PX):
            yield (
                max(area[0], left - OVERLAP_PX),
                max(area[1], top - OVERLAP_PX),
                min(area[2], left + TILE_PX),
                min(area[3], top + TILE_PX),
            )


def _mask_of(box: IntBox, to_common: Mapping, compared: Mask) -> Mask:
    """Return the mask over a box of the coarser picture, without its edge, which has no neighbours to compare with."""
    columns = ((np.arange(box[0], box[2]) + 0.5) * to_common.scale_x + to_common.offset_x).astype(np.int64)
    rows = ((np.arange(box[1], box[3]) + 0.5) * to_common.scale_y + to_common.offset_y).astype(np.int64)
    mask = compared[np.ix_(np.clip(rows, 0, compared.shape[0] - 1), np.clip(columns, 0, compared.shape[1] - 1))]
    edge = _AT_EDGE_PX
    mask[:edge] = mask[-edge:] = mask[:, :edge] = mask[:, -edge:] = False
    return mask


def _drawn(rgb: Pixels, box: Box, shape: tuple[int, ...]) -> Pixels:
    """Return a box of a picture drawn at a size; where it falls on whole pixels, as it is."""
    hull = (int(np.floor(box[0])), int(np.floor(box[1])), int(np.ceil(box[2])), int(np.ceil(box[3])))
    part = cut(rgb, hull)
    if part.shape == shape and _as_box(hull) == box:
        return part
    within = (box[0] - hull[0], box[1] - hull[1], box[2] - hull[0], box[3] - hull[1])
    drawn = Image.fromarray(part).resize((shape[1], shape[0]), Image.Resampling.HAMMING, box=within)
    return np.asarray(drawn)


def _moved_by(one: Pixels, other: Pixels, mask: Mask) -> tuple[float, float]:
    """Return by how much the second is best moved against the first, by whole pixels (Lucas and Kanade 1981)."""
    still, moving = (
        averaged(rgb[:, :, 1].astype(np.float32), (_SMOOTH_PX, _SMOOTH_PX), is_mirrored=True) for rgb in (one, other)
    )
    down, right = np.gradient(moving)
    residual = (still - moving) * mask
    # What changed in places does not pull the whole.
    weight = mask / (1.0 + np.abs(residual) / 12.0)
    normal = np.array([[float((weight * a * b).sum()) for b in (right, down)] for a in (right, down)])
    trace = float(np.trace(normal))
    if trace <= 0:
        return (0.0, 0.0)
    target = np.array([float((weight * a * residual).sum()) for a in (right, down)])
    x, y = np.clip(np.linalg.solve(normal + np.eye(2) * 0.01 * trace, target), -_MOVED_PX, _MOVED_PX)
    return float(round(x)), float(round(y))


def _rounded(box: Box) -> IntBox:
    return (round(box[0]), round(box[1]), round(box[2]), round(box[3]))


def _as_box(box: IntBox) -> Box:
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
