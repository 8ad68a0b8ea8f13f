"""Two pictures of perhaps one figure brought onto one grid: other resolution, margins and bounding boxes taken out.

Of 230 published figures that were run again 183 had another size, so size alone says nothing. Where both have axes,
each pair of them is laid upon each other on its own, as margins and spacing belong to the renderer. Elsewhere the
pictures as they are and their ink are tried, and the better fit is refined to a fraction of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from reproduce.compare.filters import Mask, smoothed_field
from reproduce.compare.frames import Box, Depth, Frame, depth_of, find_frames, pair_frames
from reproduce.compare.grid import (
    SAME_GRID_PX,
    SAME_PAGE_PX,
    Mapping,
    around,
    draw_beside,
    draw_on,
    joint_page,
    mapping_of,
)
from reproduce.compare.pages import page_mapping
from reproduce.compare.raster import Pixels, grey_of

MAX_PIXELS: Final = 700_000
_INK: Final = 40
_PROBE_PX: Final = 320
_AXES_SHARE: Final = 0.5
_REFINEMENTS: Final = 4
# By how much worse a shift by whole pixels may fit: drawing at fractions of a pixel smooths, which fits better.
_SHIFT_MISFIT: Final = 2.0
_WHOLE_PX: Final = 0.2
_EDGE_LEVELS: Final = 60
_SOFT_LEVELS: Final = 12

Pairs = Sequence[tuple[Frame, Frame]]


@dataclass(frozen=True, slots=True)
class Part:
    """A box of the common grid, and where its places lie in either picture as it was decoded."""

    box: tuple[int, int, int, int]
    published: Mapping
    fresh: Mapping


@dataclass(frozen=True, slots=True)
class Registered:
    """Both pictures on the grid of the coarser one. `scale` is how much finer the other was drawn.

    `frames` are the axes that were laid upon each other, as boxes on that grid, largest first; `is_by_page` where the
    sizes of the pages tell their places. `softness` is how much antialiasing either picture shows, 0 to 1; of
    two resolutions it is not measured. `parts` say how the grid was put together, each upon those before it; `whole`
    are both as decoded, if both were drawn smaller.
    """

    published: Pixels
    fresh: Pixels
    scale: float
    is_resampled: bool
    frames: tuple[Box, ...] = ()
    is_lossy: bool = False
    softness: tuple[float, float] = (1.0, 1.0)
    is_by_page: bool = False
    parts: tuple[Part, ...] = ()
    whole: tuple[Pixels, Pixels] | None = None


def register(published: Pixels, fresh: Pixels, *, is_lossy: bool = False) -> Registered | None:
    """Bring two pictures onto one grid, or return None where no alignment makes sense (one is blank, say)."""
    one, other = bounded(published), bounded(fresh)
    laid = _registered(one, other)
    if laid is None:
        return None
    growths = _growth(one, published), _growth(other, fresh)
    parts = tuple(
        Part(part.box, part.published.followed_by(growths[0]), part.fresh.followed_by(growths[1]))
        for part in laid.parts
    )
    whole = (published, fresh) if one is not published and other is not fresh else None
    # Drawn smaller, two resolutions may come out as one.
    is_resampled = laid.is_resampled or any(_is_other_grid(part, published.shape) for part in parts)
    # Between two resolutions nobody asks for it.
    softness = (1.0, 1.0) if is_resampled else (_softness(one), _softness(other))
    return replace(laid, is_lossy=is_lossy, softness=softness, is_resampled=is_resampled, parts=parts, whole=whole)


def _is_other_grid(part: Part, shape: tuple[int, ...]) -> bool:
    return abs(part.fresh.scale / part.published.scale - 1) * max(shape) >= SAME_PAGE_PX


def _growth(small: Pixels, large: Pixels) -> Mapping:
    return Mapping(large.shape[1] / small.shape[1], large.shape[0] / small.shape[0], 0.0, 0.0)


def _registered(one: Pixels, other: Pixels) -> Registered | None:
    depths = depth_of(one), depth_of(other)
    if (depths[0].max() > _INK) != (depths[1].max() > _INK):
        return None
    pairs = _axes_pairs(*depths)
    mapping = _fitted(pairs) if pairs else None
    if mapping is None or not mapping.is_plausible:
        pairs = []
        mapping = _best_by_ink(one, other, (depths[0] > _INK, depths[1] > _INK))
    if mapping is None:
        return None
    if mapping.scale >= 1:
        return _compose(one, other, mapping, pairs)
    laid = _compose(other, one, mapping.inverted(), [(b, a) for a, b in pairs])
    parts = tuple(Part(part.box, part.fresh, part.published) for part in laid.parts)
    return replace(laid, published=laid.fresh, fresh=laid.published, parts=parts)


def ink_of(rgb: Pixels) -> Mask:
    """Tell where the picture is not background."""
    return np.asarray(depth_of(rgb) > _INK)


def _softness(rgb: Pixels) -> float:
    """Return the share of edges that pass over a pixel of a middling grey: antialiasing makes most of them."""
    grey = grey_of(rgb)
    soft = edges = 0
    for lines in (grey, grey.T):
        before, middle, after = lines[:-2], lines[1:-1], lines[2:]
        low, high = np.minimum(before, after), np.maximum(before, after)
        is_edge = high - low > _EDGE_LEVELS
        edges += int(np.count_nonzero(is_edge))
        soft += int(np.count_nonzero(is_edge & (middle > low + _SOFT_LEVELS) & (middle < high - _SOFT_LEVELS)))
    return soft / max(edges, 1)


def bounded(rgb: Pixels) -> Pixels:
    """Return the picture drawn smaller where it has more pixels than are compared perceptually."""
    height, width = rgb.shape[:2]
    if height * width <= MAX_PIXELS:
        return rgb
    factor = (MAX_PIXELS / (height * width)) ** 0.5
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.HAMMING, reducing_gap=3.0))


def _axes_pairs(one: Depth, other: Depth) -> list[tuple[Frame, Frame]]:
    """Pair the axes of both pictures; none where those of either are mostly left without a partner."""
    ours, theirs = find_frames(one), find_frames(other)
    pairs = pair_frames(ours, theirs)
    for side, found in enumerate((ours, theirs)):
        if sum(pair[side].area for pair in pairs) < _AXES_SHARE * sum(frame.area for frame in found):
            return []
    return sorted(pairs, key=lambda pair: (-pair[0].area, pair[0].top, pair[0].left))


def _fitted(pairs: Pairs) -> Mapping:
    """Return the scales and offsets that lay all frames upon their partners best, by least squares."""
    sides = []
    for low, high in ((0, 2), (1, 3)):
        ours = np.array([edge for a, _ in pairs for edge in (a.box[low], a.box[high])])
        theirs = np.array([edge for _, b in pairs for edge in (b.box[low], b.box[high])])
        centred = ours - ours.mean()
        scale = float((centred * (theirs - theirs.mean())).sum() / max(float((centred**2).sum()), 1e-9))
        sides.append((scale, float(theirs.mean() - scale * ours.mean())))
    return Mapping(sides[0][0], sides[1][0], sides[0][1], sides[1][1])


def _best_by_ink(one: Pixels, other: Pixels, inks: tuple[Mask, Mask]) -> Mapping | None:
    candidates = [mapping for a, b in _boxes(inks) if (mapping := mapping_of(a, b)) is not None]
    refined = [
        _refined(one, other, mapping) if mapping.scale >= 1 else _refined(other, one, mapping.inverted()).inverted()
        for mapping in candidates
        if mapping.is_plausible
    ]
    fits = [(_misfit(one, other, mapping), place) for place, mapping in enumerate(refined)]
    return _simplest(one, other, refined[min(fits)[1]], min(fits)[0]) if fits else None


def _simplest(one: Pixels, other: Pixels, mapping: Mapping, misfit: float) -> Mapping:
    """Return a shift by whole pixels where that fits about as well."""
    if mapping.scale < 1:
        return _simplest(other, one, mapping.inverted(), misfit).inverted()
    shift = mapping.snapped(_whole(one), SAME_PAGE_PX)
    moved = mapping.laid(_whole(one))
    aside = [abs((moved[side] + moved[side + 2] - one.shape[1 - side]) / 2 % 1 - 0.5) for side in (0, 1)]
    if shift.is_shift and min(aside) > 0.5 - _WHOLE_PX and _misfit(one, other, shift) <= _SHIFT_MISFIT * misfit:
        return shift
    return mapping


def _boxes(inks: tuple[Mask, Mask]) -> Iterator[tuple[Box, Box]]:
    """Yield what may belong upon each other: the whole pictures, and all that is drawn."""
    one, other = inks
    yield (0.0, 0.0, one.shape[1], one.shape[0]), (0.0, 0.0, other.shape[1], other.shape[0])
    a, b = _content_box(one), _content_box(other)
    if a is not None and b is not None:
        yield a, b


def _content_box(ink: Mask) -> Box | None:
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not columns.size:
        return None
    return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _refined(coarse: Pixels, fine: Pixels, mapping: Mapping) -> Mapping:
    """Improve a mapping by what is drawn everywhere (Gauss-Newton on blurred depths, outliers weighed down).

    Lucas and Kanade 1981, with scale and offset as unknowns. What changed locally does not pull the whole.
    """
    if min(coarse.shape[:2]) < 32 or (mapping.snapped(_whole(coarse)).is_shift and coarse.shape == fine.shape):
        return mapping
    page = (0, 0, coarse.shape[1], coarse.shape[0])
    still = smoothed_field(depth_of(coarse).astype(np.float32), 2.0)
    x = np.linspace(-1, 1, coarse.shape[1], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, coarse.shape[0], dtype=np.float32)[:, None]
    best = mapping
    for _ in range(_REFINEMENTS):
        moving = smoothed_field(depth_of(draw_on(page, fine, best)).astype(np.float32), 2.0)
        down, right = np.gradient(moving)
        residual = still - moving
        weight = 1.0 / (1.0 + np.abs(residual) / 12.0)
        basis = [right, right * x, down, down * y]
        weighted = [weight * each for each in basis]
        normal = np.array([[float((a * b).sum()) for b in basis] for a in weighted])
        target = np.array([float((a * residual).sum()) for a in weighted])
        try:
            step = np.linalg.solve(normal + np.eye(4) * 1e-3 * max(float(np.trace(normal)), 1e-9), target)
        except np.linalg.LinAlgError:
            return mapping
        step = np.clip(step, -3.0, 3.0)
        best = _moved(best, step, coarse.shape[1] / 2, coarse.shape[0] / 2)
        if not best.is_plausible:
            return mapping
        if float(np.abs(step).max()) < 0.02:
            break
    return best


def _moved(mapping: Mapping, step: npt.NDArray[np.float64], half_x: float, half_y: float) -> Mapping:
    """Move by step[0] + step[1] · (x from -1 to 1), and alike for y, in pixels of the coarse grid."""
    scale_x = mapping.scale_x * (1 + step[1] / half_x)
    scale_y = mapping.scale_y * (1 + step[3] / half_y)
    return Mapping(
        float(scale_x),
        float(scale_y),
        float(mapping.offset_x + mapping.scale_x * (step[0] - step[1])),
        float(mapping.offset_y + mapping.scale_y * (step[2] - step[3])),
    )


def _whole(rgb: Pixels) -> Box:
    return (0.0, 0.0, float(rgb.shape[1]), float(rgb.shape[0]))


def _misfit(one: Pixels, other: Pixels, mapping: Mapping) -> float:
    """Return the mean difference on a small version: enough to tell a good alignment from a poor one."""
    coarse, fine, laid = (one, other, mapping) if mapping.scale >= 1 else (other, one, mapping.inverted())
    drawn = draw_on((0, 0, coarse.shape[1], coarse.shape[0]), fine, laid)
    factor = max(1, max(coarse.shape[:2]) // _PROBE_PX)
    small = [np.asarray(Image.fromarray(rgb).reduce(factor), dtype=np.float32) for rgb in (coarse, drawn)]
    return float(np.abs(small[0] - small[1]).mean())


def _compose(coarse: Pixels, fine: Pixels, mapping: Mapping, pairs: Pairs) -> Registered:
    """Draw both on one page; each pair of axes, with what is close around them, by its own mapping."""
    slack = SAME_PAGE_PX if coarse.shape == fine.shape else SAME_GRID_PX
    whole = page_mapping(coarse.shape, fine.shape, pairs)
    # Words stand by the axes, whose lines they follow onto whole pixels; what is drawn in axes does not.
    base = mapping.snapped(pairs[0][0].box if pairs else _whole(coarse), slack)
    page = joint_page(coarse, fine, base)
    published = draw_on(page, coarse, Mapping(1.0, 1.0, 0.0, 0.0))
    largest = whole or (mapping_of(pairs[0][0].box, pairs[0][1].box) if pairs else None)
    is_replaced = largest is not None and largest.snapped(pairs[0][0].box, slack) != base
    fresh = draw_beside(page, around(pairs[0][0].box, page) if is_replaced else None, fine, base)
    is_resampled = not base.is_shift
    still = Mapping(1.0, 1.0, float(page[0]), float(page[1]))
    parts = [Part((0, 0, fresh.shape[1], fresh.shape[0]), still, base.counted_from(page[0], page[1]))]
    for a, b in reversed(pairs):
        own = whole or mapping_of(a.box, b.box)
        if own is None:
            continue
        own = own.snapped(a.box, slack)
        is_resampled |= not own.is_shift
        if own != base:
            patch = around(a.box, page)
            left, top, right, bottom = (patch[side] - page[side % 2] for side in range(4))
            fresh[top:bottom, left:right] = draw_on(patch, fine, own)
            parts.append(Part((left, top, right, bottom), still, own.counted_from(page[0], page[1])))
    boxes = [(a.left - page[0], a.top - page[1], a.right - page[0], a.bottom - page[1]) for a, _ in pairs]
    return Registered(
        published, fresh, mapping.scale, is_resampled, tuple(boxes), is_by_page=whole is not None, parts=tuple(parts)
    )
