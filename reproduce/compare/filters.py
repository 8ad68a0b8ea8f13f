"""The filters that pictures are looked at through: distances of colours, neighbourhoods, and smoothing.

OpenCV's, several times as fast as those of SciPy and NumPy. It keeps to the thread that calls it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from reproduce.compare.raster import Pixels

Levels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Field = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Along = Literal["both", "rows", "columns"]

# Who calls decides how many threads work (reproduce.compare.at_once); a pool of OpenCV's own would not survive a fork.
cv2.setNumThreads(1)

_SQUARE: Final = np.ones((3, 3), dtype=np.uint8)
_ALONE: Final = np.ones(1, dtype=np.float32)


def distance_of(one: Pixels, other: Pixels) -> Levels:
    """Return how far colours are apart, in levels of the channel that shows it most; `other` may be one colour.

    The colours stand along the last axis.
    """
    shape = one.shape[:-1]
    if not one.size:
        return np.zeros(shape, dtype=np.uint8)
    flat = one.reshape(shape[0], -1, 3)
    against: Any = (*map(float, other), 0.0) if other.ndim == 1 else other.reshape(flat.shape)
    return greatest_channel(np.asarray(cv2.absdiff(flat, against), dtype=np.uint8)).reshape(shape)


def greatest_channel(rgb: Levels) -> Levels:
    """Return the greatest of the three levels of each pixel."""
    greatest, *others = planes_of(rgb)
    for plane in others:
        cv2.max(greatest, plane, dst=greatest)
    return greatest


def beyond_range(levels: Levels, low: Levels, high: Levels) -> Levels:
    """Return how far levels lie below the low or above the high ones, 0 between them."""
    # New memory costs as much as the filters, so what is between is not kept.
    within = np.asarray(cv2.max(levels, low), dtype=np.uint8)
    cv2.min(within, high, dst=within)
    cv2.absdiff(levels, within, dst=within)
    return within


def planes_of(rgb: Pixels) -> Sequence[Levels]:
    """Return a plane for each of the three colours."""
    return [np.asarray(plane, dtype=np.uint8) for plane in cv2.split(rgb)]


def with_margin(rgb: Pixels, sides: Sequence[int], colour: Pixels) -> Pixels:
    """Return the picture with a margin of one colour: so many pixels on the left, at the top, right and bottom."""
    left, top, right, bottom = sides
    kind = cv2.BORDER_CONSTANT
    return np.asarray(cv2.copyMakeBorder(rgb, top, bottom, left, right, kind, value=(*map(float, colour), 0.0)))


def greatest_around(levels: Levels) -> Levels:
    """Return the greatest levels in the square of three pixels around each, channel by channel."""
    return np.asarray(cv2.dilate(levels, _SQUARE))


def least_around(levels: Levels) -> Levels:
    """Return the least levels in the square of three pixels around each, channel by channel."""
    return np.asarray(cv2.erode(levels, _SQUARE))


def widened(mask: Mask, reach_px: int = 1) -> Mask:
    """Return the pixels that have one of the mask in the square around them that reaches so far."""
    return _in_squares(cv2.MORPH_DILATE, mask, reach_px)


def narrowed(mask: Mask, reach_px: int = 1) -> Mask:
    """Return the pixels of the mask that have no other ones in the square around them; beyond the edge are none."""
    return _in_squares(cv2.MORPH_ERODE, mask, reach_px)


def _in_squares(operation: int, mask: Mask, reach_px: int) -> Mask:
    if not mask.size or not reach_px:
        return np.array(mask)
    square = np.ones((2 * reach_px + 1, 2 * reach_px + 1), dtype=np.uint8)
    return np.asarray(cv2.morphologyEx(mask.view(np.uint8), operation, square)).view(np.bool_)


def opened(mask: Mask, reach_px: int) -> Mask:
    """Take away what is thinner than the square that reaches so far, which must lie within the picture."""
    kept = narrowed(mask, reach_px)
    kept[:reach_px] = kept[-reach_px:] = False
    kept[:, :reach_px] = kept[:, -reach_px:] = False
    return widened(kept, reach_px)


def reached_from_border(ground: Mask) -> Mask:
    """Return the pixels of the mask that others of it, side by side, join to the border."""
    height, width = ground.shape
    page = np.ones((height + 2, width + 2), dtype=np.uint8)
    page[1:-1, 1:-1] = ground
    cv2.floodFill(page, None, (0, 0), 2, flags=4)
    return np.asarray(page[1:-1, 1:-1] == 2)


def labelled(mask: Mask, *, is_cornerwise: bool = True) -> Labels:
    """Return the pieces of a mask numbered from 1, 0 beside them; corners may join them."""
    if not mask.size:
        return np.zeros(mask.shape, dtype=np.int32)
    return np.asarray(cv2.connectedComponents(mask.view(np.uint8), connectivity=8 if is_cornerwise else 4)[1])


def smoothed(rgb: Pixels, sigma: float) -> Pixels:
    """Return colours smoothed by a Gaussian filter that ends after three sigmas, to whole levels."""
    size = 2 * int(3.0 * sigma + 0.5) + 1
    return np.asarray(cv2.GaussianBlur(rgb, (size, size), sigma, borderType=cv2.BORDER_REFLECT))


def smoothed_field(field: Field, sigma: float, cut_off: float = 4.0, along: Along = "both") -> Field:
    """Return what a Gaussian filter that ends after so many sigmas makes of a field, along one axis or both."""
    if not field.size:
        return np.array(field)
    weights = _gaussian(sigma, cut_off)
    across, down = (weights if along in ("both", axis) else _ALONE for axis in ("rows", "columns"))
    return np.asarray(cv2.sepFilter2D(field, cv2.CV_32F, across, down, borderType=cv2.BORDER_REFLECT))


@functools.cache
def _gaussian(sigma: float, cut_off: float) -> Field:
    reach = int(cut_off * sigma + 0.5)
    weights = np.exp(-0.5 / (sigma * sigma) * np.arange(-reach, reach + 1) ** 2)
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def averaged(field: Field, size: tuple[int, int], *, is_mirrored: bool = False) -> Field:
    """Return means over windows of so many columns and rows; beyond the edges is nothing, or what is before them."""
    if not field.size:
        return np.array(field)
    border = cv2.BORDER_REFLECT if is_mirrored else cv2.BORDER_CONSTANT
    return np.asarray(cv2.blur(field, size, borderType=border))
