"""The canonical form is that of RFC 8785, and what has none is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reproduce.certificates.canonical import MOST_BYTES, MalformedError, canonical, read_json

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**53) + 1, 2**53 - 1) | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)


def test_names_are_sorted_by_utf16_code_units() -> None:
    # The example of RFC 8785, 3.2.3: by code points the last two would change places.
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    expected = '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\U0001f600":5,"\ufb33":3}'
    assert canonical(names) == expected.encode()


def test_strings_are_escaped_as_ecmascript_does() -> None:
    assert canonical('\u0000\b\t\n\f\r\u001f"\\/é\u007f\u2028') == (
        b'"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\xc3\xa9\x7f\xe2\x80\xa8"'
    )


@pytest.mark.parametrize("value", [1.5, 2**53, float("nan"), {"a": {1, 2}}, b"x", {1: "a"}, "\ud800"], ids=repr)
def test_what_has_no_form_that_everybody_agrees_on_is_refused(value: object) -> None:
    with pytest.raises(MalformedError):
        canonical(value)


@given(VALUES)
def test_reading_gives_back_what_was_written(value: object) -> None:
    try:
        data = canonical({"value": value})
    except MalformedError:
        return
    assert read_json(data) == {"value": value}
    assert canonical(read_json(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"nul",
        b"\xff\xfe",
        b'{"a": 1.0}',
        b'{"a": 1e3}',
        b'{"a": NaN}',
        b'{"a": -0}',
        b'{"a": 99999999999999999999}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"a": "' + b"x" * MOST_BYTES + b'"}',
        b'{"a": ' + b"9" * 100_000 + b"}",
    ],
    ids=lambda data: f"{data[:24]!r} of {len(data)} bytes",
)
def test_hostile_json_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(MalformedError, match=r"it|a number|an object"):
        read_json(data)


def test_layout_does_not_matter() -> None:
    document = {"b": [1, True, None], "a": "ü"}
    assert canonical(read_json(json.dumps(document, indent=3).encode())) == canonical(document)
