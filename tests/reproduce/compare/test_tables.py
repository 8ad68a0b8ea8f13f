"""Tables are compared cell by cell, and the reason names the row and the column of the one that is farthest off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reproduce.compare import Tolerance
from tests.reproduce.compare.notebooks import compare_one, display, text

DRAWN = Path(__file__).parent / "drawn_by"
OLD, NEW = (json.loads((DRAWN / f"pandas-{version}.json").read_text()) for version in ("1.5", "3.1"))
# As astropy 8 shows one.
ASTROPY = (
    '<div><i>Table length=2</i>\n<table id="table{id}" class="table-striped">\n'
    "<thead><tr><th>a</th><th>b</th></tr></thead><thead><tr><th>int64</th><th>float64</th></tr></thead>\n<tr><td>1</td><td>1.5</td></tr>\n"
    "<tr><td>2</td><td>{b}</td></tr>\n</table></div>"
)


def compare(one, other, tolerance=None):
    return compare_one(display(text__html=one), display(text__html=other), tolerance)


@pytest.mark.parametrize("form", ["df", "multi", "pivot"])
def test_a_frame_of_two_versions_of_pandas_is_the_same(form):
    assert compare(OLD[form], NEW[form]).state == "identical"


@pytest.mark.parametrize("form", ["series", "dtypes", "index", "info", "scalars"])
def test_what_two_versions_of_pandas_and_numpy_print_is_the_same(form):
    assert OLD[form] != NEW[form]
    assert compare_one(text(OLD[form]), text(NEW[form])).state == "identical"


@pytest.mark.parametrize(
    ("form", "was", "now", "place"),
    [
        ("df", "1.3", "1.4", "row “y”, column “mean”: 1.3 published against 1.4 now"),
        ("multi", "1.2", "1.4", "row “x / a / 3”, column “mean”: 1.2 published against 1.4 now"),
        ("pivot", "6.0", "6.5", "row “u / 2”, column “B / mean”: 6.0 published against 6.5 now"),
        ("df", ">b<", ">c<", "row “y”, column “name”: b published against c now"),
    ],
)
def test_the_reason_names_row_and_column(form, was, now, place):
    result = compare(OLD[form], NEW[form].replace(was, now))
    assert result.state == "differs"
    assert place in result.reason


def test_rows_without_a_name_are_numbered():
    one, other = ASTROPY.format(id=140460968528336, b=2.5), ASTROPY.format(id=139860968528111, b=2.6)
    assert compare(one, one.replace("140460968528336", "139860968528111")).state == "identical"
    result = compare(one, other)
    assert result.state == "differs"
    assert "row 2, column “b / float64”: 2.5 published against 2.6 now" in result.reason


def test_the_cell_beyond_the_tolerance_is_named_before_one_within():
    rows = "<table><tr><th>a</th></tr><tr><td>{}</td></tr><tr><td>{}</td></tr></table>"
    result = compare(rows.format(1.0, 100.0), rows.format(1.05, 300.0), Tolerance(rtol=0.1))
    assert "row 2, column “a”: 100.0 published against 300.0 now" in result.reason


def test_a_table_within_the_tolerance_says_its_largest_deviation():
    result = compare(NEW["df"], NEW["df"].replace("1.3", "1.31"), Tolerance(rtol=0.1))
    assert result.state == "within_tolerance"
    assert "column “mean”: 1.3 published against 1.31 now" in result.reason


def test_a_table_of_another_size_says_both_sizes():
    one, other = (f"<table>{'<tr><td>1</td></tr>' * rows}</table>" for rows in (3, 2))
    assert "had 3 rows and 1 column and now has 2 rows and 1 column" in compare(one, other).reason


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "hostile",
    [
        "<table><tr><td colspan=100000000>" * 1000,
        "<table>" * 20_000,
        "<table><tr>" + "<td rowspan=1000 colspan=1000>" * 5000,
        "<td>" * 100_000,
        "<svg>" * 100_000,
        "</table>" * 100_000,
    ],
)
def test_a_hostile_table_is_read_within_bounds(hostile):
    assert compare(f"{hostile}1", f"{hostile}2").state == "differs"
