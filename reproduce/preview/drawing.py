"""Draws a default plot: a line or an image, with axes, units, a scale, and a note of what is not shown."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from reproduce.preview.default_plot import Axis, Floats, Plot
from reproduce.preview.lettering import FONT, SMALL, fitted
from reproduce.preview.question import RefusedError
from reproduce.preview.ticks import is_wide, place, ticks, written

WIDTH: Final = 640
HEIGHT: Final = 420
# Everything is drawn at twice its size and made smaller, which smooths it.
_SCALE: Final = 2
_INK, _QUIET, _GRID, _NONE = "#1d2330", "#5d6573", "#e3e6ec", (200, 203, 210)
_LINE: Final = "#0b5cad"
_LEFT, _TOP, _BOTTOM, _RIGHT, _BAR = 78, 34, 74, 20, 96
# Ten colours of viridis by S. van der Walt and N. Smith (CC0), between which is drawn evenly.
_COLOURS: Final = (
    *((68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142)),
    *((31, 158, 137), (53, 183, 121), (109, 205, 89), (180, 222, 44), (253, 231, 37)),
)

# The formats are there before the process can open no file any more.
Image.init()

Box = tuple[int, int, int, int]


def draw(plot: Plot) -> bytes:
    """Return the plot as PNG, WIDTH x HEIGHT. Raises RefusedError where none of the values is a number."""
    if not np.isfinite(plot.values).any():
        raise RefusedError("preview-missing", f"none of the values of {plot.title} that would be drawn is a number")
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), "white")
    canvas = _Canvas(image)
    notes = [*plot.notes]
    if plot.y is None:
        notes += _draw_line(canvas, plot)
    else:
        notes += _draw_image(canvas, plot, plot.y)
    canvas.words((WIDTH / 2, 16), plot.title, _INK, "mm")
    canvas.words((WIDTH / 2, HEIGHT - 13), " · ".join(notes), _QUIET, "mm", is_small=True)
    return _as_png(image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


class _Canvas:
    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.pen = ImageDraw.Draw(image)

    def words(
        self,
        at: tuple[float, float],
        text: str,
        colour: str,
        anchor: str,
        *,
        is_small: bool = False,
    ) -> None:
        font = SMALL if is_small else FONT
        shown = fitted(text, font, (WIDTH - 16) * _SCALE)
        self.pen.text((at[0] * _SCALE, at[1] * _SCALE), shown, fill=colour, font=font, anchor=anchor)

    def upright(self, at: tuple[float, float], text: str, colour: str) -> None:
        """Write upwards, centred at a place."""
        shown = fitted(text, FONT, (HEIGHT - _TOP) * _SCALE)
        left, top, right, bottom = FONT.getbbox(shown)
        strip = Image.new("RGB", (int(right - left) + 8, int(bottom - top) + 8), "white")
        ImageDraw.Draw(strip).text((4 - left, 4 - top), shown, fill=colour, font=FONT)
        turned = strip.transpose(Image.Transpose.ROTATE_90)
        self.image.paste(turned, (int(at[0] * _SCALE - turned.width / 2), int(at[1] * _SCALE - turned.height / 2)))

    def stroke(self, points: list[tuple[float, float]], colour: str, width: int) -> None:
        self.pen.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour, width=width, joint="curve")


def _draw_line(canvas: _Canvas, plot: Plot) -> list[str]:
    """Draw a line through the values; where several share a column, from the least to the greatest of them."""
    box = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)
    at = plot.x.at
    finite = plot.values[np.isfinite(plot.values)]
    low, high = float(finite.min()), float(finite.max())
    is_log = is_wide(low, high)
    low, high = (low, high) if is_log else _with_room(low, high)
    left, right = float(at.min()), float(at.max())
    _draw_axes(canvas, box, (left, right), (low, high), is_log=is_log)
    _write_labels(canvas, box, plot.x.label, plot.label)
    shown = np.log10(plot.values) if is_log else plot.values
    ends = (np.log10(low), np.log10(high)) if is_log else (low, high)
    across = box[0] + (at - left) / ((right - left) or 1.0) * (box[2] - box[0])
    upward = box[3] - (shown - ends[0]) / ((ends[1] - ends[0]) or 1.0) * (box[3] - box[1])
    for piece in _pieces(across, upward):
        canvas.stroke(piece, _LINE, 3) if len(piece) > 1 else canvas.pen.ellipse(_dot(piece[0]), fill=_LINE)
    gaps = int(plot.values.size - finite.size)
    return [*(["logarithmic scale"] if is_log else []), *([f"{gaps} values are no numbers"] if gaps else [])]


def _dot(at: tuple[float, float]) -> tuple[float, float, float, float]:
    x, y = at[0] * _SCALE, at[1] * _SCALE
    return (x - 4, y - 4, x + 4, y + 4)


def _pieces(across: Floats, upward: Floats) -> list[list[tuple[float, float]]]:
    """Return the runs of points between values that are no numbers, at most four points of them in each column."""
    found: list[list[tuple[float, float]]] = []
    is_good = np.isfinite(upward)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_good, [False])).astype(np.int8)))
    for start, stop in list(zip(edges[::2], edges[1::2], strict=True))[:5_000]:
        xs, ys = across[start:stop], upward[start:stop]
        if xs.size > 4 * WIDTH * _SCALE and bool((np.diff(xs) >= 0).all()):
            column = np.floor(xs * _SCALE).astype(np.int64)
            starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
            lowest, highest = np.minimum.reduceat(ys, starts), np.maximum.reduceat(ys, starts)
            xs = np.repeat(column[starts] / _SCALE, 2)
            ys = np.stack([lowest, highest], axis=1).ravel()
        found.append([(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
    return found


def _draw_image(canvas: _Canvas, plot: Plot, y: Axis) -> list[str]:
    """Draw the rows as an image, the first at the bottom, and a bar that says what the colours mean."""
    across, upward = _edges(plot.x.at), _edges(y.at)
    box = _image_box(across, upward, is_square=plot.x.units == y.units)
    finite = plot.values[np.isfinite(plot.values)]
    low, high = float(finite.min()), float(finite.max())
    above = finite[finite > 0]
    # Counts: where most are few and some are many, an even scale would show the many alone.
    is_log = low >= 0 and above.size > 0 and high > 100 * float(np.partition(above, above.size // 2)[above.size // 2])
    if is_log:
        low = float(above.min())
    picture = Image.fromarray(_coloured(plot.values[::-1], low, high, is_log=is_log))
    size = ((box[2] - box[0]) * _SCALE, (box[3] - box[1]) * _SCALE)
    canvas.image.paste(picture.resize(size, Image.Resampling.NEAREST), (box[0] * _SCALE, box[1] * _SCALE))
    _draw_axes(canvas, box, across, upward, is_log=False, has_grid=False)
    _write_labels(canvas, box, plot.x.label, y.label)
    _draw_bar(canvas, box, (low, high), plot.label, is_log=is_log)
    zeros = int((finite <= 0).sum()) if is_log else 0
    words = ["logarithmic colours" + (", 0 as the least" if zeros else "")] if is_log else []
    return [*words, *(["grey: no number"] if finite.size < plot.values.size else [])]


def _edges(at: Floats) -> tuple[float, float]:
    half = float(at[-1] - at[0]) / (at.size - 1) / 2 if at.size > 1 else 0.5
    return float(at[0]) - half, float(at[-1]) + half


def _image_box(across: tuple[float, float], upward: tuple[float, float], *, is_square: bool) -> Box:
    """Return where the image goes; where both axes have one unit, one of it is as long along both, within reason."""
    left, top, right, bottom = _LEFT, _TOP, WIDTH - _RIGHT - _BAR, HEIGHT - _BOTTOM
    ratio = (across[1] - across[0]) / (upward[1] - upward[0])
    if not is_square or not 0.2 <= ratio <= 5:
        return left, top, right, bottom
    width, height = min(right - left, int((bottom - top) * ratio)), min(bottom - top, int((right - left) / ratio))
    left, top = left + (right - left - width) // 2, top + (bottom - top - height) // 2
    return left, top, left + width, top + height


def _draw_bar(canvas: _Canvas, box: Box, ends: tuple[float, float], label: str, *, is_log: bool) -> None:
    left, top, bottom = box[2] + 14, box[1], box[3]
    low, high = ends
    column = np.linspace(1, 0, (bottom - top) * _SCALE)[:, None]
    bar = Image.fromarray(np.repeat(_palette(column), 12 * _SCALE, axis=1))
    canvas.image.paste(bar, (left * _SCALE, top * _SCALE))
    for value in ticks(low, high, is_log=is_log) if high > low else [low]:
        y = bottom - place(value, low, high, is_log=is_log) * (bottom - top)
        canvas.stroke([(left + 12, y), (left + 16, y)], _INK, 2)
        canvas.words((left + 19, y), written(value, 0.0 if is_log else high - low), _INK, "lm", is_small=True)
    canvas.upright((left + _BAR - 13, (top + bottom) / 2), label, _INK)


def _draw_axes(
    canvas: _Canvas,
    box: Box,
    across: tuple[float, float],
    upward: tuple[float, float],
    *,
    is_log: bool,
    has_grid: bool = True,
) -> None:
    left, top, right, bottom = box
    for value in ticks(*across, is_log=False):
        x = left + place(value, *across, is_log=False) * (right - left)
        if has_grid:
            canvas.stroke([(x, top), (x, bottom)], _GRID, 2)
        canvas.stroke([(x, bottom), (x, bottom + 4)], _INK, 2)
        canvas.words((x, bottom + 7), written(value, across[1] - across[0]), _INK, "mt", is_small=True)
    for value in ticks(*upward, is_log=is_log):
        y = bottom - place(value, *upward, is_log=is_log) * (bottom - top)
        if has_grid:
            canvas.stroke([(left, y), (right, y)], _GRID, 2)
        canvas.stroke([(left - 4, y), (left, y)], _INK, 2)
        canvas.words((left - 7, y), written(value, 0.0 if is_log else upward[1] - upward[0]), _INK, "rm", is_small=True)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    canvas.stroke([(float(x), float(y)) for x, y in corners], _QUIET, 2)


def _write_labels(canvas: _Canvas, box: Box, x: str, y: str) -> None:
    canvas.words(((box[0] + box[2]) / 2, box[3] + 34), x, _INK, "mm")
    canvas.upright((box[0] - _LEFT + 13, (box[1] + box[3]) / 2), y, _INK)


def _coloured(values: Floats, low: float, high: float, *, is_log: bool) -> NDArray[np.uint8]:
    with np.errstate(all="ignore"):
        if is_log:
            values, low, high = np.log10(np.maximum(values, low)), float(np.log10(low)), float(np.log10(high))
        shares = (values - low) / (high - low) if high > low else np.where(np.isfinite(values), 0.5, np.nan)
    painted = _palette(np.nan_to_num(np.clip(shares, 0, 1)))
    painted[~np.isfinite(values)] = _NONE
    return painted


def _palette(shares: Floats) -> NDArray[np.uint8]:
    table = np.array(_COLOURS, dtype=np.float64)
    places = np.linspace(0, 1, len(table))
    return np.stack([np.interp(shares, places, table[:, each]) for each in range(3)], axis=-1).astype(np.uint8)


def _with_room(low: float, high: float) -> tuple[float, float]:
    room = 0.04 * (high - low) or abs(high) * 0.04 or 1.0
    return low - room, high + room


def _as_png(image: Image.Image) -> bytes:
    with io.BytesIO() as written_to:
        image.save(written_to, format="PNG", optimize=True)
        return written_to.getvalue()
