"""The axes of a figure: what is closed against the page is a frame, with its edges to a fraction of a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from reproduce.compare.filters import Mask, distance_of, labelled, narrowed, opened, reached_from_border, widened
from reproduce.compare.raster import Pixels

Box = tuple[float, float, float, float]
Depth = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.float64]

MAX_FRAMES: Final = 60
_PAGE_LEVELS: Final = 10
# Both as far as they reach from their middle: squares of 7, of 3 and of 5 pixels.
_OPENING_PX: Final = 3
_PASSAGES_PX: Final = (1, 2)
_MIN_SIDE_PX: Final = 9
_MIN_AREA: Final = 0.002
_FULL: Final = 0.97
# Ticks and lines that end on a frame reach this far into its neighbourhood at most while an edge is looked for.
_EDGE_REACH_PX: Final = 4
# Parts of one frame have two edges in common to so many pixels, and lie apart by so small a share of their height.
_CUT_PX: Final = 2.0
_CUT_GAP: Final = 0.2
_CUT_SHARE: Final = 0.01
_REJOINED: Final = 0.9


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle of the picture that the page does not reach: axes, a colour bar, an image. Edges in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def box(self) -> Box:
        """Left, top, right, bottom."""
        return (self.left, self.top, self.right, self.bottom)

    @property
    def area(self) -> float:
        """Pixels it holds."""
        return (self.right - self.left) * (self.bottom - self.top)


def background_of(rgb: Pixels) -> npt.NDArray[np.int16]:
    """Return the colour most of the picture's border has."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.int32)
    if (border == border[0]).all():
        return np.asarray(border[0], dtype=np.int16)
    codes, counts = np.unique(border @ np.array([65536, 256, 1]), return_counts=True)
    code = int(codes[int(np.argmax(counts))])
    return np.array([code >> 16, code >> 8 & 255, code & 255], dtype=np.int16)


def depth_of(rgb: Pixels) -> Depth:
    """Return how far each pixel is from the page's colour, in levels of the channel that shows it most."""
    return distance_of(rgb, background_of(rgb).astype(np.uint8))


def find_frames(depth: Depth) -> list[Frame]:
    """Return the frames, largest first: found where the page, filled in from the border, does not reach.

    `depth` is what `depth_of` returns.

    White lines of a grid let the page into axes and cut them up: where keeping it from narrow passages gives fewer and
    larger frames, those are taken. Elsewhere it would join axes and their labels.
    """
    ground = depth <= _PAGE_LEVELS
    taken = _rectangles(~_page(ground, 0))
    for passage in _PASSAGES_PX:
        if len(taken) <= 1:
            # Fewer, and not none, there cannot be.
            break
        wider = _rectangles(~_page(ground, passage))
        if 0 < len(wider) < len(taken) and _area(wider) > _area(taken):
            taken = wider
    found = [_edges(depth, *box) for box in taken]
    found.sort(key=lambda frame: (-frame.area, frame.top, frame.left))
    return found[:MAX_FRAMES]


def _area(boxes: Sequence[tuple[int, int, int, int]]) -> int:
    return sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)


def _rectangles(solid: Mask) -> list[tuple[int, int, int, int]]:
    """Return the solid rectangles as left, top, right, bottom in whole pixels."""
    labels = labelled(opened(solid, _OPENING_PX), is_cornerwise=False)
    found: list[tuple[int, int, int, int]] = []
    for place, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        height, width = box[0].stop - box[0].start, box[1].stop - box[1].start
        if min(height, width) < _MIN_SIDE_PX or height * width < _MIN_AREA * solid.size:
            continue
        if np.count_nonzero(labels[box] == place) >= _FULL * height * width:
            found.append((box[1].start, box[0].start, box[1].stop, box[0].stop))
    return found


def _page(ground: Mask, passage: int) -> Mask:
    """Tell which pixels of the page's colour are joined to the border by passages that reach so far to either side."""
    return widened(reached_from_border(narrowed(ground, passage)), passage) & ground


def _edges(depth: Depth, left: int, top: int, right: int, bottom: int) -> Frame:
    inner_x, inner_y = slice(left + 2, max(left + 3, right - 2)), slice(top + 2, max(top + 3, bottom - 2))
    rows = depth[:, inner_x]
    columns = depth[inner_y, :].T
    return Frame(
        _edge(columns, left),
        _edge(rows, top),
        columns.shape[0] - _edge(columns[::-1], columns.shape[0] - right),
        rows.shape[0] - _edge(rows[::-1], rows.shape[0] - bottom),
    )


