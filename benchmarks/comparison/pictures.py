"""The curves of all methods, and the worst cases of ours, as pictures for the document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from benchmarks.comparison.methods import METHODS, OURS
from benchmarks.comparison.rates import Scored, alarms, curve, split
from reproduce.compare import Tolerance
from reproduce.compare.images import compare_pictures
from reproduce.compare.raster import decode_picture

_COLOURS: Final = ("#b20048", "#0b5cad", "#5aa0e0", "#17663f", "#8a4b00", "#c89b3c", "#5d6573", "#b0b6c0")
_CELL: Final = (320, 240)
_CAPTION_PX: Final = 20
_ROWS: Final = 6


def draw_curves(scored: Sequence[Scored], place: Path) -> None:
    """Draw the curves of all methods on the test half as SVG: the whole, and its left edge."""
    test = [each for each in scored if each.half == "test"]
    with mpl.rc_context(
        {"svg.hashsalt": "reprise", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    ):
        figure = Figure(figsize=(9.0, 4.2), layout="constrained")
        FigureCanvasSVG(figure)
        whole, edge = figure.subplots(1, 2)
        for axes, reach in ((whole, 100.0), (edge, 10.0)):
            _axes(axes, test, reach)
        edge.axvline(2.0, color="#999999", linewidth=0.8, linestyle=":")
        edge.axhline(95.0, color="#999999", linewidth=0.8, linestyle=":")
        whole.legend(loc="lower right", fontsize=8, frameon=False)
        place.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(place, metadata={"Date": None, "Creator": None})


def _axes(axes: Axes, test: Sequence[Scored], reach: float) -> None:
    same, altered = split(test)
    for (name, method), colour in zip(METHODS.items(), _COLOURS, strict=True):
        false, caught = curve(test, name)
        width = 2.2 if name == OURS else 1.2
        axes.plot(100 * false, 100 * caught, color=colour, linewidth=width, label=name, drawstyle="steps-post")
        point = [100 * alarms(group, name, method.threshold).value for group in (same, altered)]
        if point[0] <= reach:
            axes.plot(*point, "o", color=colour, markersize=5, clip_on=False)
    axes.set_xlim(0, reach)
    axes.set_ylim(0, 100)
    axes.set_xlabel("false alarms, % of figures that show the same")
    axes.set_ylabel("caught, % of altered figures")
    axes.grid(color="#e5e5e5", linewidth=0.6)


def draw_worst(scored: Sequence[Scored], directory: Path, images: Path) -> None:
    """Draw our worst false alarms and the largest alterations that we miss: both pictures and our map."""
    same, altered = split(scored)
    limit = METHODS[OURS].threshold
    false = sorted((each for each in same if each.scores[OURS] > limit), key=lambda each: -each.scores[OURS])
    missed = sorted((each for each in altered if each.scores[OURS] <= limit), key=_missed_weight, reverse=True)
    for name, worst in (("false-alarms", false), ("misses", missed)):
        place = images / f"comparison-{name}.png"
        if worst:
            _sheet(_varied(worst), directory).save(place, optimize=True)
        else:
            place.unlink(missing_ok=True)


def _missed_weight(scored: Scored) -> float:
    return float(scored.pair["changed_weight"] or 0.0)


def _varied(worst: Sequence[Scored]) -> list[Scored]:
    """Return the worst of each kind of figure first, so that one weakness does not fill the sheet."""
    first: dict[str, Scored] = {}
    for each in worst:
        first.setdefault(each.pair["kind"], each)
    rest = [each for each in worst if first[each.pair["kind"]] is not each]
    return [*first.values(), *rest][:_ROWS]


def _sheet(rows: Sequence[Scored], directory: Path) -> Image.Image:
    width, height = _CELL
    sheet = Image.new("RGB", (3 * width, len(rows) * (height + _CAPTION_PX)), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(12)
    for number, row in enumerate(rows):
        top = number * (height + _CAPTION_PX)
        pen.text((4, top + 3), _caption(row), fill="black", font=font)
        one, other = ((directory / row.pair[side]).read_bytes() for side in ("a", "b"))
        mapped = compare_pictures("image/png", one, other, Tolerance()).difference_png
        for column, encoded in enumerate((one, other, mapped or other)):
            picture = Image.fromarray(decode_picture(encoded).rgb)
            picture.thumbnail((width - 4, height - 4), Image.Resampling.LANCZOS)
            sheet.paste(picture, (column * width + 2, top + _CAPTION_PX))
    return sheet.quantize(256)


def _caption(row: Scored) -> str:
    pair = row.pair
    value = row.scores[OURS]
    said = "not laid onto each other" if np.isinf(value) else f"metric {value:.2f}"
    changed = f"{pair['change']} ({pair['changed_weight']:.0f} px), " if pair["change"] else ""
    return f"{pair['kind']}: {changed}{pair['way']}, matplotlib {pair['version_a']} and {pair['version_b']}: {said}"
