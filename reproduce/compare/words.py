"""Text within a picture: lines of letters found by their shape, and told apart from markers and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.filters import Mask, distance_of, labelled
from reproduce.compare.frames import Box, depth_of
from reproduce.compare.raster import Pixels

Depth = npt.NDArray[np.uint8]

MAX_LINES: Final = 400
_MAX_PIECES: Final = 6000
_INK: Final = 64
_MAX_LETTER_PX: Final = 44
_DARK: Final = 96
_GREYISH: Final = 48
_FRAME_MARGIN_PX: Final = 2
# So many pixels tell which colour of axes is the commonest.
_SAMPLE: Final = 40_000
_TICK_PX: Final = 3
_MARKER_PX: Final = 5
_SQUARE: Final = 0.8
_DISC: Final = 0.72
_ROUND_PX: Final = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A run of letters: its box, how many pieces of ink it has, whether it runs upwards, whether it lies in axes."""

    left: int
    top: int
    right: int
    bottom: int
    pieces: int
    is_upright: bool
    is_inside: bool

    @property
    def height(self) -> int:
        """Across the direction of reading."""
        return self.right - self.left if self.is_upright else self.bottom - self.top

    @property
    def length(self) -> int:
        """Along the direction of reading."""
        return self.bottom - self.top if self.is_upright else self.right - self.left

    @property
    def start(self) -> int:
        """Where reading begins, growing along the direction of reading."""
        return -self.bottom if self.is_upright else self.left


@dataclass(frozen=True, slots=True)
class _Letter:
    left: int
    top: int
    right: int
    bottom: int
    is_inside: bool
    fullness: float
    is_disc: bool


def local_depth(rgb: Pixels, frames: Sequence[Box]) -> Depth:
    """Return how far each pixel is from its background: that of the page, and within axes that of the axes."""
    depth = np.array(depth_of(rgb))
    for box in frames:
        rows, columns = _inner(box)
        part = rgb[rows, columns]
        if part.size:
            depth[rows, columns] = distance_of(part, _commonest(part))
    return depth


def find_lines(rgb: Pixels, depth: Depth, frames: Sequence[Box]) -> list[Line]:
    """Return the lines of text, in reading order. Within axes only dark grey letters are taken for text."""
    labels = labelled(depth > _INK)
    letters = _letters(rgb, labels, frames)
    if not letters:
        return []
    em = float(np.median([letter.bottom - letter.top for letter in letters]))
    letters = [letter for letter in letters if not letter.is_inside or letter.bottom - letter.top <= 2 * em]
    shape = (rgb.shape[0], rgb.shape[1])
    runs = _runs(letters, shape, em, is_upright=False), _runs(letters, shape, em, is_upright=True)
    widest: dict[Line, int] = {}
    for flat, upright in zip(*runs, strict=True):
        widest[upright] = max(widest.get(upright, 0), flat.length)
    # A letter under another is a line that runs upwards only if neither belongs to a line that runs across.
    narrow = 1.8 * em + 2
    lines: dict[Line, list[_Letter]] = {}
    for letter, flat, upright in zip(letters, *runs, strict=True):
        is_upright = upright.length >= 2 * em and upright.height <= narrow and widest[upright] <= narrow
        line = upright if is_upright else flat
        lines.setdefault(line, []).append(letter)
    ordered = sorted(
        (line for line, own in lines.items() if not _is_marked(line, own) and _is_large(line, em)),
        key=lambda line: (line.top, line.left, line.bottom, line.right),
    )
    return [line for line in ordered if _reads_as_text(line, ordered, em)][:MAX_LINES]


def _inner(box: Box) -> tuple[slice, slice]:
    margin = _FRAME_MARGIN_PX
    left, top = max(0, round(box[0]) + margin), max(0, round(box[1]) + margin)
    return slice(top, max(top, round(box[3]) - margin)), slice(left, max(left, round(box[2]) - margin))


