"""The boxes around legends: where one reaches farther in one picture, it fades or hides there what the other shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from reproduce.compare.filters import Mask
from reproduce.compare.legends import Place, hull_of
from reproduce.compare.matching import Group
from reproduce.compare.raster import Pixels, grey_of
from reproduce.compare.words import Line

Grey = npt.NDArray[np.int16]

# A side is a thin line that is darker than what lies so far to either side of it, or where something grows paler.
_ASIDE_PX: Final = 2
_DARKER: Final = 8
_PALER: Final = 40
_ALONG: Final = 0.8
# Where sides are looked for, in heights of a line, from the words outwards.
_BELOW: Final = 2.5
_ABOVE: Final = (0.2, 9.0)
_BEFORE: Final = (1.5, 7.0)
_BEHIND: Final = (0.2, 9.0)
# How far the two boxes of one legend may lie apart, in heights of a line.
_APART: Final = 3.0
# Drawn on the grid of another resolution a line spreads so far.
_MARGIN_PX: Final = 3


def cover_rims(covered: Mask, groups: Sequence[Group], pictures: Sequence[Pixels]) -> None:
    """Mark what lies within the box of a legend in one of two pictures only, and the lines of both boxes.

    `groups` are the lines of words that were paired. Where the two boxes are one, nothing is left out.
    """
    legends = _legends(groups)
    greys = [grey_of(rgb) for rgb in pictures] if legends else []
    for legend in legends:
        one, other = (_box(grey, lines) for grey, lines in zip(greys, legend, strict=True))
        if one is None or other is None or one == other:
            continue
        sides = np.array([one, other])
        height = float(np.median([line.height for lines in legend for line in lines]))
        if np.abs(sides[0] - sides[1]).max() > _APART * height:
            continue
        least, most = sides.min(axis=0), sides.max(axis=0)
        inner = _part((most[0], most[1], least[2], least[3]), _MARGIN_PX)
        kept = covered[inner].copy()
        covered[_part((least[0], least[1], most[2], most[3]), -_MARGIN_PX)] = True
        covered[inner] = kept


def _part(box: Sequence[int], margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of a box without a margin, with one where it is negative."""
    left, top, right, bottom = box
    return slice(max(0, top + margin), max(0, bottom - margin)), slice(max(0, left + margin), max(0, right - margin))


def _legends(groups: Sequence[Group]) -> list[tuple[list[Line], list[Line]]]:
    """Gather paired lines within axes into legends: those that stand under or beside each other."""
    legends: list[tuple[list[Line], list[Line]]] = []
    for ones, others in groups:
        if not ones[0].is_inside or any(line.is_upright for line in (*ones, *others)):
            continue
        joined = (list(ones), list(others))
        apart = []
        for legend in legends:
            if _are_near(legend[0], joined[0]):
                joined = (legend[0] + joined[0], legend[1] + joined[1])
            else:
                apart.append(legend)
        legends = [*apart, joined]
    return legends


def _are_near(ones: Sequence[Line], others: Sequence[Line]) -> bool:
    height = float(np.median([line.height for line in (*ones, *others)]))
    a, b = hull_of(ones, 0, 0), hull_of(others, 0, 0)
    across = max(a[0], b[0]) - min(a[2], b[2])
    down = max(a[1], b[1]) - min(a[3], b[3])
    return across <= _BEFORE[1] * height and down <= _BELOW * height


def _box(grey: Grey, lines: Sequence[Line]) -> Place | None:
    """Return the box around words, from the outer pixels of its lines; None where a side is not to be seen."""
    left, top, right, bottom = hull_of(lines, 0, 0)
    height = float(np.median([line.height for line in lines]))
    columns, turned = slice(left, right), np.ascontiguousarray(grey.T)
    above = _side(grey[:, columns], top, -1, height, _ABOVE)
    below = _side(grey[:, columns], bottom - 1, 1, height, _ABOVE)
    if above is None or below is None:
        return None
    rows = slice(above + 1 + _ASIDE_PX, below - _ASIDE_PX)
    before = _side(turned[:, rows], left, -1, height, _BEFORE)
    behind = _side(turned[:, rows], right - 1, 1, height, _BEHIND)
    if before is None or behind is None:
        return None
    return before, above, behind + 1, below + 1


def _side(lines: Grey, start: int, step: int, height: float, reach: tuple[float, float]) -> int | None:
    """Return the nearest row from `start` on in which a side of the box runs, looked for in the direction of `step`."""
    first, last = (start + step * round(share * height) for share in reach)
    # As it is compared with what lies to either side, it begins to show so far before it.
    rows = np.arange(first, last + step * _ASIDE_PX, step)
    rows = rows[(rows >= _ASIDE_PX) & (rows < len(lines) - _ASIDE_PX)]
    sides = rows[_are_sides(lines, rows, step)]
    nearest = sides[:1]
    if not nearest.size or step * (int(nearest[0]) - last) >= 0:
        return None
    return int(sides[step * (sides - nearest[0]) <= _ASIDE_PX][-1])


def _are_sides(lines: Grey, rows: npt.NDArray[np.intp], step: int) -> Mask:
    inside, outside = lines[rows - step * _ASIDE_PX], lines[rows + step * _ASIDE_PX]
    is_line = np.minimum(inside, outside) - lines[rows] >= _DARKER
    return np.asarray((is_line | (inside - outside >= _PALER)).mean(axis=1) >= _ALONG)
