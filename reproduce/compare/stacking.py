"""Things that lie upon each other: which of them is on top belongs to the renderer.

Versions of matplotlib draw the caps of error bars above all markers or beneath them. Where the one covers the other, a
strip of one colour becomes one of another, though nothing moved. Both must be there in both pictures, and no background
may show in either: what moved or is missing bares some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from reproduce.compare.filters import Mask, distance_of, widened
from reproduce.compare.frames import depth_of
from reproduce.compare.raster import Pixels
from reproduce.compare.registration import Registered
from reproduce.compare.words import Depth, local_depth

Colour = npt.NDArray[np.float32]

# No larger than what a cap leaves of a marker, and no heavier, in limits of a region.
_LARGEST_PX: Final = 16
_HEAVIEST: Final = 8.0
# In one picture the order of few things differs.
_MOST: Final = 20
_AROUND_PX: Final = 10
_BARE: Final = 96
_MAP: Final = 0.7
_SAME_LEVELS: Final = 24
_THIN: Final = 0.15
# The thing that is beneath in one picture is to be seen beside it by so many pixels.
_MIN_PIXELS: Final = 8


@dataclass(frozen=True)
class Stacking:
    """Tells of two registered pictures where only the order of what lies upon each other differs."""

    pair: Registered

    @cached_property
    def depths(self) -> tuple[Depth, Depth]:
        """How far each pixel of either picture is from its background."""
        # In axes of a colour of their own, what has that of the page may be a gap.
        published, fresh = (
            np.minimum(local_depth(rgb, self.pair.frames), depth_of(rgb))
            for rgb in (self.pair.published, self.pair.fresh)
        )
        return published, fresh

    def explained(
        self,
        excess: npt.NDArray[np.float64],
        boxes: Sequence[tuple[slice, slice]],
        labels: npt.NDArray[np.int32],
        corner: tuple[int, int],
    ) -> list[int]:
        """Return which of the regions over their limit differ in order alone.

        `labels` tells their pixels from 1 on, in a part of the pictures that begins at a row and a column.
        """
        heavy = np.flatnonzero((excess > 1.0) & (excess <= _HEAVIEST))
        found = []
        for place in heavy[:_MOST]:
            box = boxes[place]
            rows, columns = (
                slice(first + span.start, first + span.stop) for first, span in zip(corner, box, strict=True)
            )
            if self._explains((rows, columns), labels[box] == place + 1):
                found.append(int(place))
        return found

    def _explains(self, box: tuple[slice, slice], own: Mask) -> bool:
        """Tell whether the pixels `own` of a box show two things, of which either is on top in one picture."""
        if max(own.shape) > _LARGEST_PX:
            return False
        around = tuple(slice(max(0, span.start - _AROUND_PX), span.stop + _AROUND_PX) for span in box)
        seen = np.pad(own, [(span.start - wide.start, 0) for span, wide in zip(box, around, strict=True)])
        height, width = self.pair.published[around].shape[:2]
        seen = np.pad(seen, [(0, height - seen.shape[0]), (0, width - seen.shape[1])])
        beside = widened(seen)
        solid = [depth[around] > _BARE for depth in self.depths]
        # Markers stand on a background; in a map, colours that are found nearby say nothing.
        if any(not each[beside].all() or each.mean() > _MAP for each in solid):
            return False
        pictures = self.pair.published[around], self.pair.fresh[around]
        # Where the two are farthest apart, as at its edges one colour passes into the other.
        apart = np.where(seen, distance_of(*pictures), 0)
        farthest = np.unravel_index(int(np.argmax(apart)), apart.shape)
        colours = [rgb[farthest].astype(np.float32) for rgb in pictures]
        return all(
            _is_seen(colours[one], colours[other], pictures[other][solid[other] & ~seen])
            for one, other in ((0, 1), (1, 0))
        )


def _is_seen(colour: Colour, ground: Colour, others: Pixels) -> bool:
    """Tell whether a colour is that of some of the others, or one of these thinly drawn on the ground."""
    others_apart = distance_of(others, colour.astype(np.uint8))
    beyond = others.astype(np.float32) - ground
    lengths = (beyond * beyond).sum(axis=1)
    shares = (beyond @ (colour - ground)) / np.maximum(lengths, 1.0)
    apart = np.abs(colour - ground - shares[:, None] * beyond).max(axis=1)
    is_mixture = (lengths > _BARE**2) & (shares > _THIN) & (shares <= 1.0) & (apart <= _SAME_LEVELS)
    return int(np.count_nonzero(is_mixture | (others_apart <= _SAME_LEVELS))) >= _MIN_PIXELS
