"""The boxes around legends are found by their lines; what only one of them reaches is covered."""

from __future__ import annotations

import numpy as np
import pytest

from reproduce.compare.legend_boxes import cover_rims
from reproduce.compare.words import Line

SHAPE = (200, 300)
LINES = [Line(140, 60 + 15 * number, 180, 69 + 15 * number, 6, False, True) for number in range(3)]
GROUPS = [((line,), (line,)) for line in LINES]


def page(left, top, right, bottom, *, level=214):
    """Return a page with a curve and a box over it, whose lines lie on these columns and rows."""
    rgb = np.full((*SHAPE, 3), 255, dtype=np.uint8)
    rgb[:, 160:163] = 0
    rgb[top : bottom + 1, left : right + 1] = 255 - (255 - rgb[top : bottom + 1, left : right + 1]) // 5
    rgb[top : bottom + 1, (left, right)] = rgb[(top, bottom), left : right + 1] = level
    return rgb


def covered(one, other, groups=GROUPS):
    mask = np.zeros(SHAPE, dtype=np.bool_)
    cover_rims(mask, groups, (one, other))
    return mask


def test_what_lies_in_one_box_alone_is_covered_and_what_lies_in_both_is_not():
    mask = covered(page(110, 54, 186, 104), page(108, 54, 190, 116))
    assert mask[102:120, 105:194].all()
    assert mask[51:120, 105:110].all()
    assert not mask[57:102, 113:184].any()
    assert not mask[120:].any()
    assert not mask[:, :105].any()


def test_what_was_covered_stays_so():
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[70:80, 120:130] = True
    cover_rims(mask, GROUPS, (page(110, 54, 186, 104), page(108, 54, 190, 116)))
    assert mask[70:80, 120:130].all()
    assert not mask[82:90, 120:130].any()


@pytest.mark.parametrize(
    ("other", "groups"),
    [
        (page(110, 54, 186, 104), GROUPS),
        (page(110, 54, 186, 104, level=255), GROUPS),
        (page(110, 54, 186, 160), GROUPS),
        (page(108, 54, 190, 116), []),
        (page(108, 54, 190, 116), [((Line(140, 60, 180, 69, 6, False, False),),) * 2]),
    ],
    ids=["one box", "no lines", "too far apart", "no words", "words outside the axes"],
)
def test_nothing_is_covered_without_two_boxes_of_one_legend(other, groups):
    assert not covered(page(110, 54, 186, 104), other, groups).any()


def test_the_columns_of_a_legend_have_one_box():
    beside = [Line(240, 60 + 15 * number, 270, 69 + 15 * number, 6, False, True) for number in range(2)]
    groups = GROUPS + [((line,), (line,)) for line in beside]
    mask = covered(page(110, 54, 276, 104), page(110, 54, 278, 110), groups)
    assert mask[106:112, 108:280].all()
    assert not mask[57:100, 113:270].any()
