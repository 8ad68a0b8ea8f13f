"""Where a place of one picture lies in another, and one picture drawn on the other's grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from reproduce.compare.filters import with_margin
from reproduce.compare.frames import Box, background_of
from reproduce.compare.raster import Pixels

# A figure stretched more than this in one direction against the other is not taken for the same layout.
MAX_STRETCH: Final = 1.35
MAX_SCALE: Final = 8.0
# Over the whole of what is laid upon each other; below it the grids are the same, and resampling would only blur.
SAME_GRID_PX: Final = 1.2
# Where the pages have one size as well, another grid is unlikely; lines without antialiasing move edges by a pixel.
SAME_PAGE_PX: Final = 2.4
_MAX_PADDING: Final = 2000
_AXES_MARGIN_PX: Final = 8


@dataclass(frozen=True, slots=True)
class Mapping:
    """A place of the coarse picture lies in the fine one at place · scale + offset, for x and for y."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    @property
    def scale(self) -> float:
        """How much finer the other picture was drawn."""
        return float((self.scale_x * self.scale_y) ** 0.5)

    @property
    def is_plausible(self) -> bool:
        """Tell whether the two may be one layout at all."""
        if self.scale_x <= 0 or self.scale_y <= 0:
            return False
        stretch = self.scale_x / self.scale_y
        return 1 / MAX_STRETCH <= stretch <= MAX_STRETCH and 1 / MAX_SCALE <= self.scale_x <= MAX_SCALE

    @property
    def is_shift(self) -> bool:
        """Tell whether whole pixels of both fall upon each other."""
        return self.scale_x == self.scale_y == 1.0 and self.offset_x % 1 == 0 and self.offset_y % 1 == 0

    def inverted(self) -> Mapping:
        """Return where a place of the fine picture lies in the coarse one."""
        return Mapping(1 / self.scale_x, 1 / self.scale_y, -self.offset_x / self.scale_x, -self.offset_y / self.scale_y)

    def counted_from(self, x: float, y: float) -> Mapping:
        """Return the same for places that are counted from one of the coarse picture."""
        return replace(self, offset_x=self.offset_x + self.scale_x * x, offset_y=self.offset_y + self.scale_y * y)

    def followed_by(self, other: Mapping) -> Mapping:
        """Return where a place lies that this mapping and then another one leads to."""
        return Mapping(
            self.scale_x * other.scale_x,
            self.scale_y * other.scale_y,
            self.offset_x * other.scale_x + other.offset_x,
            self.offset_y * other.scale_y + other.offset_y,
        )

    def laid(self, box: Box) -> Box:
        """Return a box of the coarse picture in the fine one."""
        return (
            box[0] * self.scale_x + self.offset_x,
            box[1] * self.scale_y + self.offset_y,
            box[2] * self.scale_x + self.offset_x,
            box[3] * self.scale_y + self.offset_y,
        )

    def snapped(self, box: Box, slack_px: float = SAME_GRID_PX) -> Mapping:
        """Return a shift by whole pixels where this is one over the box but for some pixels, else this mapping."""
        width, height = box[2] - box[0], box[3] - box[1]
        if abs(self.scale_x - 1) * width >= slack_px or abs(self.scale_y - 1) * height >= slack_px:
            return self
        moved = self.laid(box)
        dx, dy = (moved[0] + moved[2] - box[0] - box[2]) / 2, (moved[1] + moved[3] - box[1] - box[3]) / 2
        return Mapping(1.0, 1.0, float(round(dx)), float(round(dy)))


def mapping_of(a: Box, b: Box) -> Mapping | None:
    """Return the mapping that lays box `a` upon box `b`, or None where a box is empty."""
    if min(a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]) <= 0:
        return None
    scale_x, scale_y = (b[2] - b[0]) / (a[2] - a[0]), (b[3] - b[1]) / (a[3] - a[1])
    return Mapping(scale_x, scale_y, b[0] - a[0] * scale_x, b[1] - a[1] * scale_y)


def joint_page(coarse: Pixels, fine: Pixels, mapping: Mapping) -> tuple[int, int, int, int]:
    """Return the page, in pixels of the coarse picture, that holds both pictures."""
    left, top, right, bottom = mapping.inverted().laid((0.0, 0.0, float(fine.shape[1]), float(fine.shape[0])))
    height, width = coarse.shape[:2]
    # A pixel is cut by a fraction on the way; that fraction is margin. No page is more than twice as large.
    return (
        max(-width // 2, min(0, round(left))),
        max(-height // 2, min(0, round(top))),
        min(width + width // 2, max(width, round(right))),
        min(height + height // 2, max(height, round(bottom))),
    )


def draw_on(page: tuple[int, int, int, int], rgb: Pixels, mapping: Mapping) -> Pixels:
    """Draw the part of a picture that lies under the page; beyond the picture's edge is its background."""
    box = mapping.laid((float(page[0]), float(page[1]), float(page[2]), float(page[3])))
    size = (page[2] - page[0], page[3] - page[1])
    if mapping.is_shift:
        left, top = round(box[0]), round(box[1])
        return cut(rgb, (left, top, left + size[0], top + size[1]))
    height, width = rgb.shape[:2]
    pad = [
        min(_MAX_PADDING, max(0, int(np.ceil(beyond))))
        for beyond in (-box[0], -box[1], box[2] - width, box[3] - height)
    ]
    padded = with_margin(rgb, pad, background_of(rgb).astype(np.uint8)) if any(pad) else rgb
    part = (
        max(0.0, box[0] + pad[0]),
        max(0.0, box[1] + pad[1]),
        min(float(padded.shape[1]), box[2] + pad[0]),
        min(float(padded.shape[0]), box[3] + pad[1]),
    )
    drawn = Image.fromarray(padded).resize(size, Image.Resampling.HAMMING, box=part)
    return np.asarray(drawn)


def cut(rgb: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    """Return a box of a picture, however far it reaches beyond the edge; there it has the colour of the page."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = box
    inner = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    if inner == box:
        return rgb[top:bottom, left:right]
    page = np.empty((bottom - top, right - left, 3), dtype=np.uint8)
    page[:] = background_of(rgb).astype(np.uint8)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        page[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left] = rgb[
            inner[1] : inner[3], inner[0] : inner[2]
        ]
    return page


def draw_beside(
    page: tuple[int, int, int, int], patch: tuple[int, int, int, int] | None, rgb: Pixels, mapping: Mapping
) -> Pixels:
    """Draw the part of a picture under the page, but for a patch of it that is drawn otherwise afterwards."""
    if patch is None or mapping.is_shift:
        return np.array(draw_on(page, rgb, mapping))
    left, top, right, bottom = page
    drawn = np.empty((bottom - top, right - left, 3), dtype=np.uint8)
    for strip in (
        (left, top, right, patch[1]),
        (left, patch[1], patch[0], patch[3]),
        (patch[2], patch[1], right, patch[3]),
        (left, patch[3], right, bottom),
    ):
        if strip[0] < strip[2] and strip[1] < strip[3]:
            rows, columns = slice(strip[1] - top, strip[3] - top), slice(strip[0] - left, strip[2] - left)
            drawn[rows, columns] = draw_on(strip, rgb, mapping)
    return drawn


def around(box: Box, page: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return axes with what is close around them, as far as the page reaches, in whole pixels."""
    margin = _AXES_MARGIN_PX
    return (
        max(page[0], int(box[0]) - margin),
        max(page[1], int(box[1]) - margin),
        min(page[2], int(np.ceil(box[2])) + margin),
        min(page[3], int(np.ceil(box[3])) + margin),
    )
