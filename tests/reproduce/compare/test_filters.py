"""The filters of the comparison give what the plain definitions give, that of SciPy and NumPy."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

from reproduce.compare import filters


@pytest.fixture
def drawn():
    """Two pictures of noise with a white margin, and a mask."""
    random = np.random.default_rng(8)
    pictures = [random.integers(0, 256, (37, 53, 3), dtype=np.uint8) for _ in range(2)]
    for picture in pictures:
        picture[:5] = picture[:, -7:] = 255
    return *pictures, random.random((37, 53)) > 0.4


def test_distances_are_those_of_the_channel_that_shows_most(drawn):
    one, other, _ = drawn
    apart = np.abs(one.astype(int) - other)
    assert np.array_equal(filters.distance_of(one, other), apart.max(axis=2))
    colour = np.array([200, 3, 90], dtype=np.uint8)
    assert np.array_equal(filters.distance_of(one, colour), np.abs(one.astype(int) - colour).max(axis=2))
    assert np.array_equal(filters.distance_of(one[3:9, 4:20], other[3:9, 4:20]), apart[3:9, 4:20].max(axis=2))
    assert np.array_equal(filters.distance_of(one[0], colour), np.abs(one[0].astype(int) - colour).max(axis=1))
    assert filters.distance_of(one[:0], other[:0]).shape == (0, 53)
    assert filters.distance_of(one[0, :0], colour).shape == (0,)


def test_what_lies_beyond_a_range(drawn):
    one, other, _ = drawn
    low, high = np.minimum(one, 120), np.maximum(one, 150)
    plain = np.maximum(np.maximum(low.astype(int) - other, other.astype(int) - high), 0)
    assert np.array_equal(filters.beyond_range(other, low, high), plain)
    assert np.array_equal(filters.greatest_channel(one), one.max(axis=2))
    assert np.array_equal(filters.planes_of(one)[2], one[:, :, 2])


def test_least_and_greatest_of_a_square(drawn):
    one, _, _ = drawn
    assert np.array_equal(filters.least_around(one), ndimage.minimum_filter(one, (3, 3, 1), mode="nearest"))
    assert np.array_equal(filters.greatest_around(one), ndimage.maximum_filter(one, (3, 3, 1), mode="nearest"))


@pytest.mark.parametrize("reach", [0, 1, 2, 3])
def test_masks_grow_and_shrink_by_squares(drawn, reach):
    *_, mask = drawn
    square = np.ones((2 * reach + 1, 2 * reach + 1))
    assert np.array_equal(filters.widened(mask, reach), ndimage.binary_dilation(mask, square))
    assert np.array_equal(filters.narrowed(mask, reach), ndimage.binary_erosion(mask, square, border_value=1))
    full = ndimage.binary_dilation(mask, np.ones((3, 3)))
    if reach:
        assert np.array_equal(filters.opened(full, reach), ndimage.binary_opening(full, square))
    assert filters.widened(mask[:0], reach).shape == (0, 53)


@pytest.mark.parametrize("is_cornerwise", [True, False])
def test_pieces_are_those_that_touch(drawn, is_cornerwise):
    mask = drawn[0][:, 5:40, 0] < 60
    labels = filters.labelled(mask, is_cornerwise=is_cornerwise)
    plain, count = ndimage.label(mask, np.ones((3, 3)) if is_cornerwise else None)
    assert labels.max() == count > 5
    assert len(set(zip(labels.ravel().tolist(), plain.ravel().tolist(), strict=True))) == count + 1
    assert filters.labelled(mask[:0]).shape == (0, 35)


def test_what_the_border_reaches(drawn):
    *_, mask = drawn
    mask[10:16, 10:16] = False
    mask[12:14, 12:14] = True
    labels, _ = ndimage.label(mask)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    reached = filters.reached_from_border(mask)
    assert np.array_equal(reached, np.isin(labels, border[border > 0]))
    assert reached.any()
    assert not reached[12:14, 12:14].any()


def test_smoothing_keeps_to_whole_levels(drawn):
    one, _, _ = drawn
    plain = ndimage.gaussian_filter(one.astype(np.float64), (0.8, 0.8, 0.0), truncate=3.0)
    assert np.abs(filters.smoothed(one, 0.8) - plain).max() <= 1.5


@pytest.mark.parametrize("shape", [(37, 53), (3, 4), (1, 9)])
def test_fields_are_smoothed_alike_whatever_their_size(shape):
    field = np.random.default_rng(3).random(shape).astype(np.float32)
    for sigma, cut_off in ((1.0, 4.0), (6.0, 3.0)):
        plain = ndimage.gaussian_filter(field.astype(np.float64), sigma, truncate=cut_off)
        assert np.allclose(filters.smoothed_field(field, sigma, cut_off), plain, atol=1e-5)
        down = filters.smoothed_field(field, sigma, cut_off, "columns")
        assert np.allclose(down, ndimage.gaussian_filter1d(field, sigma, axis=0, truncate=cut_off), atol=1e-5)
        assert np.allclose(filters.smoothed_field(down, sigma, cut_off, "rows"), plain, atol=1e-5)


def test_means_over_windows():
    field = np.random.default_rng(4).random((6, 31)).astype(np.float32)
    for window in (1, 4, 9):
        plain = ndimage.uniform_filter1d(field, window, axis=-1, mode="constant")
        assert np.allclose(filters.averaged(field, (window, 1)), plain, atol=1e-6)
    plain = ndimage.uniform_filter(field, 5)
    assert np.allclose(filters.averaged(field, (5, 5), is_mirrored=True), plain, atol=1e-6)


def test_a_margin_has_one_colour(drawn):
    one, _, _ = drawn
    colour = np.array([10, 20, 30], dtype=np.uint8)
    wider = filters.with_margin(one, (1, 2, 3, 4), colour)
    assert wider.shape == (37 + 6, 53 + 4, 3)
    assert np.array_equal(wider[2:-4, 1:-3], one)
    assert (wider[:2] == colour).all()
    assert (wider[:, -3:] == colour).all()


def test_nothing_stays_nothing():
    for shape in ((0, 5), (5, 0)):
        nothing = np.zeros(shape, dtype=np.float32)
        assert filters.smoothed_field(nothing, 2.0).shape == shape
        assert filters.averaged(nothing, (5, 5), is_mirrored=True).shape == shape


def test_only_the_thread_that_calls_works():
    assert cv2.getNumThreads() == 1
