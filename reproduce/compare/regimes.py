"""How two pictures of perhaps one figure came about, and how near is near for pictures that came about so.

The limits were chosen on the training half of the set that docs/comparison.md describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.filters import Mask, distance_of, labelled, widened
from reproduce.compare.frames import Box
from reproduce.compare.registration import Registered, ink_of

Regime = Literal["same renderer", "same grid", "resampled", "without antialiasing"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A region of unexplained pixels may weigh `weight` pixels of full contrast within `reach_px`.

    A share `stretch` of the colours there is forgiven beyond either end.
    """

    reach_px: int
    weight: float
    stretch: float = 0.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Distances in pixels of the common grid, contrasts in levels of 0 to 255.

    `exact_weight` is what a region may weigh that differs pixel by pixel, where one renderer drew both; 0 for others.
    """

    blur_px: float
    contrast: float
    displaced: tuple[Limit, ...]
    flat_levels: float
    flat_weight: float
    mass_levels: float
    mass_weight: float
    exact_weight: float = 0.0


SETTINGS: Final[dict[Regime, Setting]] = {
    "same renderer": Setting(
        blur_px=0.5,
        contrast=24.0,
        displaced=(Limit(1, 1.0),),
        # One renderer gives areas the same colours to the level.
        flat_levels=2.0,
        flat_weight=2.0,
        mass_levels=40.0,
        mass_weight=6.0,
        exact_weight=18.0,
    ),
    "same grid": Setting(
        blur_px=0.7,
        contrast=36.0,
        displaced=(Limit(1, 2.2, stretch=0.4),),
        flat_levels=6.0,
        flat_weight=6.0,
        mass_levels=40.0,
        mass_weight=6.0,
    ),
    "resampled": Setting(
        blur_px=1.0,
        contrast=36.0,
        displaced=(Limit(1, 16.0, stretch=0.4), Limit(2, 2.5, stretch=0.4)),
        flat_levels=6.0,
        flat_weight=6.0,
        mass_levels=60.0,
        mass_weight=24.0,
    ),
    "without antialiasing": Setting(
        blur_px=1.0,
        contrast=48.0,
        displaced=(Limit(2, 8.0, stretch=0.8),),
        flat_levels=6.0,
        flat_weight=12.0,
        mass_levels=72.0,
        mass_weight=12.0,
    ),
}
# Where pages tell the place, less is left to chance.
_BY_PAGE: Final = (Limit(1, 7.0, stretch=0.4), Limit(2, 2.9))
# Without axes all the ink was laid upon each other, to a fraction of a pixel: no paler or darker line is forgiven.
_BY_INK: Final = (Limit(1, 16.0), Limit(2, 2.5, stretch=0.4))
# What has no axes is mostly drawn in three dimensions, where versions shade faces otherwise and colour them by other
# points (before 3.0), or polar, where they draw curves by other pieces.
_SHADED_LEVELS: Final = 6.0
_SHADED_WEIGHT: Final = 27.0
_SAME_LEVELS: Final = 6
_MIN_PIECES: Final = 4
_SAME_SHARE: Final = 0.8
_ALIASED: Final = 0.5


def setting_of(pair: Registered, regime: Regime) -> Setting:
    """Return how near is near for two pictures that came about so."""
    setting = SETTINGS[regime]
    if not pair.frames:
        setting = replace(setting, flat_weight=_SHADED_WEIGHT)
        if regime == "same renderer":
            return replace(setting, flat_levels=_SHADED_LEVELS, exact_weight=0.0)
    if regime != "resampled":
        return setting
    if pair.is_by_page:
        return replace(setting, displaced=_BY_PAGE)
    return setting if pair.frames else replace(setting, displaced=_BY_INK)


def regime_of(pair: Registered) -> Regime:
    """Tell how the two pictures came about."""
    if pair.is_resampled:
        return "resampled"
    if min(pair.softness) < _ALIASED * max(pair.softness):
        return "without antialiasing"
    if pair.is_lossy:
        return "same grid"
    # Pieces of ink: a word, a marker, the axes with what they hold. By number, so that one long curve does not decide.
    ink = widened(ink_of(pair.published) | ink_of(pair.fresh))
    pieces = labelled(ink)
    is_same = np.ones(int(pieces.max()) + 1, dtype=np.bool_)
    is_same[pieces[distance_of(pair.published, pair.fresh) > _SAME_LEVELS]] = False
    outside = is_same[1:][_is_outside(pieces, pair.frames)]
    judged = outside if outside.size >= _MIN_PIECES else is_same[1:]
    return "same renderer" if judged.size >= _MIN_PIECES and judged.mean() >= _SAME_SHARE else "same grid"


def _is_outside(pieces: npt.NDArray[np.int32], frames: Sequence[Box]) -> Mask:
    """Tell which pieces lie outside the axes: words, which a renderer decides, where markers are drawn alike by all."""
    boxes = ndimage.find_objects(pieces)
    if not frames:
        return np.zeros(len(boxes), dtype=np.bool_)
    return np.array(
        [
            all(b[1].stop <= f[0] or b[1].start >= f[2] or b[0].stop <= f[1] or b[0].start >= f[3] for f in frames)
            for b in boxes
        ],
        dtype=np.bool_,
    )