def _edge(lines: npt.NDArray[np.uint8], start: int) -> float:
    """Return the middle of the frame's line, from where its typical depth passes half of what it reaches.

    A half-covered pixel moves a side of the line by half a pixel. An edge without a line, or one whose inner side lies
    within colours, counts as the outer side of a line of one pixel.
    """
    first, last = max(0, start - _EDGE_REACH_PX), min(lines.shape[0], start + _EDGE_REACH_PX + 2)
    profile = np.median(lines[first:last], axis=1) if last > first else np.zeros(1)
    half = float(profile.max()) / 2
    if half < _PAGE_LEVELS / 2:
        return float(start)
    place = int(np.argmax(profile >= half))
    covered = float(profile[place - 1]) / (2 * half) if place else 0.0
    outer = first + place - covered
    after = np.flatnonzero(profile[place:] < half)
    if not after.size:
        return outer + 0.5
    end = place + int(after[0])
    inner = first + end + float(profile[end]) / (2 * half)
    return (outer + inner) / 2


def pair_frames(ones: Sequence[Frame], others: Sequence[Frame]) -> list[tuple[Frame, Frame]]:
    """Pair frames that take the same place in the arrangement of all; each belongs to one pair at most.

    A row or column of colours as pale as the page cuts a frame in two, at one resolution and not at another. Parts that
    together take the place of one frame of the other picture are that frame.
    """
    if not ones or not others:
        return []
    ones, others = _rejoined(ones, others), _rejoined(others, ones)
    places = _relative(ones), _relative(others)
    overlaps = [(_overlap(a, b), i, j) for i, a in enumerate(places[0]) for j, b in enumerate(places[1])]
    pairs: list[tuple[Frame, Frame]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for share, i, j in sorted(overlaps, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if share < 0.4 or i in taken[0] or j in taken[1]:
            continue
        taken[0].add(i)
        taken[1].add(j)
        pairs.append((ones[i], others[j]))
    return pairs


def _rejoined(frames: Sequence[Frame], models: Sequence[Frame]) -> list[Frame]:
    """Return the frames, those in line with each other as one where a single model takes the place of them all."""
    kept = sorted(frames, key=lambda frame: (frame.left, frame.top))
    places = _relative(models)
    joined: list[Frame] = []
    while kept:
        parts = [kept.pop(0)]
        # From the left and from above, so a part that follows lies behind the last one.
        while (following := next((each for each in kept if _is_cut(parts[-1], each)), None)) is not None:
            kept.remove(following)
            parts.append(following)
        hull = Frame(
            parts[0].left,
            parts[0].top,
            max(part.right for part in parts),
            max(part.bottom for part in parts),
        )
        whole, *pieces = _relative([hull, *parts, *frames])[: len(parts) + 1]
        best = max(range(len(places)), key=lambda number: _overlap(whole, places[number]))
        taken = _overlap(whole, places[best])
        is_best = taken >= _REJOINED and all(_overlap(piece, places[best]) < taken for piece in pieces)
        joined += [hull] if is_best and _is_alike(hull, models[best]) else parts
    return joined


def _is_alike(frame: Frame, model: Frame) -> bool:
    """Tell whether two frames have the same proportions, to some pixels of the model."""
    wide, high = frame.right - frame.left, frame.bottom - frame.top
    drawn = wide * (model.bottom - model.top) / high
    return abs(drawn - (model.right - model.left)) <= _CUT_PX + _CUT_SHARE * drawn


def _is_cut(first: Frame, second: Frame) -> bool:
    """Tell whether two frames lie one behind the other, with the same edges on both sides and little between them."""
    for low, high in ((0, 1), (1, 0)):
        a, b = first.box, second.box
        is_in_line = abs(a[low] - b[low]) <= _CUT_PX and abs(a[low + 2] - b[low + 2]) <= _CUT_PX
        gap, longest = b[high] - a[high + 2], max(a[high + 2] - a[high], b[high + 2] - b[high])
        if is_in_line and -_CUT_PX <= gap <= _CUT_GAP * longest:
            return True
    return False


def _relative(frames: Sequence[Frame]) -> list[Box]:
    left, top = min(frame.left for frame in frames), min(frame.top for frame in frames)
    width = max(frame.right for frame in frames) - left
    height = max(frame.bottom for frame in frames) - top
    return [
        (
            (frame.left - left) / width,
            (frame.top - top) / height,
            (frame.right - left) / width,
            (frame.bottom - top) / height,
        )
        for frame in frames
    ]


def _overlap(a: Box, b: Box) -> float:
    """Return the shared area over the joint area of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
