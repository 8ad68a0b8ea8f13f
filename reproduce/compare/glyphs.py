"""Letters of two pictures laid upon each other one by one: where is each found again, and how unlike is it there?

Renderers round the places of letters to whole pixels, and where they hint, the heights too. So letters are looked for
at half pixels, and lines are first given one height, by the rows over which their ink spreads: unlike the box of a line
that is told to a fraction of a pixel, and one changed letter hardly moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import signal

from reproduce.compare.filters import Labels, smoothed_field, widened
from reproduce.compare.hinting import hinted_ways
from reproduce.compare.letters import (
    INK,
    Ink,
    Piece,
    is_upon,
    is_whole,
    labels_of,
    level_pieces,
    pieces_of,
    shared_columns,
)

_FINER: Final = 2
_STROKE_PX: Final = 0.5
_SHADE_PX: Final = 3.0
_CUT_OFF: Final = 3.0
_MARGIN_PX: Final = 6
_ALONG_PX: Final = 2
_ACROSS_PX: Final = 1
# What is raised, an exponent, is rounded to whole pixels twice.
_RAISED_PX: Final = 2
_TALLER: Final = 1.15
# A piece with less of the strokes than this share of the strongest is a dot or a comma.
_COUNTED: Final = 0.2
_OFFSET_PX: Final = 6
# So far beside its ink a letter's neighbour is not looked at: kerning moves it.
_KERNED_PX: Final = 1
# A letter less alike than this is looked for once more drawn wider or narrower, taller or lower by a pixel at most.
_SURELY_ALIKE: Final = 0.85
# Words at an angle are drawn as long as each other where their ink spreads so differently.
_OTHER_LENGTH: Final = 0.02
_LONGEST: Final = 1.25
_NOTHING: Final = 1e-9
# Of a page on which letters are looked for: above and below, and to either side.
_MARGIN: Final = (_FINER * _RAISED_PX, _FINER * _ALONG_PX)


@dataclass(frozen=True, slots=True)
class _Found:
    """How alike a letter is to what is found at its place, at most 1, and how strong its strokes are."""

    piece: Piece
    alike: float
    strength: float


@dataclass(frozen=True, slots=True)
class _Page:
    """The strokes of one page, and those of the other with a margin, in which letters are looked for."""

    strokes: Ink
    labels: Labels
    near: Ink
    others: Labels
    # Letters may shift so far up and down, raised ones as far as the margin reaches, and all so far along the line.
    reach: int
    # None where letters stand at an angle, and so lie above each other anyway.
    others_pieces: Sequence[Piece]

    def likeness_of(self, piece: Piece) -> _Found:
        """Return how well a piece correlates with what is most alike near its place on the other page."""
        top, left = max(0, piece.rows.start - _FINER), max(0, piece.columns.start - _FINER)
        box = slice(top, piece.rows.stop + _FINER), slice(left, piece.columns.stop + _FINER)
        own, counted = self.strokes[box], self._counted(box, piece.own)
        own = own * counted
        across = _MARGIN[0] if piece.is_raised else self.reach
        corner = top + _MARGIN[0] - across, left
        near = self.near[corner[0] : corner[0] + own.shape[0] + 2 * across, left : left + own.shape[1] + 2 * _MARGIN[1]]
        alike = self._alike(near, own, counted)
        if alike < _SURELY_ALIKE:
            ways = ((own, counted), *hinted_ways(own, counted, _COUNTED))
            grounds = (near, *self._without_kerned(near, piece, corner))
            alike = max(self._alike(ground, *way) for ground in grounds for way in ways)
        return _Found(piece, alike, float(np.vdot(own, own)))

    def _alike(self, near: Ink, own: Ink, counted: Ink) -> float:
        """Return how well a letter correlates with what is most alike near its place, where it is counted."""
        strength = float(np.vdot(own, own))
        windows, energies = (self._windows(each, own.shape) for each in (near, near * near))
        both = np.sqrt(np.maximum(np.einsum("ijkl,kl->ij", energies, counted) * strength, _NOTHING))
        return float((np.einsum("ijkl,kl->ij", windows, own) / both).max())

    def _without_kerned(self, near: Ink, piece: Piece, corner: tuple[int, int]) -> Iterator[Ink]:
        """Yield what is near a piece there without the letters that reach over or under its counterpart, if any do.

        What lies beside the counterpart stays, or an n before something else would be what is left of an m.
        """
        counterpart = max(self.others_pieces, key=lambda other: shared_columns(piece, other), default=None)
        if counterpart is None:
            return
        top, left = corner
        labels = self.others[top : top + near.shape[0], left : left + near.shape[1]]
        is_own = np.isin(labels, counterpart.own)
        is_kerned = (labels > 0) & ~is_own
        first = _MARGIN[1] - left
        is_kerned[:, : max(0, counterpart.columns.start + first)] = False
        is_kerned[:, max(0, counterpart.columns.stop + first) :] = False
        if is_kerned.any():
            yield np.where(widened(is_kerned, _FINER * _KERNED_PX) & ~widened(is_own), np.float32(0.0), near)

    @staticmethod
    def _windows(near: Ink, shape: tuple[int, ...]) -> Ink:
        shifts = tuple(side - size + 1 for side, size in zip(near.shape, shape, strict=True))
        return np.lib.stride_tricks.as_strided(near, (*shifts, *shape), 2 * near.strides, writeable=False)

    def _counted(self, box: tuple[slice, slice], own: tuple[int, ...]) -> Ink:
        """Return 1 for what belongs to a piece, and 0 beside the ink of others."""
        labels = self.labels[box]
        is_other = labels > 0
        for label in own:
            is_other &= labels != label
        if not is_other.any():
            return np.ones(labels.shape, dtype=np.float32)
        return np.asarray(~widened(is_other, _FINER * _KERNED_PX), dtype=np.float32)


def compare_level(one: Ink, other: Ink, letter_px: float) -> float:
    """Return how unlike the least alike letters of two lines are, 0 to 2. Both are strips that read from the left."""
    (middle, spread), (others_middle, others_spread) = _rows_of(one), _rows_of(other)
    taller = min(_TALLER, max(1 / _TALLER, spread / others_spread))
    size = tuple(_FINER * (max(a, b) + 2 * _MARGIN_PX) for a, b in zip(one.shape, other.shape, strict=True))
    pages = [_drawn(one, size, middle, 1.0), _drawn(other, size, others_middle, taller)]
    labels = [labels_of(page) for page in pages]
    pieces = [level_pieces(each, _FINER * letter_px) for each in labels]
    return _compared(pages, labels, pieces, _FINER * _ACROSS_PX)


def compare_slanted(one: Ink, other: Ink, *, may_be_narrower: bool = False) -> float | None:
    """Return how unlike the least alike letters of words at an angle are, 0 to 2. Both show the same part of the page.

    Each letter is a piece of ink of its own there; all together may have moved by some pixels, and be those of a
    narrower font where that is allowed. None where one of the two has no letter that lies wholly in that part.
    """
    size = (_FINER * one.shape[0], _FINER * one.shape[1])
    drawn = _lengthened(other, one) if may_be_narrower else other
    pages = [_drawn(each, size, each.shape[0] / 2, 1.0) for each in (one, drawn)]
    pages[1] = np.roll(pages[1], _offset(*map(_strokes, pages)), axis=(0, 1))
    labels = [labels_of(page) for page in pages]
    pieces = [[piece for piece in pieces_of(each) if is_whole(piece, size)] for each in labels]
    return _compared(pages, labels, pieces, _FINER * _ALONG_PX, is_level=False) if all(pieces) else None


def _lengthened(page: Ink, model: Ink) -> Ink:
    """Draw words at an angle as long as those of a model: along the direction in which their ink spreads."""
    (middle, axis, spread), (_, _, wanted) = _axis_of(page), _axis_of(model)
    longer = min(_LONGEST, max(1 / _LONGEST, wanted / spread))
    if abs(longer - 1.0) < _OTHER_LENGTH:
        return page
    # Where a place of the new page is taken from: nearer to the middle along the axis, as far from the axis as before.
    back = np.eye(2) + (1 / longer - 1) * np.outer(axis, axis)
    start = middle - back @ middle
    laid = (back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1])
    drawn = Image.fromarray(page).transform(page.shape[::-1], Image.Transform.AFFINE, laid, Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(drawn), 0.0, 1.0), dtype=np.float32)


def _axis_of(page: Ink) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Return the middle of the ink (x, y), the direction in which it spreads most, and how far it does."""
    rows, columns = np.nonzero(page > INK)
    if len(rows) < 2:
        return np.array([page.shape[1] / 2, page.shape[0] / 2]), np.array([1.0, 0.0]), 1.0
    places = np.stack([columns, rows]).astype(np.float64) + 0.5
    values, directions = np.linalg.eigh(np.cov(places))
    return places.mean(axis=1), directions[:, 1], max(float(values[1]), _NOTHING) ** 0.5


