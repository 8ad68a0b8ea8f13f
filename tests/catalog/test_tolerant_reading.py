"""Reading foreign texts, dates and licences: sense is kept, the rest counts as absent."""

from __future__ import annotations

import time
from datetime import date

import pytest

from catalog.sources.licences import licence_name
from catalog.sources.tolerant import iso_date, parse_object, partial_date, prose


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"a":' * 50_000, b"1" * 5000, b"{" + b'"a": ' + b"9" * 5000 + b"}", b"\xff\xfe", b"NaN"]
)
def test_json_that_cannot_be_read_is_none(body: bytes) -> None:
    assert parse_object(body) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<jats:sec><jats:title>Aim</jats:title><jats:p>x<jats:sub>2</jats:sub></jats:p></jats:sec>", "Aim\n\nx2"),
        ("for a < b and c > d", "for a < b and c > d"),
        ("&lt;script&gt;", "<script>"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("a\u202eb", "a b"),
    ],
)
def test_mark_up_is_taken_out_and_sense_kept(text: str, plain: str) -> None:
    assert prose(text) == plain


def test_hostile_mark_up_is_read_in_no_time() -> None:
    started = time.monotonic()
    for text in ("<" * 400_000, "<a " * 130_000, "<p" + " " * 400_000, "&" * 400_000):
        prose(text)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((2016, 9, 19), (date(2016, 9, 19), "day")),
        (("2016", "9"), (date(2016, 9, 1), "month")),
        ((2016, 2, 30), (date(2016, 2, 1), "month")),
        ((2016, 13, 1), (date(2016, 1, 1), "year")),
        ((2016, None, 5), (date(2016, 1, 1), "year")),
        ((None,), None),
        ((0,), None),
        ((True,), None),
        ((10**30,), None),
    ],
)
def test_a_date_is_as_exact_as_it_is_possible(parts: tuple[object, ...], expected: object) -> None:
    assert partial_date(*parts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-11-30T10:00:00Z", (date(2020, 11, 30), "day")),
        ("2019-05/2019-06", (date(2019, 5, 1), "month")),
        (2019, (date(2019, 1, 1), "year")),
        ("May 2019", None),
        ({}, None),
    ],
)
def test_a_written_date_is_read(text: object, expected: object) -> None:
    assert iso_date(text) == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-sa/3.0/legalcode", "CC-BY-NC-SA-3.0"),
        ("https://creativecommons.org/licenses/by/3.0/de/", "https://creativecommons.org/licenses/by/3.0/de/"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://spdx.org/licenses/BSD-3-Clause.html", "BSD-3-Clause"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("apache-2.0 OR mit", "Apache-2.0 OR MIT"),
        ("https://www.elsevier.com/tdm/userlicense/1.0/", "https://www.elsevier.com/tdm/userlicense/1.0/"),
        ("javascript:alert(1)", ""),
        ("All rights reserved", ""),
        (None, ""),
        ("x" * 5000, ""),
    ],
)
def test_a_licence_is_named_by_spdx_or_its_address(value: object, name: str) -> None:
    assert licence_name(value) == name
