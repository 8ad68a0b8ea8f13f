"""A generated set of figure pairs: each kind drawn once, then redrawn the same by other means, and altered."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

mpl.use("Agg")


@dataclass(frozen=True)
class Content:
    """What a figure shows. Every alteration changes exactly one of these."""

    moved: float = 0.0
    is_point_missing: bool = False
    is_series_missing: bool = False
    colour: str = "tab:blue"
    widen: float = 0.0
    cmap: str = "viridis"
    shift: float = 0.0
    noise: float = 0.0
    label: str = "Energy (eV)"


@dataclass(frozen=True)
class Rendering:
    """How it is drawn. None of this is a result."""

    dpi: float = 100.0
    rc: Mapping[str, Any] = field(default_factory=dict)
    is_tight: bool = False
    is_transparent: bool = False
    jpeg_quality: int | None = None
    scale: float = 1.0


def _series(content: Content) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    x = np.linspace(0.0, 10.0, 30)
    y = np.exp(-((x - 4) ** 2) / 3) + 0.25 * np.sin(2 * x)
    second = 0.6 * np.exp(-((x - 6) ** 2) / 5)
    span = y.max() - y.min()
    y = y + content.shift * span + content.noise * span * rng.normal(size=x.size)
    if content.moved:
        y = y.copy()
        y[12] += content.moved * span
    if content.is_point_missing:
        keep = np.arange(x.size) != 12
        x, y, second = x[keep], y[keep], second[keep]
    return x, y, second


def _finish(axes: Axes, content: Content) -> None:
    axes.set_xlabel(content.label)
    axes.set_ylabel("Counts")
    axes.set_title("Sample A")
    axes.set_ylim(-0.5, 1.6 + content.widen)


def _line(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    x, y, second = _series(content)
    axes.plot(x, y, "o-", color=content.colour, label="data")
    if not content.is_series_missing:
        axes.plot(x, second, "--", color="tab:red", label="model")
    axes.legend(["data", "model"][: len(axes.lines)], loc="upper right")
    _finish(axes, content)


def _scatter(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    x, y, second = _series(content)
    axes.scatter(x, y, s=25, color=content.colour)
    if not content.is_series_missing:
        axes.scatter(x, second, s=25, marker="^", color="tab:red")
    _finish(axes, content)


def _errorbar(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    x, y, second = _series(content)
    axes.errorbar(x, y, yerr=0.08, fmt="s", color=content.colour, capsize=2)
    if not content.is_series_missing:
        axes.plot(x, second, color="black")
    _finish(axes, content)


def _bars(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    x, y, second = _series(content)
    axes.bar(x, y, width=0.25, color=content.colour)
    if not content.is_series_missing:
        axes.plot(x, second, color="tab:red")
    _finish(axes, content)


def _map(content: Content) -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-2, 2, 40), np.linspace(-2, 2, 40))
    z = np.exp(-(x**2) - (y - 8 * content.shift) ** 2) + 0.5 * np.exp(-((x - 1) ** 2 + (y + 1) ** 2) * 4)
    if content.is_series_missing:
        z = np.exp(-(x**2) - y**2)
    z = z + content.noise * np.random.default_rng(3).normal(size=z.shape)
    if content.is_point_missing:
        z[8, 8] = 0.9
    if content.moved:
        z[25:28, 25:28] += content.moved * 3
    return z


def _heatmap(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    image = axes.imshow(_map(content), cmap=content.cmap, origin="lower", vmin=-0.1, vmax=1.2 + content.widen)
    figure.colorbar(image)
    axes.set_xlabel(content.label)


def _contour(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    axes.contour(_map(content), levels=np.linspace(0.1, 1.0 + content.widen, 7), cmap=content.cmap)
    axes.set_xlabel(content.label)


def _loglog(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    x, y, second = _series(content)
    axes.loglog(x + 0.1, np.exp(3 * y), ".-", color=content.colour)
    if not content.is_series_missing:
        axes.loglog(x + 0.1, np.exp(3 * second), color="tab:green")
    axes.set_xlabel(content.label)
    axes.set_ylim(0.1, 100 * (1 + 3 * content.widen))
    axes.grid(visible=True)


def _polar(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot(projection="polar")
    x, y, second = _series(content)
    axes.plot(x / 10 * 6.2, 1 + y, "o-", color=content.colour)
    if not content.is_series_missing:
        axes.plot(x / 10 * 6.2, 1 + second, color="tab:red")
    axes.set_rmax(2.8 + content.widen)
    axes.set_title(content.label)


def _panels(figure: Figure, content: Content) -> None:
    x, y, second = _series(content)
    for place, values in enumerate((y, second, y * second, y - second)):
        axes = figure.add_subplot(2, 2, place + 1)
        if place == 1 and content.is_series_missing:
            continue
        axes.plot(x, values, ".-", color=content.colour)
        axes.set_ylim(-1.2, 1.7 + content.widen)
        if place == 2:
            axes.set_xlabel(content.label)


def _histogram(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot()
    rng = np.random.default_rng(11)
    values = np.concatenate(
        [rng.normal(size=600) + 5 * content.shift, rng.normal(3, 0.5, size=0 if content.is_series_missing else 150)]
    )
    values = values + content.noise * 5 * rng.normal(size=values.size)
    counts, edges = np.histogram(values, bins=40, range=(-4, 6))
    counts[20] += round(60 * content.moved)
    if content.is_point_missing:
        counts[20] = 0
    axes.stairs(counts, edges, fill=True, color=content.colour)
    axes.set_xlabel(content.label)
    axes.set_ylim(0, 75 * (1 + content.widen))


def _surface(figure: Figure, content: Content) -> None:
    axes = figure.add_subplot(projection="3d")
    x, y = np.meshgrid(np.arange(40), np.arange(40))
    axes.plot_surface(x, y, _map(content), cmap=content.cmap, vmin=-0.1, vmax=1.2)
    axes.set_zlim(0, 1.3 + content.widen)
    axes.set_xlabel(content.label)


KINDS: Final[Mapping[str, Callable[[Figure, Content], None]]] = {
    "line": _line,
    "scatter": _scatter,
    "errorbar": _errorbar,
    "bars": _bars,
    "histogram": _histogram,
    "heatmap": _heatmap,
    "contour": _contour,
    "loglog": _loglog,
    "polar": _polar,
    "panels": _panels,
    "surface": _surface,
}
MAPPED: Final = frozenset({"heatmap", "contour", "surface"})

RENDERINGS: Final[Mapping[str, Rendering]] = {
    "dpi +10 %": Rendering(dpi=110),
    "dpi -10 %": Rendering(dpi=90),
    "dpi 72": Rendering(dpi=72),
    "dpi 150": Rendering(dpi=150),
    "serif font": Rendering(rc={"font.family": "DejaVu Serif"}),
    "other sans font": Rendering(rc={"font.family": "Liberation Sans"}),
    "antialiasing off": Rendering(
        rc={"lines.antialiased": False, "patch.antialiased": False, "text.antialiased": False}
    ),
    "transparent": Rendering(is_transparent=True),
    "JPEG 75": Rendering(jpeg_quality=75),
    "tight box": Rendering(is_tight=True),
    "tight box, dpi 72": Rendering(is_tight=True, dpi=72),
    "no hinting": Rendering(rc={"text.hinting": "none", "text.hinting_factor": 1}),
}
ALTERATIONS: Final[Mapping[str, Content]] = {
    "point moved": Content(moved=0.08),
    "point missing": Content(is_point_missing=True),
    "series missing": Content(is_series_missing=True),
    "colour changed": Content(colour="tab:green"),
    "range changed": Content(widen=0.1),
    "colour map changed": Content(cmap="plasma"),
    "shifted 1 %": Content(shift=0.01),
    "shifted 3 %": Content(shift=0.03),
    "noise 2 %": Content(noise=0.02),
    "label changed": Content(label="Energy (keV)"),
    "label digit": Content(label="Energy (eU)"),
}


def applies(kind: str, alteration: str) -> bool:
    """Tell whether the alteration changes this kind of figure at all."""
    if alteration == "colour map changed":
        return kind in MAPPED
    if alteration == "colour changed":
        return kind not in MAPPED
    return True


def draw(kind: str, content: Content, rendering: Rendering) -> bytes:
    """Draw one figure and return its encoded picture."""
    with mpl.rc_context(dict(rendering.rc)):
        figure = plt.figure(figsize=(6.4 * rendering.scale, 4.8 * rendering.scale))
        KINDS[kind](figure, content)
        stream = io.BytesIO()
        figure.savefig(
            stream,
            dpi=rendering.dpi,
            bbox_inches="tight" if rendering.is_tight else None,
            transparent=rendering.is_transparent,
        )
        plt.close(figure)
    if rendering.jpeg_quality is None:
        return stream.getvalue()
    lossy = io.BytesIO()
    Image.open(stream).convert("RGB").save(lossy, "JPEG", quality=rendering.jpeg_quality)
    return lossy.getvalue()


def pairs() -> Iterator[tuple[str, str, bool, bytes, bytes]]:
    """Yield kind, name of the change, whether it alters the result, and the two pictures.

    Alterations are made at the same rendering and at another resolution, as both occur.
    """
    plain = Rendering()
    for kind in KINDS:
        original = draw(kind, Content(), plain)
        for name, rendering in RENDERINGS.items():
            yield kind, name, False, original, draw(kind, Content(), rendering)
        for name, content in ALTERATIONS.items():
            if applies(kind, name):
                yield kind, name, True, original, draw(kind, content, plain)
                yield kind, f"{name}, dpi 72", True, original, draw(kind, content, replace(plain, dpi=72))
