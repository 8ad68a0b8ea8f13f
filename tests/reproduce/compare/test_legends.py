"""Legends: columns that grow with the font are paired in order, their boxes covered, their handles compared."""

from __future__ import annotations

import numpy as np
import pytest

from reproduce.compare.legends import compare_handles, cover_entries, pair_columns
from reproduce.compare.words import Line


def column(pitch, *, count=5, left=100):
    """Return the lines of a legend whose first one is held by the axes."""
    return [
        Line(left, round(50 + pitch * number), left + 40, round(50 + pitch * number) + 9, 6, False, True)
        for number in range(count)
    ]


def drawn(colour):
    """Return a page with a handle of this colour before a word, and the depths of both."""
    page = np.full((60, 200, 3), 255, dtype=np.uint8)
    page[53:56, 70:92] = colour
    return page, (255 - page.min(axis=2)).astype(np.uint8)


def test_the_lines_of_a_legend_that_grew_are_paired_in_order():
    ones, others = column(15.0), column(17.5)
    assert pair_columns(ones, others) == [((one,), (other,)) for one, other in zip(ones, others, strict=True)]


@pytest.mark.parametrize("others", [column(15.2), column(17.5, count=4), column(17.5, left=160)])
def test_lines_are_paired_in_order_only_where_as_many_moved_along_one_column(others):
    assert pair_columns(column(15.0), others) == []


def test_what_a_renderer_broke_off_a_line_of_a_legend_belongs_to_it():
    ones, others = column(15.0), column(17.5)
    digit = Line(144, 110, 149, 119, 1, False, True)
    assert pair_columns([*ones, digit], others)[-1] == ((ones[-1], digit), (others[-1],))


def test_a_legend_is_covered_as_wide_as_its_longest_entry_and_nothing_beside_it_is():
    covered = np.zeros((200, 300), dtype=np.bool_)
    cover_entries(covered, [(50, 20, 120, 50), (51, 45, 180, 75), (220, 100, 260, 120)])
    assert covered[20:75, 50:180].all()
    assert covered.sum() == 55 * 130 + 20 * 40


def test_a_paler_handle_is_no_other_one_at_another_resolution_but_another_colour_is():
    line = Line(100, 50, 140, 59, 4, False, True)
    blue, pale, red = drawn((31, 119, 180)), drawn((152, 196, 222)), drawn((214, 39, 40))

    def unlike(one, other, *, is_resampled):
        pictures, depths = zip(one, other, strict=True)
        return compare_handles(((line,), (line,)), pictures, depths, is_resampled=is_resampled)

    assert unlike(blue, pale, is_resampled=True) < 0.3
    assert unlike(blue, pale, is_resampled=False) > 1.0
    assert unlike(blue, red, is_resampled=True) > 1.0