def _rows_of(strip: Ink) -> tuple[float, float]:
    """Return the middle of the rows with ink, and how far these spread, both in pixels."""
    weights = strip.sum(axis=1, dtype=np.float64)
    total = max(float(weights.sum()), _NOTHING)
    places = np.arange(len(weights)) + 0.5
    middle = float((weights * places).sum()) / total
    return middle, max(float((weights * (places - middle) ** 2).sum()) / total, _NOTHING) ** 0.5


def _drawn(strip: Ink, size: Sequence[int], middle: float, taller: float) -> Ink:
    """Draw a strip finer onto a page of this size, its middle upon that of the page."""
    height, width = size
    along = strip.shape[1] / 2 - width / 2 / _FINER
    across = middle - height / 2 / (_FINER * taller)
    laid = (1 / _FINER, 0, along, 0, 1 / (_FINER * taller), across)
    page = Image.fromarray(strip).transform((width, height), Image.Transform.AFFINE, laid, Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(page), 0.0, 1.0), dtype=np.float32)


def _strokes(page: Ink) -> Ink:
    thin, shade = (smoothed_field(page, _FINER * width_px, _CUT_OFF) for width_px in (_STROKE_PX, _SHADE_PX))
    return np.asarray(thin - shade)


def _offset(still: Ink, moving: Ink) -> tuple[int, int]:
    """Return the shift, within some pixels, that lays the moving strokes upon the still ones best."""
    shared = signal.fftconvolve(still, moving[::-1, ::-1], mode="full")
    reach = _FINER * _OFFSET_PX
    rows, columns = (slice(max(0, size - 1 - reach), size + reach) for size in still.shape)
    row, column = np.unravel_index(int(np.argmax(shared[rows, columns])), shared[rows, columns].shape)
    return rows.start + int(row) - still.shape[0] + 1, columns.start + int(column) - still.shape[1] + 1


