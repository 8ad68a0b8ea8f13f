"""Every record in every format: valid by the official schema, and no format says what another denies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from catalog.exposure import linked, rdf, signposting
from catalog.exposure.formats import FORMATS, formats_of
from catalog.exposure.plain import plain
from catalog.exposure.record import File, Record
from catalog.exposure.words import (
    family_first,
    identifier_url,
    issued,
    main_identifier,
    moments,
    named,
    page_or_doi,
    year,
)
from tests.catalog.exposure.readers import READERS
from tests.catalog.exposure.samples import SAMPLES, SITE, records
from tests.catalog.exposure.validators import assert_valid

# Without shrinking: each example is written and judged in fifteen formats, and a failure would take minutes to end.
_EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def _known(record: Record) -> dict[str, Any]:
    """Return all that a reader may find, from the record alone."""
    record = plain(record)
    licence = record.licence
    creators = record.creators
    dates = [one.text for one in moments(record) if one.kind == "Issued"]
    return {
        "title": record.title,
        "creators": [one.name for one in creators],
        "inverted": [family_first(one) for one in creators],
        "inverted_once": list(dict.fromkeys(family_first(one) for one in creators)),
        "parted": [(one.family, one.given) for one in creators],
        "parted_or_shown": [(one.family, one.given) if one.family else one.name for one in creators],
        "creators_in_any_order": {one.name for one in creators},
        "orcids": [f"https://orcid.org/{one.orcid}" for one in creators if one.orcid],
        "doi": record.doi,
        "main": named(main_identifier(record)),
        "main_iri": rdf.iri(page_or_doi(record)).value,
        "url": record.url,
        "date": issued(record),
        "date_or_other": (issued(record) or dates[-1]) if dates else "",
        "year": year(record),
        "licence_name": licence.name if licence else "",
        "licence_url": licence.url if licence else "",
        "licence": linked.licence(licence) if licence else "",
        "spdx": licence.spdx if licence else "",
        "access": record.access,
        "is_free": {"open": True, "unknown": None}.get(record.access, False),
        "relations": {(one.relation, one.identifier.scheme, one.identifier.value) for one in record.relations},
        "related": {named(one.identifier) for one in record.relations},
        "related_resolved": {rdf.iri(url).value for one in record.relations if (url := identifier_url(one.identifier))},
        "files": {(one.url, one.media_type, one.size_bytes) for one in _files(record)},
        "addresses": {one.url for one in record.files if one.url},
        "crate": record.crate_url,
        "is_flat": True,
    }


def _files(record: Record) -> list[File]:
    """Return the files that can be had, the record's own and those that are related to it."""
    related = [one.file for one in record.relations if one.file is not None]
    return [one for one in (*record.files, *related) if one.url]


def _assert_agrees(record: Record, name: str, said: dict[str, Any]) -> None:
    known = _known(record)
    for key, value in said.items():
        if key == "has_page":
            assert known["url"] in value, name
        elif key == "has_doi":
            assert not known["doi"] or {known["doi"], known["main"]} & set(value), name
        elif key == "doi_first":
            assert not known["doi"] or value == known["doi"], name
        elif key == "doi_quoted":
            assert value.replace("%7B", "{").replace("%7D", "}").replace("%5C", "\\") == known["doi"], name
        elif key == "creators_by_orcid":
            assert list(dict.fromkeys(value)) == value or len(value) <= len(known["creators"]), name
        elif key == "licence_url" and value is None:
            assert known["licence_url"] in ("", known["licence_name"]), name
        elif key.endswith("_some"):
            whole = known[key.removesuffix("_some")]
            assert (value <= whole) if isinstance(value, set) else (not value or value == whole), (name, key)
        else:
            assert value == known[key], (name, key)


def _assert_every_format_agrees(record: Record) -> None:
    for format_ in formats_of(record):
        written = format_.write(record, SITE)
        assert_valid(format_, written)
        _assert_agrees(record, format_.NAME, READERS[format_.NAME](written))


def test_every_format_has_a_reader_and_a_name_of_its_own() -> None:
    assert sorted(READERS) == sorted({one.NAME for one in FORMATS})
    assert len({one.SUFFIX for one in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_valid_and_says_the_same_in_every_format(name: str) -> None:
    _assert_every_format_agrees(SAMPLES[name])


@given(record=records())
@_EXAMPLES
def test_any_record_is_valid_and_says_the_same_in_every_format(record: Record) -> None:
    _assert_every_format_agrees(record)


@given(record=records())
@_EXAMPLES
def test_the_items_of_a_page_are_the_files_and_the_parts_that_can_be_had(record: Record) -> None:
    parts = {one.file.url for one in plain(record).relations if one.relation == "HasPart" and one.file}
    expected = {one.url for one in plain(record).files} | parts
    assert {one.href for one in signposting.links(record, SITE) if one.rel == "item"} == expected - {""}


@given(record=records())
@_EXAMPLES
def test_what_is_plain_stays_as_it_is(record: Record) -> None:
    assert plain(plain(record)) == plain(record)
