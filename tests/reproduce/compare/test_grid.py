"""A picture drawn on the grid of another, whole and but for what is drawn otherwise afterwards."""

import numpy as np
import pytest

from reproduce.compare.grid import Mapping, around, draw_beside, draw_on

PAGE = (-2, -1, 170, 130)


@pytest.mark.parametrize("patch", [(20, 15, 120, 100), (-2, -1, 120, 100), (20, 15, 170, 130), (-2, -1, 170, 130)])
def test_beside_a_patch_it_is_the_picture_as_a_whole(patch):
    rgb = np.random.default_rng(5).integers(0, 256, (160, 205, 3), dtype=np.uint8)
    mapping = Mapping(1.2, 1.21, -3.3, 2.1)
    whole, beside = draw_on(PAGE, rgb, mapping), draw_beside(PAGE, patch, rgb, mapping)
    assert beside.shape == whole.shape
    counted = np.ones(whole.shape[:2], dtype=np.bool_)
    counted[patch[1] - PAGE[1] : patch[3] - PAGE[1], patch[0] - PAGE[0] : patch[2] - PAGE[0]] = False
    # Pillow draws along rows or along columns first, whichever is cheaper, and rounds between.
    apart = np.abs(whole.astype(int) - beside)[counted]
    assert apart.max(initial=0) <= 1
    assert apart.size or patch == PAGE


def test_a_shift_by_whole_pixels_is_the_picture_itself():
    rgb = np.random.default_rng(6).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    drawn = draw_beside((0, 0, 50, 40), (10, 10, 20, 20), rgb, Mapping(1.0, 1.0, 3.0, 0.0))
    assert np.array_equal(drawn[:, :47], rgb[:, 3:])
    drawn[:] = 0
    assert rgb.any(), "it is a copy"


def test_axes_have_a_margin_as_far_as_the_page_reaches():
    assert around((3.5, 20.2, 100.0, 122.4), (0, 0, 110, 130)) == (0, 12, 108, 130)
