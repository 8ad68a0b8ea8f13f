"""HTML, SVG and JSON outputs."""

from __future__ import annotations

import pytest

from tests.reproduce.compare.notebooks import compare_one, display

TABLE = "<div><style scoped>.dataframe tbody {{ }}</style><table class='dataframe'><tr>"
TABLE += "<th>{0}</th><td>{1}</td><td>{2}</td></tr></table></div>"
SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 400 300">
<metadata>{date}</metadata><defs><clipPath id="{clip}"><rect x="10" y="10" width="300" height="200"/></clipPath>
<path id="{clip}a" d="M 0 0 L 1 1"/><path id="{clip}b" d="M 0 0 L 2 1"/></defs>
<path d="M 10 {y} L 20 30" clip-path="url(#{clip})" style="stroke: {colour}; fill: none"/>
<use xlink:href="#{clip}{glyph}"/><text>{label}</text></svg>"""
DRAWING = {"date": "2016", "clip": "p1", "y": "20.5", "colour": "#1f77b4", "glyph": "a", "label": "Energy"}


def html(value):
    return display(text__html=value)


def svg(**changes):
    return display(**{"image__svg+xml": SVG.format(**(DRAWING | changes))})


def json_output(value, mime="application__vnd.plotly.v1+json"):
    return display(**{mime: value})


def test_a_table_is_compared_by_its_cells_and_not_by_its_styling():
    one = html(TABLE.format("a", 1, 2))
    other = html("<table><tr style='text-align: right'><th>a</th><td>1</td>\n<td>2</td></tr></table>")
    result = compare_one(one, other)
    assert (result.state, result.rules) == ("identical", ("html-layout",))


def test_numbers_in_a_table_have_the_tolerance_of_numbers():
    assert (
        compare_one(html(TABLE.format("a", 1.23456, 2)), html(TABLE.format("a", 1.23457, 2))).state
        == "within_tolerance"
    )
    assert compare_one(html(TABLE.format("a", 1.23456, 2)), html(TABLE.format("a", 1.33456, 2))).state == "differs"


@pytest.mark.parametrize(
    "other",
    [
        TABLE.format("b", 1, 2),
        TABLE.format("a", 12, ""),
        "<table><tr><th>a</th><td>1</td></tr><tr><td>2</td></tr></table>",
        "<table><tr><th>a</th><td colspan='2'>1</td><td>2</td></tr></table>",
        "<table><tr><th>a</th><td style='background-color: red'>1</td><td>2</td></tr></table>",
        TABLE.format("a", 1, 2) + "<img src='data:image/png;base64,AAAA'>",
        TABLE.format("a", 1, 2) + "<script>draw(5)</script>",
    ],
)
def test_a_table_that_shows_something_else_differs(other):
    assert compare_one(html(TABLE.format("a", 1, 2)), html(other)).state == "differs"


def test_broken_markup_is_read_and_never_raises():
    assert compare_one(html("<table><tr><td>1"), html("<table><tr><td>2<<<>")).state == "differs"


def test_random_identifiers_and_dates_of_a_drawing_do_not_count():
    assert compare_one(svg(), svg(date="2026", clip="q77")).state == "identical"


def test_a_moved_coordinate_is_measured():
    result = compare_one(svg(), svg(y="20.51"))
    assert (result.state, result.metric["name"]) == ("within_tolerance", "max_displacement")
    assert compare_one(svg(), svg(y="23")).state == "differs"


@pytest.mark.parametrize("change", [{"colour": "#ff0000"}, {"label": "Time"}, {"glyph": "b"}])
def test_a_changed_drawing_differs(change):
    assert compare_one(svg(), svg(**change)).state == "differs"


@pytest.mark.parametrize(
    "hostile",
    [
        "no svg",
        "<!DOCTYPE s [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><svg>&b;</svg>",
        "<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        "<svg>" + "<g>" * 5000 + "</g>" * 5000 + "</svg>",
    ],
    ids=["text", "entities", "external", "deep"],
)
def test_a_hostile_drawing_is_not_compared(hostile):
    output = display(**{"image__svg+xml": hostile})
    assert compare_one(svg(), output).state == "not_compared"


def test_json_is_compared_by_structure_and_number():
    one = {"data": [{"y": [1.0, 2.0], "uid": "a"}], "layout": {"title": "t"}}
    assert (
        compare_one(json_output(one), json_output({**one, "data": [{"y": [1.0, 2.0 + 1e-12], "uid": "b"}]})).state
        == "within_tolerance"
    )


@pytest.mark.parametrize(
    "other", [{"y": [1.0, 2.1]}, {"y": [1.0]}, {"x": [1.0, 2.0]}, {"y": "1.0"}, {"y": [True, 2.0]}]
)
def test_changed_json_differs(other):
    assert compare_one(json_output({"y": [1.0, 2.0]}), json_output(other)).state == "differs"


def test_latex_is_compared_as_text():
    assert compare_one(display(text__latex="$x^2$"), display(text__latex="$x^3$")).state == "differs"
