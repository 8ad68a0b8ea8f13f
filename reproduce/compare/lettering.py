"""Two lines of text compared as shapes: is the same letter drawn at every place?

A letter-wide window runs along the line. In each, the two are laid upon each other as well as a small shift allows,
since hinting and rounded advances move letters, and correlated: so that neither the width of the pen nor how dark it
draws counts, but where in the letter its strokes run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import numpy as np
from PIL import Image
from scipy import ndimage

from reproduce.compare.filters import Labels, averaged, labelled, smoothed_field, widened
from reproduce.compare.glyphs import compare_level, compare_slanted
from reproduce.compare.letters import Ink
from reproduce.compare.remembered import Remembered
from reproduce.compare.words import Depth, Line

_MAX_LENGTH_PX: Final = 1200
# Strokes are looked at no finer than renderers agree about, and without the shade of the letter as a whole.
_STROKE_PX: Final = 1.2
_SHADE_PX: Final = 3.0
_ALONG_PX: Final = 2
_ACROSS_PX: Final = 2
_LETTER: Final = 0.9
_STRETCH: Final = 0.2
_MARGIN_PX: Final = 3
_LETTER_INK: Final = 0.3
_NOT_ALIKE: Final = 2.0
# Versions of one renderer draw a letter wider by one pixel at most.
_WIDER_PX: Final = 3
_LONGER_PX: Final = 2
_LONGER: Final = 0.05
_LENGTH_PX: Final = 2.0
_LENGTH_SHARE: Final = 0.02
# Below it no closer look is taken; at another resolution more passes (reproduce.compare.wording).
_LOOKED_AT: Final = 0.14
_LOOKED_AT_RESAMPLED: Final = 0.3
# Ink of one place is the same where it is no more unlike than this, however it was read.
_SAME_INK: Final = 0.25
_SAME_INK_RESAMPLED: Final = 0.35
# Read in part, a line is this many times as unlike its counterpart as the ink of the place is.
_IN_PART: Final = 4.0
_COUNTED: Final = 0.3
_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Likeness:
    """How unlike two lines are at the place where they are least alike, 0 to 2, and their lengths in pixels."""

    worst: float
    lengths: tuple[int, int]

    def length_excess(self, widening: float = 1.0) -> float:
        """Return by how much the lengths differ, in units of what rounded advances and kerning make of the same words.

        `widening` is how much wider the other picture's font is.
        """
        apart = abs(self.lengths[1] - widening * self.lengths[0])
        return float(apart / (_LENGTH_PX + _LENGTH_SHARE * max(self.lengths)))


# Some hundred lines are compared in a notebook of many figures.
LIKENESSES: Final[Remembered[Likeness]] = Remembered(4096)


def compare_lines(
    depths: Sequence[Depth],
    ones: Sequence[Line],
    others: Sequence[Line],
    *,
    is_resampled: bool = False,
    is_slanted: bool = False,
    is_same_renderer: bool = False,
) -> Likeness:
    """Compare the lines of two pictures that take the same place, as drawn and with their lengths made equal.

    Drawn by one renderer, a letter that is wider than its counterpart is another one: an m for an n, which else hides
    in it.
    Where one was read in part, a marker touching it say, all ink of the place is compared as well.
    """
    # Nothing farther away is looked at, so the same words in the same places of it give the same answer.
    place = _hull((*ones, *others), is_upright=False, aside=_MARGIN_PX)
    depths = [np.ascontiguousarray(depth[place.top : place.bottom, place.left : place.right]) for depth in depths]
    ones, others = ([_moved(line, place) for line in side] for side in (ones, others))
    question = _Question(tuple(ones), tuple(others), is_resampled, is_slanted, is_same_renderer)
    digest = blake2b(digest_size=16)
    for depth in depths:
        digest.update(depth.data)
    key = (digest.digest(), depths[0].shape, depths[1].shape, question)
    return LIKENESSES.answer(key, lambda: _compared_lines(depths, question))


def _moved(line: Line, place: Line) -> Line:
    """Return a line counted from the corner of a place."""
    return replace(
        line,
        left=line.left - place.left,
        top=line.top - place.top,
        right=line.right - place.left,
        bottom=line.bottom - place.top,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """The lines of two pictures that are compared, and what is known of these."""

    ones: tuple[Line, ...]
    others: tuple[Line, ...]
    is_resampled: bool
    is_slanted: bool
    is_same_renderer: bool


def _compared_lines(depths: Sequence[Depth], asked: _Question) -> Likeness:
    ones, others, is_resampled = asked.ones, asked.others, asked.is_resampled
    is_upright = all(line.is_upright for line in (*ones, *others))
    one, other = _strip(depths[0], ones, is_upright), _strip(depths[1], others, is_upright)
    if asked.is_slanted:
        whole = [_hull((*ones, *others), is_upright=False, aside=_MARGIN_PX)]
        parts = [_strip(depth, whole, is_upright=False) for depth in depths]
        worst = compare_slanted(*parts, may_be_narrower=not is_resampled)
        if worst is not None:
            return Likeness(worst, (one.shape[1], other.shape[1]))
    if asked.is_same_renderer and _has_wider_letter(one, other):
        return Likeness(_NOT_ALIKE, (one.shape[1], other.shape[1]))
    letter_px = float(np.median([line.right - line.left if is_upright else line.bottom - line.top for line in ones]))
    worst = _compared(one, other, letter_px, is_resampled=is_resampled)
    found = Likeness(worst, (one.shape[1], other.shape[1]))
    looked_at = _LOOKED_AT_RESAMPLED if is_resampled else _LOOKED_AT
    if worst > looked_at and 0 < abs(one.shape[1] - other.shape[1]) <= _STRETCH * max(found.lengths):
        size = (one.shape[1], other.shape[0])
        stretched = np.asarray(Image.fromarray(other).resize(size, Image.Resampling.BILINEAR))
        found = replace(found, worst=min(worst, _compared(one, stretched, letter_px, is_resampled=is_resampled)))
    same_ink = _SAME_INK_RESAMPLED if is_resampled else _SAME_INK
    if found.worst <= same_ink and found.length_excess() <= 1.0:
        return found
    whole = [_hull((*ones, *others), is_upright=is_upright, aside=_ALONG_PX if is_resampled else 0)]
    one, other = (_strip(depth, whole, is_upright) for depth in depths)
    joint = _compared(one, other, letter_px, is_resampled=is_resampled)
    return Likeness(joint, (1, 1)) if joint <= max(same_ink, found.worst / _IN_PART) else found


def _hull(lines: Sequence[Line], *, is_upright: bool, aside: int = 0) -> Line:
    left, top = (max(0, min(each) - aside) for each in zip(*((line.left, line.top) for line in lines), strict=True))
    right, bottom = (max(each) + aside for each in zip(*((line.right, line.bottom) for line in lines), strict=True))
    return Line(left, top, right, bottom, 0, is_upright, is_inside=False)


def _strip(depth: Depth, lines: Sequence[Line], is_upright: bool) -> Ink:
    """Return lines as one strip of ink that reads from left to right, from 0 to 1."""
    left, top = min(line.left for line in lines), min(line.top for line in lines)
    right = min(depth.shape[1], max(line.right for line in lines))
    bottom = min(depth.shape[0], max(line.bottom for line in lines))
    page = np.zeros((bottom - top, right - left), dtype=np.float32)
    for line in lines:
        rows, columns = slice(line.top - top, line.bottom - top), slice(line.left - left, line.right - left)
        page[rows, columns] = depth[line.top : line.bottom, line.left : line.right]
    if is_upright:
        page = np.rot90(page, -1)
    page = page[:_MAX_LENGTH_PX, :_MAX_LENGTH_PX]
    full = float(np.quantile(page[page > 0], 0.9)) if (page > 0).any() else 0.0
    return np.asarray(np.clip(page / max(full, 40.0), 0.0, 1.0), dtype=np.float32)


def _compared(one: Ink, other: Ink, letter_px: float, *, is_resampled: bool) -> float:
    """Compare two strips: by windows at the same scale, and where these differ, or at another, letter by letter.

    At another resolution letters that touch run together in one picture only, so that their number says nothing.
    """
    if is_resampled:
        return compare_level(one, other, letter_px)
    height = max(one.shape[0], other.shape[0]) + 2 * _MARGIN_PX
    width = max(one.shape[1], other.shape[1]) + 2 * _MARGIN_PX
    a, b = _strokes(one, height, width), _strokes(other, height, width)
    worst = _by_windows(a, b, max(3, round(_LETTER * letter_px)))
    if worst <= _LOOKED_AT:
        return worst
    return min(worst, _by_letters(one, other), compare_level(one, other, letter_px))


def _strokes(strip: Ink, height: int, width: int) -> Ink:
    above, before = (height - strip.shape[0]) // 2, (width - strip.shape[1]) // 2
    page = np.pad(strip, ((above, height - strip.shape[0] - above), (before, width - strip.shape[1] - before)))
    return smoothed_field(page, _STROKE_PX) - smoothed_field(page, _SHADE_PX)


def _by_windows(a: Ink, b: Ink, window: int) -> float:
    """Compare window by window, each shifted as fits it best."""
    width = a.shape[1]
    shifts = range(-_ALONG_PX, _ALONG_PX + 1)
    energies = (a * a).sum(axis=0), (b * b).sum(axis=0)
    shifted = np.zeros((len(shifts), width), dtype=np.float32)
    crossed = np.zeros((2 * _ACROSS_PX + 1, len(shifts), width), dtype=np.float32)
    for place, dx in enumerate(shifts):
        ours, theirs = slice(max(0, -dx), width - max(0, dx)), slice(max(0, dx), width - max(0, -dx))
        shifted[place, ours] = energies[1][theirs]
        for row, dy in enumerate(range(-_ACROSS_PX, _ACROSS_PX + 1)):
            above, below = slice(max(0, -dy), a.shape[0] - max(0, dy)), slice(max(0, dy), a.shape[0] - max(0, -dy))
            crossed[row, place, ours] = np.einsum("ij,ij->j", a[above, ours], b[below, theirs])
    still, moving, unmoved = (_windowed(each, window) for each in (energies[0], shifted, energies[1]))
    alike = (_windowed(crossed, window) / np.sqrt(np.maximum(still * moving, _NOTHING))).max(axis=(0, 1))
    return _most_unlike(alike, (still + unmoved) * np.float32(0.5))


def _by_letters(one: Ink, other: Ink) -> float:
    """Compare letter by letter where both have as many, so that they may be kerned and raised otherwise.

    Each letter is compared without its neighbours, whose strokes reach over it where they are kerned.
    """
    ours, theirs = _letters(one), _letters(other)
    if not ours or len(ours) != len(theirs):
        return _NOT_ALIKE
    height = max(one.shape[0], other.shape[0]) + 2 * _MARGIN_PX
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        width = max(a.shape[1], b.shape[1]) + 2 * _MARGIN_PX
        worst = max(worst, _unlike(_strokes(a, height, width), _strokes(b, height, width)))
    return worst


def _unlike(still: Ink, moving: Ink) -> float:
    """Compare two letters as they lie best upon each other; the margin is wider than they are shifted."""
    shifts = [(dy, dx) for dy in range(-_ACROSS_PX, _ACROSS_PX + 1) for dx in (-1, 0, 1)]
    shared = max(float(np.vdot(still, np.roll(moving, shift, axis=(0, 1)))) for shift in shifts)
    both = math.sqrt(max(float(np.vdot(still, still)) * float(np.vdot(moving, moving)), _NOTHING))
    return 2.0 * (1.0 - min(1.0, max(0.0, shared / both)))


def _has_wider_letter(one: Ink, other: Ink) -> bool:
    """Tell whether a letter is wider in one of two strips by more than versions of one renderer draw it.

    Where letters run together in one of them only, the length of the whole tells.
    """
    ours, theirs = ([right - left for left, right, _ in _pieces(_labelled(strip))] for strip in (one, other))
    lengths = one.shape[1], other.shape[1]
    longer = abs(lengths[0] - lengths[1])
    if len(ours) != len(theirs):
        return bool(longer >= max(_WIDER_PX, _LONGER * max(lengths)))
    # Else as many letters run together at another place.
    return bool(longer >= _LONGER_PX) and any(abs(a - b) >= _WIDER_PX for a, b in zip(ours, theirs, strict=True))


def _letters(strip: Ink) -> list[Ink]:
    """Return the letters from left to right, each without what is not its own."""
    labels = _labelled(strip)
    letters = []
    for left, right, own in _pieces(labels):
        columns = slice(max(0, left - 1), right + 1)
        is_own = widened(np.isin(labels[:, columns], own))
        is_other = (labels[:, columns] > 0) & ~np.isin(labels[:, columns], own)
        letters.append(np.where(is_own & ~is_other, strip[:, columns], np.float32(0.0)))
    return letters


def _labelled(strip: Ink) -> Labels:
    return labelled(strip > _LETTER_INK)


def _pieces(labels: Labels) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return the columns of the letters from left to right, each with the labels of its ink.

    What lies above or below another piece belongs to it (the dot of an i).
    """
    boxes = [(box[1].start, box[1].stop, label) for label, box in enumerate(ndimage.find_objects(labels), start=1)]
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for left, right, label in sorted(boxes):
        if (
            found
            and min(right, found[-1][1]) - max(left, found[-1][0]) > min(right - left, found[-1][1] - found[-1][0]) / 2
        ):
            known = found.pop()
            found.append((known[0], max(right, known[1]), (*known[2], label)))
        else:
            found.append((left, right, (label,)))
    return found


def _windowed(values: Ink, window: int) -> Ink:
    return averaged(values.reshape(-1, values.shape[-1]), (window, 1)).reshape(values.shape)


def _most_unlike(alike: Ink, both: Ink) -> float:
    """Return how unlike the windows with ink are at worst: 0 where strokes run alike, 2 where none is shared."""
    counted = both > _COUNTED * float(both.max(initial=0.0))
    return 2.0 * (1.0 - float(np.clip(alike[counted].min(), 0.0, 1.0))) if counted.any() else 0.0
