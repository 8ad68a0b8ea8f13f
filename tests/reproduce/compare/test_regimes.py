"""How near is near, by how two pictures came about."""

from __future__ import annotations

import numpy as np

from reproduce.compare.perceptual import find_differences
from reproduce.compare.raster import Pixels
from reproduce.compare.regimes import setting_of
from reproduce.compare.registration import Registered

FRAME = (20.0, 20.0, 180.0, 130.0)


def pair(published: Pixels, fresh: Pixels, *, has_axes: bool, is_resampled: bool = False) -> Registered:
    return Registered(published, fresh, 1.0, is_resampled, (FRAME,) if has_axes else ())


def shaded(level: int, *, line: int = 0) -> Pixels:
    """Return a page with words' worth of pieces of ink, an area and a thick line of a shade."""
    rgb = np.full((150, 200, 3), 255, np.uint8)
    rgb[4:12, 10:190:12] = 0
    rgb[40:90, 40:160] = level
    rgb[110:113, 40:160] = line
    return rgb


def test_colours_of_areas_agree_to_the_level_within_axes_only():
    shades = shaded(150), shaded(154)
    assert find_differences(pair(*shades, has_axes=True)).value > 1.0
    assert find_differences(pair(*shades, has_axes=False)).value <= 1.0
    assert find_differences(pair(shaded(150), shaded(151), has_axes=True)).value <= 1.0


def test_a_face_of_another_shade_counts_by_its_size_where_there_are_no_axes():
    def face(level, wide):
        rgb = shaded(150)
        rgb[50:70, 60 : 60 + wide] = level
        return rgb

    for wide, is_same in ((25, True), (80, False)):
        assert (find_differences(pair(face(150, wide), face(162, wide), has_axes=False)).value <= 1.0) is is_same
        assert find_differences(pair(face(150, wide), face(162, wide), has_axes=True)).value > 1.0


def test_no_other_shade_of_a_line_is_forgiven_where_ink_alone_laid_the_pictures_upon_each_other():
    blank = shaded(150)
    by_axes, by_ink = (setting_of(pair(blank, blank, has_axes=each), "resampled") for each in (True, False))
    assert [limit.stretch for limit in by_axes.displaced] == [0.4, 0.4]
    assert [limit.stretch for limit in by_ink.displaced] == [0.0, 0.4]


def test_one_renderer_draws_pixel_by_pixel_alike_within_axes_only():
    blank = shaded(150)
    assert [setting_of(pair(blank, blank, has_axes=each), "same renderer").exact_weight for each in (True, False)] == [
        18,
        0,
    ]
