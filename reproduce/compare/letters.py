"""The pieces of ink of a line, taken for letters: where each lies, and which belong together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.filters import Labels, labelled

Ink = npt.NDArray[np.float32]

# Letters that touch mostly do so by a pale pixel.
INK: Final = 0.5
# What is wider, in heights of the line, is several letters that touch.
_LETTERS: Final = 1.3
# What ends so much higher than most letters, in heights of the line, is raised: an exponent, a minus.
_RAISED: Final = 0.15


@dataclass(frozen=True, slots=True)
class Piece:
    """A letter on its page: its rows and columns, the labels of its ink, and whether it ends high above its line."""

    rows: slice
    columns: slice
    own: tuple[int, ...]
    is_raised: bool = False


def labels_of(page: Ink) -> Labels:
    """Return the pieces of ink of a page, numbered from 1."""
    return labelled(page > INK)


def pieces_of(labels: Labels) -> list[Piece]:
    """Return the pieces of ink, each as a letter."""
    return [Piece(box[0], box[1], (label,)) for label, box in enumerate(ndimage.find_objects(labels), start=1)]


def is_whole(piece: Piece, size: tuple[int, int]) -> bool:
    """Tell whether a piece does not reach over the edge of the part of the page that is looked at."""
    spans = zip((piece.rows, piece.columns), size, strict=True)
    return all(span.start > 1 and span.stop < edge - 1 for span, edge in spans)


def level_pieces(labels: Labels, letter: float) -> list[Piece]:
    """Return the letters of a line from left to right; those that touch are cut into parts of a letter's width."""
    merged: list[Piece] = []
    for piece in sorted(pieces_of(labels), key=lambda piece: (piece.columns.start, piece.columns.stop)):
        shared = shared_columns(merged[-1], piece) if merged else 0
        if merged and 2 * shared > min(_width(piece), _width(merged[-1])):
            piece = _joined(merged.pop(), piece)
        merged.append(piece)
    if not merged:
        return []
    high = float(np.median([piece.rows.stop for piece in merged])) - _RAISED * letter
    pieces = []
    for piece in merged:
        parts = max(1, round(_width(piece) / (_LETTERS * letter)))
        cuts = [piece.columns.start + _width(piece) * place // parts for place in range(parts + 1)]
        rows, is_raised = slice(0, labels.shape[0]), piece.rows.stop <= high
        pieces += [Piece(rows, slice(*each), piece.own, is_raised) for each in pairwise(cuts)]
    return pieces


def _width(piece: Piece) -> int:
    return int(piece.columns.stop - piece.columns.start)


def _joined(one: Piece, other: Piece) -> Piece:
    rows, columns = (
        slice(min(a.start, b.start), max(a.stop, b.stop))
        for a, b in ((one.rows, other.rows), (one.columns, other.columns))
    )
    return Piece(rows, columns, one.own + other.own)


def shared_columns(one: Piece, other: Piece) -> int:
    """Return how many columns two pieces of one line share, negative where they lie apart."""
    return int(min(one.columns.stop, other.columns.stop) - max(one.columns.start, other.columns.start))


def is_upon(one: Piece, other: Piece) -> bool:
    """Tell whether two pieces share half the columns of the narrower one, and some rows."""
    narrower = min(_width(one), _width(other))
    rows = min(one.rows.stop, other.rows.stop) - max(one.rows.start, other.rows.start)
    return bool(2 * shared_columns(one, other) >= narrower and rows > 0)
