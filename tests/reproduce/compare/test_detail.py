"""Pictures that are compared drawn smaller: what only shows at full resolution counts, and renderers do not."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from reproduce.compare import Tolerance
from reproduce.compare.frames import Frame
from reproduce.compare.images import compare_pictures
from reproduce.compare.pages import page_mapping
from reproduce.compare.raster import decode_picture
from reproduce.compare.registration import MAX_PIXELS, register
from tests.reproduce.compare.notebooks import png

X, Y = np.random.default_rng(3).random((2, 200))


def draw(*, points=200, dpi=300, inches=(8, 6), tight=False, rc=None):
    """Return a figure of markers of five pixels at 300 dots an inch."""
    with mpl.rc_context(rc or {}):
        figure = Figure(figsize=inches)
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot(X[:points], Y[:points], "o", markersize=1.2, markeredgewidth=0)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="Time (s)")
        stream = io.BytesIO()
        figure.savefig(stream, dpi=dpi, bbox_inches="tight" if tight else None)
    return stream.getvalue()


def compare(one, other):
    return compare_pictures("image/png", one, other, Tolerance())


@pytest.mark.parametrize("way", [{}, {"tight": True}], ids=["as published", "tight"])
def test_a_marker_of_five_pixels_that_is_missing_from_a_figure_of_300_dpi_differs(way):
    result = compare(draw(), draw(points=199, **way))
    assert result.state == "differs"
    assert "lines or markers differ" in result.reason


def test_a_marker_of_five_pixels_that_is_missing_from_a_poster_differs():
    assert compare(draw(inches=(16, 10)), draw(inches=(16, 10), points=199)).state == "differs"


@pytest.mark.parametrize(
    "way",
    [{"rc": {"font.family": "DejaVu Serif"}}, {"tight": True}, {"dpi": 250}, {"dpi": 330}],
    ids=["serif", "tight", "dpi 250", "dpi 330"],
)
def test_a_figure_of_300_dpi_drawn_otherwise_is_within_tolerance(way):
    result = compare(draw(), draw(**way))
    assert result.state == "within_tolerance", result.reason


def grain(seed, strength=255):
    """Return a page of noise that is even grey where it is drawn smaller."""
    noise = np.random.default_rng(seed).integers(0, strength, (1800, 2400, 1), dtype=np.uint8)
    return np.repeat(noise + (255 - strength) // 2, 3, axis=2).astype(np.uint8)


def test_two_large_pictures_of_noise_differ():
    one = grain(1)
    assert one.shape[0] * one.shape[1] > 4 * MAX_PIXELS
    assert compare(png(one), png(grain(2))).state == "differs"


def test_a_large_picture_that_is_lower_than_a_block_of_detail_is_compared():
    one = np.full((14, 55100, 3), 255, dtype=np.uint8)
    one[5:9, ::700] = 0
    other = np.asarray(Image.fromarray(one).resize((53941, 13), Image.Resampling.BICUBIC))
    assert one.shape[0] * one.shape[1] > MAX_PIXELS
    assert compare(png(one), png(other)).state in {"within_tolerance", "differs"}


def test_noise_that_is_gone_from_a_large_picture_differs():
    assert compare(png(grain(1)), png(np.full((1800, 2400, 3), 127, np.uint8))).state == "differs"


def test_two_resolutions_that_are_drawn_smaller_alike_count_as_two():
    pair = register(*(decode_picture(draw(dpi=dpi)).rgb for dpi in (300, 250)))
    assert pair.published.shape == pair.fresh.shape
    assert pair.is_resampled


def test_pages_of_two_resolutions_lie_upon_each_other_from_their_lower_left_corner():
    # 6.4 × 4.8 inches at 100 and at 72 dots an inch, where pixels were cut and lines moved onto whole ones.
    fine, coarse = Frame(80.5, 58.5, 576.5, 427.5), Frame(58.5, 41.5, 414.5, 307.5)
    found = page_mapping((345, 460, 3), (480, 640, 3), [(coarse, fine)])
    assert found.scale == pytest.approx(100 / 72, rel=0.002)
    assert (found.offset_x, found.offset_y) == (0.0, pytest.approx(480 - 345 * found.scale))


def test_axes_that_stand_elsewhere_on_the_page_are_not_placed_by_it():
    fine, coarse = Frame(80.5, 58.5, 576.5, 427.5), Frame(48.5, 41.5, 414.5, 307.5)
    assert page_mapping((345, 460, 3), (480, 640, 3), [(coarse, fine)]) is None


def test_a_large_picture_is_decoded_whole_for_the_look_at_its_detail():
    pair = register(*(np.asarray(Image.open(io.BytesIO(draw(points=n)))).astype(np.uint8)[..., :3] for n in (200, 199)))
    assert pair.whole is not None
    assert pair.published.shape[0] * pair.published.shape[1] <= MAX_PIXELS * 1.01
