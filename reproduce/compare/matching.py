"""Which lines of text in two pictures take the same place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reproduce.compare.words import Line

Group = tuple[tuple[Line, ...], tuple[Line, ...]]

_COVERED = 0.3
_REACH = 1.2


def match_lines(ones: Sequence[Line], others: Sequence[Line]) -> list[Group]:
    """Group the lines of two pictures that take the same place; a line without a counterpart is in no group.

    One renderer may break a line where another does not, so a group may hold several of either side.
    """
    groups = _joined(ones, others, _is_upon)
    taken = {line for group in groups for side in group for line in side}
    left = [line for line in ones if line not in taken], [line for line in others if line not in taken]
    return groups + _joined(left[0], left[1], _is_near)


def _joined(ones: Sequence[Line], others: Sequence[Line], is_pair: Callable[[Line, Line], bool]) -> list[Group]:
    links = [(i, j) for i, a in enumerate(ones) for j, b in enumerate(others) if is_pair(a, b)]
    parent = list(range(len(ones) + len(others)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place]
        return place

    for i, j in links:
        parent[root(i)] = root(len(ones) + j)
    members: dict[int, tuple[set[int], set[int]]] = {}
    for i, j in links:
        group = members.setdefault(root(i), (set(), set()))
        group[0].add(i)
        group[1].add(j)
    return [(tuple(ones[i] for i in sorted(a)), tuple(others[j] for j in sorted(b))) for a, b in members.values()]


def _is_upon(a: Line, b: Line) -> bool:
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return False
    smaller = min((line.right - line.left) * (line.bottom - line.top) for line in (a, b))
    return width * height >= _COVERED * smaller


def _is_near(a: Line, b: Line) -> bool:
    """Tell whether two lines of one size lie beside each other across the direction of reading."""
    if a.is_upright != b.is_upright or not 0.6 <= a.height / b.height <= 1.7:
        return False
    dx = max(a.left, b.left) - min(a.right, b.right)
    dy = max(a.top, b.top) - min(a.bottom, b.bottom)
    along, across = (dy, dx) if a.is_upright else (dx, dy)
    return across <= _REACH * max(a.height, b.height) and along <= 0
