"""Of one renderer, what differs pixel by pixel counts, but for what a cropped page moves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from reproduce.compare.same_renderer import unexplained

SHAPE = (120, 200)
ALL = np.ones(SHAPE, dtype=np.bool_)


def drawn(*, right=0.0, down=0.0, bend=0.0, markers=0):
    """Return a page with a wave, moved by fractions of a pixel, and markers, moved by whole ones."""
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
    wave = 60 + down + 30 * np.sin((x - right) / 20) + bend * np.exp(-(((x - 120) / 15) ** 2))
    across = np.hypot(1.0, 1.5 * np.cos((x - right) / 20))
    page = 255 * np.clip(np.abs(y - wave) / across - 0.5, 0, 1)
    for left in (30, 90, 150):
        page[10 + markers : 17 + markers, left + markers : left + 7 + markers] = 0
    page = ndimage.gaussian_filter(page, 0.5)
    return np.repeat(np.rint(page)[:, :, None], 3, axis=2).astype(np.uint8)


def unlike(fresh, *, is_same_page):
    return int(np.count_nonzero(unexplained(drawn(), fresh, ALL, 24.0, is_same_page=is_same_page)))


def test_half_a_pixel_counts_on_the_same_page():
    assert unlike(drawn(), is_same_page=True) == 0
    assert unlike(drawn(down=0.5), is_same_page=True) > 100


@pytest.mark.parametrize("markers", [0, -1])
def test_a_cropped_page_moves_curves_by_a_fraction_and_markers_by_a_whole_pixel_or_not(markers):
    moved = drawn(right=-0.4, down=-0.3, markers=markers)
    assert unlike(moved, is_same_page=False) == 0
    assert unlike(moved, is_same_page=True) > 100


def test_what_bends_otherwise_counts_on_a_cropped_page_too():
    assert unlike(drawn(right=-0.4, down=-0.3, bend=2.0), is_same_page=False) > 20


def test_more_than_a_crop_does_is_no_offset():
    assert unlike(drawn(right=1.5), is_same_page=False) > 20


def test_what_is_not_compared_does_not_count():
    nothing = np.zeros(SHAPE, dtype=np.bool_)
    assert not unexplained(drawn(), drawn(down=9), nothing, 24.0, is_same_page=False).any()
