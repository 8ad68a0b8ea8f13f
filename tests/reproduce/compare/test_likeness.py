"""How near a picture comes to a published one."""

from __future__ import annotations

import numpy as np

from reproduce.compare import likeness_of
from reproduce.compare.raster import decode_picture
from tests.reproduce.compare.notebooks import figure, png


def test_equal_pixels_are_equal_whatever_the_bytes() -> None:
    white = np.full((40, 60, 3), 255, dtype=np.uint8)
    found = likeness_of(png(white), png(white, compress_level=0))
    assert (found.is_equal, found.is_same_figure, found.distance) == (True, True, (0.0, 0.0))


def test_the_nearer_picture_has_the_smaller_distance() -> None:
    shown = figure()
    pixel, same, other = (likeness_of(shown, each) for each in (_dotted(), figure(scale=0.5), figure(has_spike=True)))
    assert [each.is_same_figure for each in (pixel, same, other)] == [True, True, False]
    assert (pixel.share, same.share) == (1 / (480 * 360), None)
    assert pixel.distance < same.distance < other.distance


def _dotted() -> bytes:
    """The figure with one of its pixels a little otherwise."""
    rgb = decode_picture(figure()).rgb.copy()
    rgb[5, 5] -= 3
    return png(rgb)


def test_what_is_no_picture_is_like_none() -> None:
    found = likeness_of(figure(), b"no picture")
    assert (found.is_equal, found.is_same_figure, found.metric, found.share) == (False, False, None, None)
    assert found.distance > likeness_of(figure(), figure(has_spike=True)).distance
