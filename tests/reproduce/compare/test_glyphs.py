"""Letters laid upon each other one by one: the same letter drawn otherwise, and another letter."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from reproduce.compare.glyphs import compare_level, compare_slanted

ALIKE, UNLIKE = 0.2, 0.3
SIZE = 14


def ink_of(page):
    """Return what is drawn on a page, cut to its ink, from 0 to 1."""
    return np.asarray(page.crop(page.getbbox()), dtype=np.float32) / 255


def written(words, *, size=SIZE, apart=0):
    """Return words as a strip of ink; `apart` moves the letters behind the first one."""
    page = Image.new("L", (260, 50))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((9, 9), words[0], font=font, fill=255)
    ImageDraw.Draw(page).text((9 + font.getlength(words[0]) + apart, 9), words[1:], font=font, fill=255)
    return ink_of(page)


def with_exponent(exponent, *, lower=0):
    """Return a unit with an exponent in smaller letters, which may stand lower by some pixels."""
    page = Image.new("L", (260, 50))
    font, small = (ImageFont.load_default(size) for size in (SIZE, round(0.7 * SIZE)))
    ImageDraw.Draw(page).text((9, 15), "q (nm", font=font, fill=255)
    left = 10 + font.getlength("q (nm")
    ImageDraw.Draw(page).text((left, 12 + lower), exponent, font=small, fill=255)
    ImageDraw.Draw(page).text((left + small.getlength(exponent) + 1, 15), ")", font=font, fill=255)
    return ink_of(page)


def resized(strip, width, height):
    """Return a strip drawn at another size."""
    size = (round(width * strip.shape[1]), round(height * strip.shape[0]))
    return np.asarray(Image.fromarray(strip).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def slanted(words):
    """Return words that climb over a part of a page."""
    page = Image.new("L", (200, 200))
    ImageDraw.Draw(page).text((20, 90), words, font=ImageFont.load_default(16), fill=255)
    return np.asarray(page.rotate(35, Image.Resampling.BICUBIC), dtype=np.float32) / 255


@pytest.mark.parametrize("words", ["Temperature (K)", "Energy (eV)", "Field (T)", "0.25"])
def test_the_same_words_are_alike_where_heights_and_gaps_are_rounded_otherwise(words):
    assert compare_level(written(words), resized(written(words), 1.0, 1.09), SIZE) < ALIKE
    assert compare_level(written(words), written(words, apart=1), SIZE) < ALIKE


@pytest.mark.parametrize(("one", "other"), [("Field (T)", "Field (F)"), ("Energy (eV)", "Energy (aV)"), ("6", "8")])
def test_one_other_letter_is_unlike_at_another_resolution(one, other):
    finer = resized(written(other, size=round(1.5 * SIZE)), 1 / 1.5, 1 / 1.5)
    assert compare_level(written(one), finer, SIZE) > UNLIKE
    assert compare_level(finer, written(one), SIZE) > UNLIKE


@pytest.mark.parametrize("place", [0, 1])
def test_letters_that_run_together_in_one_picture_are_found_by_those_of_the_other(place):
    words, joined = written("model"), written("model")
    joined[joined.shape[0] // 2, :] = np.maximum(joined[joined.shape[0] // 2, :], 0.55)
    pair = (words, joined) if place else (joined, words)
    assert compare_level(*pair, SIZE) < UNLIKE


@pytest.mark.parametrize("lower", [-3, -1, 1, 3])
def test_an_exponent_may_stand_some_pixels_lower_but_not_be_another_one(lower):
    assert compare_level(with_exponent("\N{MINUS SIGN}1"), with_exponent("\N{MINUS SIGN}1", lower=lower), SIZE) < UNLIKE
    assert compare_level(with_exponent("\N{MINUS SIGN}1"), with_exponent("\N{MINUS SIGN}2", lower=lower), SIZE) > UNLIKE


@pytest.mark.parametrize("apart", [-1, -2, -3])
def test_a_letter_that_reaches_under_another_one_in_one_picture_is_the_same(apart):
    for pair in ((0, apart), (apart, 0), (1, apart)):
        assert compare_level(*(written("Temperature", apart=each) for each in pair), SIZE) < UNLIKE


@pytest.mark.parametrize("words", ["Tamperature", "Femperature", "Tcmperature"])
def test_another_letter_that_reaches_under_one_or_has_one_under_it_is_unlike(words):
    for one, other in ((0, -2), (-2, 0), (-2, -2)):
        assert compare_level(written("Temperature", apart=one), written(words, apart=other), SIZE) > UNLIKE


def test_a_letter_that_only_one_picture_has_is_unlike_from_either_side():
    words, shorter = written("Energy 12"), written("Energy 12")
    shorter[:, -8:] = 0.0
    assert compare_level(words, shorter, SIZE) > 1.0
    assert compare_level(shorter, words, SIZE) > 1.0


def test_words_at_an_angle_may_move_together_but_keep_their_letters():
    words = slanted("Yield (nm 1)")
    assert compare_slanted(words, np.roll(words, (3, -4), axis=(0, 1))) < ALIKE
    assert compare_slanted(words, slanted("Yield (nm 2)")) > UNLIKE


def test_words_at_an_angle_are_not_told_where_no_letter_lies_wholly_in_the_part():
    empty = np.zeros((40, 40), dtype=np.float32)
    assert compare_slanted(empty, slanted("Yield")[60:100, 60:100]) is None


@pytest.mark.parametrize(("width", "height"), [(1.15, 1.0), (0.88, 1.0), (1.0, 1.15)])
def test_one_letter_may_be_wider_or_taller_by_a_pixel_but_not_be_another_one(width, height):
    letter, drawn = written("m"), resized(written("m"), width, height)
    assert compare_level(letter, drawn, SIZE) < ALIKE
    assert compare_level(letter, resized(written("n"), width, height), SIZE) > UNLIKE


def test_words_at_an_angle_may_be_those_of_a_narrower_font():
    def narrower(words):
        page = Image.new("L", (200, 200))
        ImageDraw.Draw(page).text((20, 90), words, font=ImageFont.load_default(16), fill=255)
        page = page.transform(page.size, Image.Transform.AFFINE, (1.12, 0, -0.12 * 70, 0, 1, 0))
        return np.asarray(page.rotate(35, Image.Resampling.BICUBIC), dtype=np.float32) / 255

    assert compare_slanted(slanted("Temperature"), narrower("Temperature"), may_be_narrower=True) < UNLIKE
    assert compare_slanted(slanted("Temperature"), narrower("Temperature")) > UNLIKE
    assert compare_slanted(slanted("Temperature"), narrower("Tempalature"), may_be_narrower=True) > UNLIKE
