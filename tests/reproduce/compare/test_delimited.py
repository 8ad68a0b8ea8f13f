"""CSV and TSV are compared cell by cell; the reason names the line and the heading of the column."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduce.compare import Tolerance
from reproduce.compare.delimited import compare_delimited
from reproduce.compare.text import TextSettings


def compare(one, other, tolerance=None, mime="text/csv"):
    return compare_delimited(mime, one, other, TextSettings(tolerance or Tolerance()))


TABLE = "q,mean,name\n0.1,17.25,a\n0.2,18.5,b\n"


@pytest.mark.parametrize(
    ("was", "now", "place"),
    [
        ("18.5", "18.9", "line 3, column “mean”: 18.5 published against 18.9 now"),
        (",b", ",c", "line 3, column “name”: b published against c now"),
        ("mean", "median", "line 1, column “mean”: mean published against median now"),
        ("18.5", "nan", "line 3, column “mean”: 18.5 published against nan now"),
        ("18.5", "", "line 3, column “mean”: 18.5 published against nothing now"),
    ],
)
def test_a_changed_cell_is_named(was, now, place):
    result = compare(TABLE, TABLE.replace(was, now))
    assert result.state == "differs"
    assert place in result.reason


def test_a_table_without_headings_numbers_its_columns():
    assert "line 2, column 2: 4 published against 5 now" in compare("1,2\n3,4\n", "1,2\n3,5\n").reason


@pytest.mark.parametrize(
    "other",
    [
        TABLE.replace("\n", "\r\n"),
        TABLE.replace(",", ";"),
        TABLE.replace(",", ", "),
        TABLE.replace("name", '"name"'),
        "\ufeff" + TABLE,
        TABLE.rstrip("\n"),
    ],
    ids=["ends of lines", "semicolons", "spaces", "quotes", "byte order mark", "no end"],
)
def test_how_a_table_is_written_is_no_difference(other):
    assert compare(TABLE, other).state == "identical"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (TABLE + "0.3,1,c\n", "had 3 rows and now has 4"),
        (TABLE.replace(",a", ",a,1"), "Line 2 had 3 columns and now has 4"),
        ("0.2,18.5,b\n0.1,17.25,a\nq,mean,name\n", "cells differ"),
    ],
)
def test_another_form_differs(other, words):
    result = compare(TABLE, other)
    assert result.state == "differs"
    assert words in result.reason


def test_numbers_have_the_tolerance_of_the_target_and_other_formats():
    other = TABLE.replace("18.5", "1.8501e+01")
    assert compare(TABLE, other).state == "differs"
    result = compare(TABLE, other, Tolerance(rtol=1e-3))
    assert result.state == "within_tolerance"
    assert "18.5 published against 1.8501e+01 now" in result.reason


def test_a_comma_in_a_number_divides_two_cells_and_never_makes_one():
    assert compare("1,200\n", "1,205\n", Tolerance(rtol=0.01)).state == "differs"


def test_tabs_divide_the_cells_of_a_tsv():
    one, other = "a, b\tc\n1\t2\n", "a, b\tc\n1\t3\n"
    assert "column “c”" in compare(one, other, mime="text/tab-separated-values").reason


def test_what_is_no_table_is_compared_as_a_text():
    assert compare('"never closed\n1\n', '"never closed\n2\n').state == "differs"


@given(st.lists(st.lists(st.integers(-999, 999), min_size=2, max_size=2), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_any_single_changed_cell_is_found(rows, data):
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 1))
    changed = [list(each) for each in rows]
    changed[row][column] += data.draw(st.integers(1, 5))
    one, other = ("\n".join(f"{a},{b}" for a, b in each) for each in (rows, changed))
    assert compare(one, other).state == "differs"
