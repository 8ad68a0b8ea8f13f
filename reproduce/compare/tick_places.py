"""The words beside axes: whether they stand at the same places along them in both pictures.

Lines of words are compared as words, wherever they stand near each other. Labels of ticks that stand elsewhere along
axes laid upon each other tell more: the axes show another range, and all that is drawn in them means something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reproduce.compare.frames import Box
from reproduce.compare.matching import Group
from reproduce.compare.words import Line

Place = tuple[int, int, int, int]
Side = Literal["below", "above", "left", "right"]

_SIDES: Final[tuple[Side, ...]] = ("below", "above", "left", "right")
_MIN_LABELS: Final = 3
_BESIDE_PX: Final = 3
_ROW_PX: Final = 4
_HEIGHTS_AWAY: Final = 2.0
# By how much the labels of one row may have moved along their axes against each other. Another renderer or font moves
# the middle of a word by a pixel or two, and that of its height by less.
_ALONG_X_PX: Final = 5.0
_ALONG_Y_PX: Final = 3.0
# So near to the end of its axes, a label stands at the very end.
_END_PX: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Label:
    """How far a label lies from its axes, and by how much its middle moved along them."""

    away: float
    moved: float
    place: Place


def find_moved_rows(groups: Sequence[Group], frames: Sequence[Box]) -> list[tuple[Place, float]]:
    """Return each row of labels beside axes with how far these moved against each other, over what may be."""
    # What one renderer broke into several lines has no middle to go by.
    level = [group for group in groups if all(len(side) == 1 and _is_level(side[0]) for side in group)]
    moved = []
    for frame in frames:
        for is_along_x, row in _rows(level, frame):
            shifts = [label.moved for label in row]
            limit = _ALONG_X_PX if is_along_x else _ALONG_Y_PX
            moved.append((_joint([label.place for label in row]), (max(shifts) - min(shifts)) / limit))
    return moved


def find_end_labels(groups: Sequence[Group], unpaired: Sequence[Line], frames: Sequence[Box]) -> list[Place]:
    """Return the places of labels, with their ticks, that only one picture has, at the very end of axes.

    Whether a tick on the last place of an axis still lies on it is a matter of its last digit, which versions round
    differently. The other labels of the row must be there in both pictures.
    """
    lines = [line for line in unpaired if _is_level(line)]
    found: list[Place] = []
    for frame in frames if lines else ():
        for side in _SIDES:
            row = [label for group in groups if (label := _label(group, frame, side)) is not None]
            nearest = min((label.away for label in row), default=0.0)
            row = [label for label in row if label.away <= nearest + _ROW_PX]
            for line in lines:
                label = _label(((line,), (line,)), frame, side)
                if len(row) >= _MIN_LABELS and label is not None and _is_at_end(label, row, frame, side):
                    found.append(_with_tick(label.place, frame, side))
    return found


def _is_at_end(label: _Label, row: Sequence[_Label], frame: Box, side: Side) -> bool:
    """Tell whether a label belongs to a row and stands at an end of its axis."""
    low = 0 if side in ("below", "above") else 1
    middle = (label.place[low] + label.place[low + 2]) / 2
    is_near = min(abs(label.away - each.away) for each in row) <= _ROW_PX
    return is_near and min(abs(middle - frame[low]), abs(middle - frame[low + 2])) <= _END_PX


def _with_tick(place: Place, frame: Box, side: Side) -> Place:
    """Return the place of a label up to the edge of its axes, with its tick."""
    edge = {"below": frame[3], "above": frame[1], "left": frame[0], "right": frame[2]}[side]
    if side in ("below", "above"):
        return (place[0], min(place[1], round(edge)), place[2], max(place[3], round(edge)))
    return (min(place[0], round(edge)), place[1], max(place[2], round(edge)), place[3])


def _rows(groups: Sequence[Group], frame: Box) -> Iterator[tuple[bool, list[_Label]]]:
    """Yield the labels below, above, left and right of axes: those nearest to them, where they are several."""
    for side in _SIDES:
        labels = [label for group in groups if (label := _label(group, frame, side)) is not None]
        nearest = min((label.away for label in labels), default=0.0)
        row = [label for label in labels if label.away <= nearest + _ROW_PX]
        if len(row) >= _MIN_LABELS:
            yield side in ("below", "above"), row


def _label(group: Group, frame: Box, side: Side) -> _Label | None:
    """Return a group of lines as a label on one side of the axes, None where it stands elsewhere."""
    one, other = (_place(lines[0]) for lines in group)
    away = {
        "below": one[1] - frame[3],
        "above": frame[1] - one[3],
        "left": frame[0] - one[2],
        "right": one[0] - frame[2],
    }[side]
    low, high = (0, 2) if side in ("below", "above") else (1, 3)
    middle = (one[low] + one[high]) / 2
    is_beside = frame[low] - _BESIDE_PX <= middle <= frame[high] + _BESIDE_PX
    if not is_beside or not -1 <= away <= _HEIGHTS_AWAY * (one[3] - one[1]):
        return None
    return _Label(away, (other[low] + other[high]) / 2 - middle, one)


def _is_level(line: Line) -> bool:
    return not line.is_upright and not line.is_inside


def _place(line: Line) -> Place:
    return (line.left, line.top, line.right, line.bottom)


def _joint(places: Sequence[Place]) -> Place:
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))
