"""A Record as text and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.exposure.record import Day, Record
from catalog.exposure.stored import FORBIDDEN_IN_XML, StoredError, digest_of, read_record, write_record
from tests.catalog.oai.records import SEEN, make_full_record, make_record

TEXTS = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: not FORBIDDEN_IN_XML.search(text))


def test_a_record_in_which_nothing_has_its_default_comes_back_as_it_was() -> None:
    record = make_full_record()
    assert [each.name for each in fields(Record) if getattr(record, each.name) == each.default] == []
    assert read_record(write_record(record)) == record


@given(title=TEXTS, description=TEXTS, at=st.dates() | st.datetimes(timezones=st.just(UTC)))
def test_any_text_and_date_comes_back_as_it_was(title: str, description: str, at: date) -> None:
    record = make_record(title=title, description=description, days=(Day("Created", at),))
    assert read_record(write_record(record)) == record


def test_equal_records_have_equal_texts_whatever_the_time_zone() -> None:
    elsewhere = SEEN.astimezone(timezone(timedelta(hours=5)))
    assert write_record(make_record(created_at=elsewhere)) == write_record(make_record())


def test_characters_that_xml_forbids_are_left_out() -> None:
    stored = write_record(make_record(title="a\x00b\x0b\ud800c\ufffe\uffff\td\U0001f600"))
    assert read_record(stored).title == "abc\td\U0001f600"


def test_the_digest_is_of_what_is_said_and_not_of_when_it_was_updated() -> None:
    record = make_full_record()
    later = datetime(2030, 1, 1, tzinfo=UTC)
    assert digest_of(replace(record, updated_at=later)) == digest_of(record)
    assert digest_of(replace(record, version="3")) != digest_of(record)


def _with(**changes: object) -> str:
    return json.dumps({**json.loads(write_record(make_full_record())), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"key": "publication/x"}',
        _with(unknown=1),
        _with(title=None),
        _with(title=["a"]),
        _with(kind="poem"),
        _with(size_bytes="3"),
        _with(size_bytes=True),
        _with(created_at="2020-01-01T00:00:00"),
        _with(created_at="yesterday"),
        _with(published_on="2020-13-01"),
        _with(creators="Olga"),
        _with(creators=[{"name": "Olga", "age": 3}]),
        _with(files=[{"path": "a", "size_bytes": 1.5}]),
        _with(days=[{"kind": "Issued", "at": 2020}]),
    ],
)
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(StoredError):
        read_record(text)
