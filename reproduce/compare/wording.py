"""The words of two registered pictures: which take the same place, and whether they are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reproduce.compare.filters import Mask
from reproduce.compare.legend_boxes import cover_rims
from reproduce.compare.legends import compare_handles, cover_entries, entry_place, hull_of, pair_columns
from reproduce.compare.lettering import Likeness, compare_lines
from reproduce.compare.matching import Group, match_lines
from reproduce.compare.registration import Registered
from reproduce.compare.tick_places import Place, find_end_labels, find_moved_rows
from reproduce.compare.words import Line, find_lines, local_depth

_MARGIN_PX: Final = 2
# What lines of the same words differ by is told by the other lines of the same two pictures.
# At another resolution all letters differ somewhat, so the others say less of what the worst of them may do.
_LEAST_LIMIT: Final = 0.18
_BASE_FACTOR: Final = 2.5
_LEAST_LIMIT_RESAMPLED: Final = 0.385
_BASE_FACTOR_RESAMPLED: Final = 0.5
_FEW_LINES: Final = 4
_FEW_BASE: Final = 0.06
_LENGTH_FACTOR: Final = 0.8
_FONT_FACTOR: Final = 2.0
_OTHER_WIDTH: Final = 0.04
_LOOSE_LIMIT: Final = 0.6
# The worst of many letters is worse than that of few: the share of the limit for a line of one piece of ink, and what
# each further one adds.
_ONE_PIECE: Final = 0.8
_ONE_PIECE_RESAMPLED: Final = 0.7
_PER_PIECE: Final = 0.1
_NO_LIKENESS: Final = 0.45
# For lines drawn into each other, and for those of another font.
_LOOSE_FACTOR: Final = 2.5
_LONG_PIECES: Final = 4
_SLANTED_EMS: Final = 2.3
_STACKED: Final = 1.4
_LISTED: Final = 0.6
_LISTED_BELOW: Final = 2.5


@dataclass(frozen=True, slots=True)
class Wording:
    """`covered` is where both pictures were compared as text; `judged` holds each place and its excess.

    `rows` are the labels beside axes and the excess of how far they moved along these.

    `is_loose` says that the same words are drawn so differently that a changed letter need not show.
    """

    covered: Mask
    judged: tuple[tuple[Place, float], ...]
    rows: tuple[tuple[Place, float], ...]
    is_loose: bool


def compare_wording(pair: Registered, *, has_same_grid: bool = False, is_same_renderer: bool = False) -> Wording:
    """Compare the text of two registered pictures, and the entries of legends.

    One renderer draws the same letters equally wide.

    Legends grow with the font, so they are taken out of the other measures; not so where
    their words stayed where they were.
    """
    pictures = (pair.published, pair.fresh)
    depths = [local_depth(rgb, pair.frames) for rgb in pictures]
    lines = [find_lines(rgb, depth, pair.frames) for rgb, depth in zip(pictures, depths, strict=True)]
    grown = pair_columns(lines[0], lines[1])
    taken = {line for group in grown for side in group for line in side}
    left = [[line for line in side if line not in taken] for side in lines]
    groups = _merged(match_lines(left[0], left[1])) + grown
    covered = np.zeros(depths[0].shape, dtype=np.bool_)
    em = _em((*lines[0], *lines[1]))
    found = [
        compare_lines(
            depths,
            *group,
            is_resampled=pair.is_resampled,
            is_slanted=_is_slanted(group, em),
            is_same_renderer=is_same_renderer,
        )
        for group in groups
    ]
    widening = _widening(found)
    unlike = [
        each.worst / _share(group, is_resampled=pair.is_resampled) for group, each in zip(groups, found, strict=True)
    ]
    lengths = [each.length_excess(widening) for each in found]
    limit = _limit(unlike, lengths, is_resampled=pair.is_resampled)
    excesses = [max(each / limit[0], length / limit[1]) for each, length in zip(unlike, lengths, strict=True)]
    # At another resolution a longer label passes for a wider font.
    is_wider = widening != 1.0 and not pair.is_resampled
    has_other_font = is_wider or _has_other_font(groups, excesses)
    judged: list[tuple[Place, float]] = []
    entries: list[Place] = []
    for group, excess in zip(groups, excesses, strict=True):
        place = hull_of((*group[0], *group[1]), _MARGIN_PX, _MARGIN_PX)
        covered[place[1] : place[3], place[0] : place[2]] = True
        is_loose = has_other_font or (_is_crowded(group) and not _is_slanted(group, em))
        judged.append((place, excess / (_LOOSE_FACTOR if is_loose else 1.0)))
        if has_same_grid and _places(group[0]) == _places(group[1]):
            continue
        if not (group[0][0].is_inside if pair.frames else _is_listed(group, groups)):
            continue
        unlike_handle = compare_handles(group, pictures, depths, is_resampled=pair.is_resampled)
        if unlike_handle is not None:
            entries.append(entry_place(group))
            judged.append((entries[-1], unlike_handle))
    cover_entries(covered, entries)
    cover_rims(covered, groups, pictures)
    _cover_ends(covered, lines, groups, pair)
    rows = find_moved_rows(groups, pair.frames)
    return Wording(covered, tuple(judged), tuple(rows), has_other_font or (bool(groups) and limit[0] > _LOOSE_LIMIT))


def _cover_ends(covered: Mask, lines: Sequence[Sequence[Line]], groups: Sequence[Group], pair: Registered) -> None:
    """Cover the labels at the very end of axes that only one picture has."""
    paired = {line for group in groups for side in group for line in side}
    unpaired = [line for side in lines for line in side if line not in paired]
    for left, top, right, bottom in find_end_labels(groups, unpaired, pair.frames):
        covered[max(0, top - _MARGIN_PX) : bottom + _MARGIN_PX, max(0, left - _MARGIN_PX) : right + _MARGIN_PX] = True


def _is_listed(group: Group, groups: Sequence[Group]) -> bool:
    """Tell whether words stand in a list, one begun under another: what lies before others there is no handle."""
    line = group[0][0]
    return any(
        abs(other.left - line.left) <= _LISTED * line.height
        and 0 < abs(other.top - line.top) <= _LISTED_BELOW * line.height
        for other in (lines[0][0] for lines in groups)
    )


def _has_other_font(groups: Sequence[Group], excesses: Sequence[float]) -> bool:
    """Tell whether most of the longer lines are unlike: nobody changes all words, but another font does."""
    long = [
        excess > 1.0
        for (ones, others), excess in zip(groups, excesses, strict=True)
        if min(_pieces(ones), _pieces(others)) >= _LONG_PIECES
    ]
    return len(long) >= 2 and 2 * sum(long) > len(long)


def _share(group: Group, *, is_resampled: bool) -> float:
    """Return the share of the limit that lines of so many letters have."""
    pieces = max(map(_pieces, group))
    if is_resampled:
        return _ONE_PIECE_RESAMPLED if pieces == 1 else 1.0
    return min(1.0, _ONE_PIECE + _PER_PIECE * (pieces - 1))


def _pieces(lines: Sequence[Line]) -> int:
    return sum(line.pieces for line in lines)


def _places(lines: Sequence[Line]) -> list[Place]:
    return [(line.left, line.top, line.right, line.bottom) for line in lines]


def _merged(groups: Sequence[Group]) -> list[Group]:
    """Join groups whose places overlap: the steps into which text at an angle is cut."""
    merged: list[tuple[Group, Place]] = []
    for group in groups:
        ones, others = group
        place = hull_of((*ones, *others), 0, 0)
        apart: list[tuple[Group, Place]] = []
        for known, known_place in merged:
            if _overlap(place, known_place):
                ones, others = known[0] + ones, known[1] + others
                place = hull_of((*ones, *others), 0, 0)
            else:
                apart.append((known, known_place))
        merged = [*apart, ((ones, others), place)]
    return [group for group, _ in merged]


def _overlap(a: Place, b: Place) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _em(lines: Sequence[Line]) -> float:
    """Return how high most words are that run from left to right."""
    return float(np.median([line.height for line in lines if not line.is_upright and line.pieces > 1] or [0]))


def _is_slanted(group: Group, em: float) -> bool:
    """Tell whether words stand at an angle: they take several times the height of others."""
    if any(line.is_upright for side in group for line in side):
        return False
    return min(_rise(side) for side in group) > _SLANTED_EMS * em > 0


def _is_crowded(group: Group) -> bool:
    """Tell whether one picture has lines under each other where the other may have them drawn into each other."""
    return any(_rise(side) > _STACKED * max(line.bottom - line.top for line in side) for side in group)


def _rise(lines: Sequence[Line]) -> int:
    return max(line.bottom for line in lines) - min(line.top for line in lines)


def _widening(found: Sequence[Likeness]) -> float:
    """Return how much wider the font of the other picture is: 1 unless most of the text is wider or narrower alike."""
    ordered = sorted((other / one, one) for one, other in (each.lengths for each in found))
    half, reached = sum(length for _, length in ordered) / 2, 0
    for ratio, length in ordered:
        reached += length
        if reached >= half:
            return ratio if abs(ratio - 1.0) > _OTHER_WIDTH and len(found) >= _FEW_LINES else 1.0
    return 1.0


def _limit(unlike: Sequence[float], lengths: Sequence[float], *, is_resampled: bool) -> tuple[float, float]:
    """Return how unlike, and how unequal in length, lines of the same words may be in these two pictures."""
    is_few = len(unlike) < _FEW_LINES
    base = _FEW_BASE if is_few else float(np.quantile(unlike, 0.75))
    length = 0.5 if is_few else float(np.quantile(lengths, 0.75))
    least = _LEAST_LIMIT_RESAMPLED if is_resampled else _LEAST_LIMIT
    factor = _BASE_FACTOR_RESAMPLED if is_resampled else _BASE_FACTOR
    return (
        least + factor * min(base, _NO_LIKENESS),
        1.0 + _LENGTH_FACTOR * length + _FONT_FACTOR * base,
    )
