"""Legends: columns of words within axes that grow with the font, the box around them, and the handles before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from reproduce.compare.filters import Mask
from reproduce.compare.matching import Group
from reproduce.compare.words import Depth, Line

Place = tuple[int, int, int, int]
Colour = npt.NDArray[np.float64]

_SAME_COLOUR: Final = 110.0
# Drawn at two resolutions a thin dashed line is paler in one, down to this share of its colour.
_PALEST: Final = 0.4
# A column: lines that begin at one place, in heights of a line, each so near under the one before it.
_BESIDE: Final = 0.6
_BELOW: Final = 2.5
_MIN_COLUMN: Final = 3
# Lines that moved by less than this share of their distance are found by their places.
_BY_PLACE: Final = 0.4
_MOVED: Final = 2.0
_BROKEN: Final = 1.2


def pair_columns(ones: Sequence[Line], others: Sequence[Line]) -> list[Group]:
    """Pair the lines of legends that grew so much that a line stands where another one stood: in their order.

    Both pictures must have as many lines in the column, and these begin about where the others do.
    """
    groups: list[Group] = []
    theirs = _columns(others)
    for ours in _columns(ones):
        for column in theirs:
            if len(column) == len(ours) and _has_grown(ours, column):
                groups += [
                    (_row_of(one, ones), _row_of(other, others)) for one, other in zip(ours, column, strict=True)
                ]
                break
    return groups


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """Return the columns of lines within axes, each from above."""
    columns: list[list[Line]] = []
    inside = [line for line in lines if line.is_inside and not line.is_upright]
    for line in sorted(inside, key=lambda line: line.top):
        for column in columns:
            above = column[-1]
            if abs(line.left - above.left) <= _BESIDE * line.height and 0 < line.top - above.top <= (
                _BELOW * above.height
            ):
                column.append(line)
                break
        else:
            columns.append([line])
    return [column for column in columns if len(column) >= _MIN_COLUMN]


def _row_of(first: Line, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return a line of a column with what a renderer broke off its end."""
    row = [first]
    for line in sorted(lines, key=lambda line: line.left):
        shared = min(line.bottom, first.bottom) - max(line.top, first.top)
        if shared > first.height / 2 and 0 <= line.left - row[-1].right <= _BROKEN * first.height:
            row.append(line)
    return tuple(row)


def _has_grown(ours: Sequence[Line], theirs: Sequence[Line]) -> bool:
    pitch = (ours[-1].top - ours[0].top) / (len(ours) - 1)
    moved = [other.top - one.top for one, other in zip(ours, theirs, strict=True)]
    aside = max(abs(other.left - one.left) for one, other in zip(ours, theirs, strict=True))
    # One end of a legend is held by the axes.
    is_held = min(abs(moved[0]), abs(moved[-1])) <= _BY_PLACE * pitch
    return is_held and max(map(abs, moved)) > _BY_PLACE * pitch and aside <= _MOVED * ours[0].height


def entry_place(group: Group) -> Place:
    """Return the place of a legend's entry: its words, the handle before them and the box around."""
    lines = (*group[0], *group[1])
    height = float(np.median([line.height for line in lines]))
    return hull_of(lines, 4.6 * height, 1.3 * height)


def hull_of(lines: Sequence[Line], aside: float, above: float) -> Place:
    """Return the box around lines, with a margin before them and another one around."""
    return (
        max(0, round(min(line.left for line in lines) - aside)),
        max(0, round(min(line.top for line in lines) - above)),
        round(max(line.right for line in lines) + above),
        round(max(line.bottom for line in lines) + above),
    )


def cover_entries(covered: Mask, entries: Sequence[Place]) -> None:
    """Mark the places of entries; those under each other as one box, as wide as the widest of them."""
    boxes: list[Place] = []
    for entry in sorted(entries, key=lambda place: place[1]):
        for number, box in enumerate(boxes):
            reach = 0.15 * (entry[2] - entry[0])
            if abs(entry[0] - box[0]) <= reach and box[1] <= entry[1] <= box[3]:
                boxes[number] = (
                    min(box[0], entry[0]),
                    box[1],
                    max(box[2], entry[2]),
                    max(box[3], entry[3]),
                )
                break
        else:
            boxes.append(entry)
    for left, top, right, bottom in boxes:
        covered[top:bottom, left:right] = True


def compare_handles(
    group: Group, pictures: Sequence[npt.NDArray[np.uint8]], depths: Sequence[Depth], *, is_resampled: bool
) -> float | None:
    """Return how unlike the colours of the handles before the words are, above 1 for others; None without handles."""
    colours = [_handle(lines, rgb, depth) for lines, rgb, depth in zip(group, pictures, depths, strict=True)]
    one, other = colours
    if one is None or other is None:
        return None
    if is_resampled:
        one, other = _as_pale(one, other), _as_pale(other, one)
    return float(np.abs(one - other).max()) / _SAME_COLOUR


def _as_pale(colour: Colour, model: Colour) -> Colour:
    """Return a colour mixed with white as much as another one is, if that is paler."""
    depth, wanted = 255.0 - colour, 255.0 - model
    share = float(np.vdot(depth, wanted)) / max(float(np.vdot(depth, depth)), 1.0)
    return np.asarray(255.0 - min(1.0, max(_PALEST, share)) * depth)


def _handle(lines: Sequence[Line], rgb: npt.NDArray[np.uint8], depth: Depth) -> Colour | None:
    """Return the colour of the handle before the words, or None where there is none."""
    height = float(np.median([line.height for line in lines]))
    left = min(line.left for line in lines)
    middle = (min(line.top for line in lines) + max(line.bottom for line in lines)) / 2
    rows = slice(max(0, round(middle - 0.6 * height)), round(middle + 0.6 * height))
    columns = slice(max(0, round(left - 3.8 * height)), max(0, round(left - 0.6 * height)))
    part, ink = rgb[rows, columns], depth[rows, columns]
    share = float((ink > 64).mean()) if ink.size else 0.0
    if not 0.02 <= share <= 0.8:
        return None
    strongest = ink >= np.quantile(ink[ink > 64], 0.7)
    return np.asarray(part[strongest].astype(np.float64).mean(axis=0))
