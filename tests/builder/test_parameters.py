"""What of a notebook can be set from outside, and how it is set."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.parameters import Kind, find_parameters, read_value, set_in_place


def code(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}


def names(*sources: str) -> list[str]:
    return [one.name for one in find_parameters([code(source) for source in sources])]


def test_a_name_that_is_set_once_and_read_is_a_parameter() -> None:
    found = find_parameters([code("import numpy as np\nq_max = 0.3  # 1/Å, end of the fit\n"), code("print(q_max)")])
    assert [(one.name, one.kind, one.value, one.comment, one.cell) for one in found] == [
        ("q_max", "number", 0.3, "1/Å, end of the fit", 0)
    ]


@pytest.mark.parametrize(
    ("literal", "kind"),
    [("True", "boolean"), ("-3", "integer"), ("1e-3", "number"), ("'raw'", "text"), ("[1, 2.5, 'a']", "list")],
)
def test_each_kind_of_plain_value_is_known(literal: str, kind: str) -> None:
    (found,) = find_parameters([code(f"x = {literal}\nx")])
    assert (found.kind, found.value) == (kind, ast.literal_eval(literal))


@pytest.mark.parametrize(
    "sources",
    [
        ("x = 1",),
        ("x = 1\nx", "x = 2"),
        ("x = 1\nx", "for x in y: pass"),
        ("x = 1\nx", "x += 1"),
        ("x = 1\nx", "def f():\n    global x"),
        ("x = 1\nx", "import a as x"),
        ("x = 1\nx", "[y for z in t if (x := z)]"),
        ("x = 1\nx", "x = !ls"),
        ("x = 1\nx", "print 'Python 2'\nx = 3"),
        ("%%timeit\nx = 1\nx",),
        ("if True:\n    x = 1\nx",),
        ("x = y = 1\nx",),
        ("x = (1, 2)\nx",),
        ("x = f()\nx",),
        ("x = None\nx",),
        ("x = 1e999\nx",),
        ("x = b'1'\nx",),
        ("x = [[1]]\nx",),
        ("x = 2**70\nx",),
        ("x = 'a\\nb'\nx",),
    ],
)
def test_what_another_value_would_not_surely_change_is_no_parameter(sources: tuple[str, ...]) -> None:
    assert "x" not in names(*sources)


def test_what_a_function_calls_by_the_same_name_is_its_own() -> None:
    assert names("x = 1\ndef f(x):\n    y = x\n    return y\nf(x)") == ["x"]


def test_a_tagged_cell_says_alone_what_the_parameters_are() -> None:
    cells = [code("other = 1\nother"), code("x = 1\ny = 'a'", "parameters"), code("x = 5")]
    assert [one.name for one in find_parameters(cells)] == ["x", "y"]


def test_a_value_is_set_where_it_stands_and_nothing_else_is_changed() -> None:
    cells = [code("%matplotlib inline\né = 'ü'; q = 0.3  # end\nprint(é, q)"), code("# 0.3\nn = [1, 2]\nn")]
    assert set_in_place(cells, {"q": 0.5, "n": ["a'", 2], "é": "\\"}) == {}
    assert cells[0]["source"] == "%matplotlib inline\né = '\\\\'; q = 0.5  # end\nprint(é, q)"
    assert cells[1]["source"] == '# 0.3\nn = ["a\'", 2]\nn'


def test_a_name_that_is_nowhere_set_is_given_back() -> None:
    cells = [code("q = 1\nq")]
    assert set_in_place(cells, {"q": 2, "r": 3}) == {"r": 3}


@pytest.mark.parametrize(
    ("kind", "given_", "value"),
    [
        ("integer", "12", 12),
        ("integer", 3.0, 3),
        ("number", "1e-3", 0.001),
        ("number", 2, 2.0),
        ("text", "a b", "a b"),
        ("boolean", False, False),
        ("list", "1, 2.5, a b", [1, 2.5, "a b"]),
        ("list", [True, "x"], [True, "x"]),
        ("list", "", []),
    ],
)
def test_a_value_is_read_as_its_kind(kind: Kind, given_: object, value: object) -> None:
    read = read_value(kind, given_)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "given_"),
    [
        ("integer", "1.5"),
        ("integer", 1.5),
        ("integer", True),
        ("integer", "9" * 30),
        ("integer", None),
        ("number", "nan"),
        ("number", "inf"),
        ("number", "1" * 5000),
        ("number", "__import__('os')"),
        ("text", "a\nb"),
        ("text", "x" * 1001),
        ("text", 3),
        ("boolean", "yes"),
        ("list", [[1]]),
        ("list", [float("nan")]),
        ("list", {"a": 1}),
        ("list", ["x"] * 101),
    ],
)
def test_what_is_no_value_of_its_kind_is_refused_with_what_to_give(kind: Kind, given_: object) -> None:
    with pytest.raises(ValueError, match=r"Give .*\."):
        read_value(kind, given_)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_source_and_no_text_breaks_it(source: str, text: str) -> None:
    cells = [code(f"x = 'a'\nx\n{source}"), code(source), {"cell_type": "markdown", "source": source, "metadata": {}}]
    find_parameters(cells)
    if text.isprintable() and set_in_place(cells, {"x": text}) == {}:
        assert [one.value for one in find_parameters(cells) if one.name == "x"] == [text]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False))
def test_no_value_becomes_code(text: str, whole: int, number: float) -> None:
    cells = [code("t = 'a'; i = 1; f = 1.0; print(t, i, f)")]
    set_in_place(cells, {"t": text, "i": whole, "f": number})
    body = ast.parse(cells[0]["source"]).body
    assert [ast.literal_eval(one.value) for one in body[:3]] == [text, whole, number]  # type: ignore[attr-defined]
    assert len(body) == 4