def _compared(
    pages: Sequence[Ink],
    labels: Sequence[Labels],
    pieces: Sequence[Sequence[Piece]],
    reach: int,
    *,
    is_level: bool = True,
) -> float:
    """Look for the letters of each page on the other one, and return how unlike the least alike one is."""
    strokes = [_strokes(page) for page in pages]
    found = []
    for place in (0, 1):
        margin = [(side, side) for side in _MARGIN]
        near, others = np.pad(strokes[1 - place], margin), np.pad(labels[1 - place], margin)
        known = pieces[1 - place] if is_level else ()
        page = _Page(strokes[place], labels[place], near, others, reach, known)
        found.append(_strong([page.likeness_of(piece) for piece in pieces[place]]))
    alike = min(_least_alike(*found), _least_alike(found[1], found[0]))
    return 2.0 * (1.0 - min(1.0, max(0.0, alike)))


def _strong(found: Sequence[_Found]) -> list[_Found]:
    least = _COUNTED * max((each.strength for each in found), default=0.0)
    return [each for each in found if each.strength > least]


def _least_alike(found: Sequence[_Found], others: Sequence[_Found]) -> float:
    """Return how alike the least alike letter is.

    Several that run together on this page only are found again from the other one, each by itself; then those count.
    """
    least = 1.0
    for each in found:
        if each.alike < least:
            there = [other.alike for other in others if is_upon(each.piece, other.piece)]
            least = min(least, max(each.alike, min(there)) if len(there) > 1 else each.alike)
    return least