def _commonest(part: Pixels) -> npt.NDArray[np.uint8]:
    step = max(1, round((part.shape[0] * part.shape[1] / _SAMPLE) ** 0.5))
    codes = part[::step, ::step].reshape(-1, 3).astype(np.int32) @ np.array([65536, 256, 1])
    # What more than half of them have is the middle one.
    code = int(np.partition(codes, codes.size // 2)[codes.size // 2])
    if 2 * np.count_nonzero(codes == code) <= codes.size:
        values, counts = np.unique(codes, return_counts=True)
        code = int(values[int(np.argmax(counts))])
    return np.array([code >> 16, code >> 8 & 255, code & 255], dtype=np.uint8)


def _letters(rgb: Pixels, labels: npt.NDArray[np.int32], frames: Sequence[Box]) -> list[_Letter]:
    letters: list[_Letter] = []
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        top, bottom, left, right = box[0].start, box[0].stop, box[1].start, box[1].stop
        if bottom - top > _MAX_LETTER_PX or right - left > _MAX_LETTER_PX:
            continue
        is_inside = any(
            frame[0] <= (left + right) / 2 <= frame[2] and frame[1] <= (top + bottom) / 2 <= frame[3]
            for frame in frames
        )
        if not is_inside and min(bottom - top, right - left) <= _TICK_PX and _touches(frames, left, top, right, bottom):
            continue
        own = labels[box] == label
        if (is_inside or not frames) and not _is_dark(rgb[box], own):
            continue
        # Filled squares and discs are markers; most letters leave more of their box free.
        fullness = float(own.mean()) if min(own.shape) >= _MARKER_PX else 0.0
        letters.append(_Letter(left, top, right, bottom, is_inside, fullness, fullness > _DISC and _is_round(own)))
        if len(letters) > _MAX_PIECES:
            return []
    return letters


def _is_round(own: Mask) -> bool:
    """Tell whether a full piece is as wide as high and has no gap in a row or column, as small an a, e or f has."""
    if abs(own.shape[0] - own.shape[1]) > _ROUND_PX:
        return False
    return all((np.diff(own.astype(np.int8), axis=axis, prepend=0) > 0).sum(axis=axis).max() <= 1 for axis in (0, 1))


def _touches(frames: Sequence[Box], left: int, top: int, right: int, bottom: int) -> bool:
    """Tell whether a piece lies at the edge of axes: a tick that antialiasing parted from the frame."""
    return any(
        left <= frame[2] + _TICK_PX
        and right >= frame[0] - _TICK_PX
        and top <= frame[3] + _TICK_PX
        and bottom >= frame[1] - _TICK_PX
        for frame in frames
    )


def _is_dark(part: Pixels, own: Mask) -> bool:
    colours = part[own].astype(np.int16)
    darkest = colours[int(np.argmin(colours.sum(axis=1)))]
    return bool(darkest.max() <= _DARK and np.ptp(darkest) <= _GREYISH)


def _runs(letters: list[_Letter], shape: tuple[int, int], em: float, *, is_upright: bool) -> list[Line]:
    """Return for each letter the run it belongs to when letters that close, and at one height, are joined."""
    page = np.zeros(shape[::-1] if is_upright else shape, dtype=np.bool_)
    places = []
    for letter in letters:
        left, top, right, bottom = letter.left, letter.top, letter.right, letter.bottom
        if is_upright:
            left, top, right, bottom = top, left, bottom, right
        # Letters of one line share most of their height; a full stop or a minus sign is taken to be as tall as others.
        height = bottom - top
        trim = 0.25 * height if height >= 0.6 * em else -0.35 * em
        reach = max(1, round(0.3 * em))
        top, bottom = max(0, round(top + trim)), max(round(top + trim) + 1, round(bottom - trim))
        page[top:bottom, max(0, left - reach) : right + reach] = True
        places.append((min((top + bottom) // 2, page.shape[0] - 1), min((left + right) // 2, page.shape[1] - 1)))
    joined = labelled(page, is_cornerwise=False)
    own = [int(joined[place]) for place in places]
    boxes = [[1 << 30, 1 << 30, 0, 0, 0, 0] for _ in range(max(own, default=0) + 1)]
    for letter, run in zip(letters, own, strict=True):
        box = boxes[run]
        box[0], box[1] = min(box[0], letter.left), min(box[1], letter.top)
        box[2], box[3] = max(box[2], letter.right), max(box[3], letter.bottom)
        box[4] += 1
        box[5] += letter.is_inside
    lines = [Line(b[0], b[1], b[2], b[3], b[4], is_upright, 2 * b[5] > b[4]) for b in boxes]
    return [lines[run] for run in own]


def _is_marked(line: Line, letters: Sequence[_Letter]) -> bool:
    """Tell whether what lies within axes is a row of markers: a filled square in it, or half of it discs."""
    if not line.is_inside:
        return False
    is_square = max(letter.fullness for letter in letters) > _SQUARE
    return is_square or 2 * sum(letter.is_disc for letter in letters) >= len(letters)


def _is_large(line: Line, em: float) -> bool:
    """Leave out specks, and within axes rows of dots: a line that is dotted."""
    if line.is_inside:
        return line.height >= 0.6 * em
    return line.height >= 0.4 * em or line.length >= 0.4 * em


def _reads_as_text(line: Line, lines: Sequence[Line], em: float) -> bool:
    """Leave out single pieces within axes, markers more often than words, unless in a list or after a word."""
    if not line.is_inside or line.pieces >= 2:
        return True
    return any(
        other.pieces >= 2
        and other.is_inside
        and (
            (abs(other.left - line.left) <= 0.5 * em and abs(other.top - line.top) <= 3 * em)
            or (abs(other.bottom - line.bottom) <= 0.5 * em and 0 <= line.left - other.right <= 1.2 * em)
        )
        for other in lines
    )
