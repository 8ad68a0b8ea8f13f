"""Which pieces of ink are read as words, and which are markers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reproduce.compare.frames import depth_of, find_frames
from reproduce.compare.raster import decode_picture
from reproduce.compare.words import find_lines, local_depth


def inner_lines(*, dpi, labels=(), marker=""):
    """Return the lines that are read within the axes of a figure."""
    figure = Figure(figsize=(6, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x = np.arange(1.0, 10.0)
    for number, label in enumerate(labels):
        axes.plot(x, 0.1 * number + 0.01 * x, color=f"C{number}", label=label)
    if labels:
        axes.legend(loc="upper right", fontsize=9)
    if marker:
        axes.plot(x, np.full(9, 0.9), marker, markersize=7, linestyle="none")
    axes.set(xlim=(0, 10), ylim=(0, 1))
    stream = io.BytesIO()
    figure.savefig(stream, dpi=dpi)
    rgb = decode_picture(stream.getvalue()).rgb
    frames = [frame.box for frame in find_frames(depth_of(rgb))]
    return [line for line in find_lines(rgb, local_depth(rgb, frames), frames) if line.is_inside]


@pytest.mark.parametrize("dpi", [80, 90, 96, 100, 104, 110, 120, 150])
def test_small_letters_that_are_as_full_as_discs_are_read(dpi):
    assert len(inner_lines(dpi=dpi, labels=("data", "model", "fit", "gamma"))) == 4


@pytest.mark.parametrize("dpi", [80, 100, 120, 150])
@pytest.mark.parametrize("marker", ["ko", "ks"])
def test_rows_of_black_markers_are_no_words(marker, dpi):
    assert inner_lines(dpi=dpi, marker=marker) == []
