"""HTML, SVG and JSON outputs."""

from __future__ import annotations

import pytest

from reproduce.compare import Tolerance
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


def json_output(value, mime="application__geo+json"):
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
    one = {"data": [{"y": [1.0, 2.0]}], "layout": {"title": "t"}}
    other = {**one, "data": [{"y": [1.0, 2.0 + 1e-12]}]}
    assert compare_one(json_output(one), json_output(other)).state == "within_tolerance"


@pytest.mark.parametrize(
    "other",
    [
        {"y": [1.0, 2.0], "uid": "a"},
        {"y": [1.0, 2.1]},
        {"y": [1.0]},
        {"x": [1.0, 2.0]},
        {"y": "1.0"},
        {"y": [True, 2.0]},
    ],
)
def test_changed_json_differs(other):
    assert compare_one(json_output({"y": [1.0, 2.0]}), json_output(other)).state == "differs"


@pytest.mark.parametrize(("one", "other"), [(2**53, 2**53 + 1), (10**400, 10**400 + 1), (10**12, 10**12 + 1)])
def test_whole_numbers_in_json_count_and_must_be_equal(one, other):
    assert compare_one(json_output({"n": one}), json_output({"n": other})).state == "differs"
    assert compare_one(json_output({"n": one}), json_output({"n": one})).state == "identical"


def test_a_declared_tolerance_holds_for_whole_numbers_in_json_too():
    one, other = json_output({"n": 100}), json_output({"n": 101})
    assert compare_one(one, other, Tolerance(rtol=0.1)).state == "within_tolerance"
    assert compare_one(one, other, Tolerance(atol=1)).state == "within_tolerance"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$\\displaystyle x^{2}$", "$x^{2}$"),
        ("$$\\frac{1}{2}$$", "\\[\\frac{1}{2}\\]"),
        ("$$\\left [ -1, \\quad 1\\right ]$$", "$\\displaystyle \\left[ -1, \\  1\\right]$"),
        ("\\begin{tabular}{lr}\n a & 1 \\\\\n\\end{tabular}", "\\begin{tabular}{lr}\na & 1 \\\\\n\\end{tabular}"),
    ],
)
def test_latex_is_compared_by_its_symbols(one, other):
    result = compare_one(display(text__latex=one), display(text__latex=other))
    assert (result.state, result.rules) == ("identical", ("latex-layout",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$x^2$", "$x^3$"),
        ("$\\alpha b$", "$\\alphab$"),
        ("$\\text{a b}$", "$\\text{ab}$"),
        ("$x$ and $y$", "$x and y$"),
        ("$10^{5}$", "$10^{6}$"),
        ("$1 2$", "$12$"),
        ("$1 \\quad 2$", "$12$"),
        ("$a, \\quad b$", "$a, c$"),
    ],
)
def test_another_formula_differs(one, other):
    assert compare_one(display(text__latex=one), display(text__latex=other), Tolerance(rtol=0.3)).state == "differs"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("10<sup>5</sup>", "105"),
        ("x<sub>1</sub>", "x1"),
        ("1 <b>2</b>", "12"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<table><tr><td>a | b</td></tr></table>"),
        ("<svg><path d='M 0 0 L 1 1'/></svg>", "<svg><path d='M 0 0 L 1 9'/></svg>"),
        ("<svg><use href='#a'/><g id='a'/><g id='b'/></svg>", "<svg><use href='#b'/><g id='a'/><g id='b'/></svg>"),
        ("<progress value='3' max='9'></progress>", "<progress value='4' max='9'></progress>"),
        ("<td bgcolor='red'>1</td>", "<td bgcolor='blue'>1</td>"),
        ("<p style='background: red; width: 10%'></p>", "<p style='background: red; width: 90%'></p>"),
        ("<s>1</s>", "1"),
        ("<iframe srcdoc='a'></iframe>", "<iframe srcdoc='b'></iframe>"),
        ("<script src='a.js'></script>", "<script src='b.js'></script>"),
    ],
)
def test_a_page_that_shows_something_else_differs(one, other):
    assert compare_one(html(one), html(other)).state == "differs"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p id='a1' class='x'>1</p>", "<p id='b2'>1</p>"),
        (
            "<svg><clipPath id='p1'/><g clip-path='url(#p1)'/></svg>",
            "<svg><clipPath id='q7'/><g clip-path='url(#q7)'/></svg>",
        ),
        ("<b>1</b>\n<i>2</i>", "<b>1</b> <i>2</i>"),
    ],
)
def test_a_page_that_shows_the_same_is_identical(one, other):
    assert compare_one(html(one), html(other)).state == "identical"
