"""What the registration of the Open Archives Initiative asks of a repository, asked in its order.

The checks are those of its validator, HTTP::OAIPMH::Validator (https://github.com/zimeon/oaipmh-validator), and what
this leaves out is in the other files here. Every answer is also valid by the schemas.
"""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client

from catalog.exposing import put_record, withdraw_record
from tests.catalog.oai.asking import URL, Ask, code_of, identifiers, token_of
from tests.catalog.oai.records import make_record
from tests.catalog.oai.validation import texts, valid

SECOND = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


@pytest.fixture(autouse=True)
def _shown(db: None) -> None:
    """More than two pages, the first of them deleted."""
    for number in range(8):
        put_record(make_record(number))
    withdraw_record("publication/10.5072/paper.0")


def test_identify_is_answered_at_once_and_names_the_address_that_was_asked(client: Client) -> None:
    answer = client.get("/oai?verb=Identify")
    assert answer.status_code == 200
    root = valid(answer.content)
    assert texts(root, "//o:baseURL") == [f"{URL}/oai"]
    assert texts(root, "//o:protocolVersion") == ["2.0"]
    (granularity,) = texts(root, "//o:granularity")
    assert granularity == "YYYY-MM-DDThh:mm:ssZ"
    assert SECOND.fullmatch(*texts(root, "//o:earliestDatestamp"))
    assert SECOND.fullmatch(*texts(root, "o:responseDate"))
    for mail in texts(root, "//o:adminEmail"):
        assert re.fullmatch(r"[^@\s]+@[a-z0-9-]+(\.[a-z0-9-]+)+", mail)
        assert not mail.endswith("localhost")
    assert len(texts(root, "//i:repositoryIdentifier")) == 1
    assert b" xsi:schemaLocation=" in answer.content


def test_the_first_set_that_is_listed_has_records(ask: Ask) -> None:
    first = texts(ask(verb="ListSets"), "//o:setSpec")[0]
    root = ask(verb="ListIdentifiers", metadataPrefix="oai_dc", set=first)
    assert identifiers(root)
    wanted = [spec == first or spec.startswith(f"{first}:") for spec in texts(root, "(//o:header)[1]/o:setSpec")]
    assert any(wanted)


def test_a_record_of_a_list_can_be_had_in_dublin_core_with_the_set_it_was_listed_in(ask: Ask) -> None:
    for name in identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc", set="facility")):
        root = ask(verb="GetRecord", identifier=name, metadataPrefix="oai_dc")
        assert identifiers(root) == [name]
        assert any(spec.startswith("facility:") for spec in texts(root, "//o:setSpec"))
        assert SECOND.fullmatch(*texts(root, "//o:datestamp"))
        assert "oai_dc" in texts(ask(verb="ListMetadataFormats", identifier=name), "//o:metadataPrefix")


def test_a_record_is_within_the_range_of_its_own_datestamp(ask: Ask) -> None:
    (name, *_) = identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc"))
    stamps = texts(ask(verb="GetRecord", identifier=name, metadataPrefix="oai_dc"), "//o:datestamp")
    for stamp, *_ in (stamps, [stamps[0][:10]]):
        root = ask(verb="ListRecords", metadataPrefix="oai_dc", **{"from": stamp, "until": stamp})
        assert name in identifiers(root)


def test_before_the_earliest_datestamp_there_is_nothing(ask: Ask) -> None:
    (earliest,) = texts(ask(verb="Identify"), "//o:earliestDatestamp")
    year = datetime.fromisoformat(earliest).year - 1
    root = ask(verb="ListRecords", metadataPrefix="oai_dc", until=f"{year}-01-01T00:00:00Z")
    assert code_of(root) == "noRecordsMatch"


def test_posting_a_form_gives_what_asking_by_address_gives() -> None:
    client = Client(enforce_csrf_checks=True)
    form = "application/x-www-form-urlencoded"
    for raw in ("verb=Identify", "verb=ListSets", "verb=ListRecords&metadataPrefix=oai_dc", "verb=ListRecords"):
        posted = valid(client.post("/oai", raw, content_type=form).content)
        asked = valid(client.get(f"/oai?{raw}").content)
        assert identifiers(posted) == identifiers(asked)
        assert code_of(posted) == code_of(asked)
        assert posted[2].tag == asked[2].tag


@pytest.mark.parametrize("verb", ["ListIdentifiers", "ListRecords"])
def test_tokens_lead_through_the_whole_list_and_no_further(ask: Ask, verb: str) -> None:
    root = ask(verb=verb, metadataPrefix="oai_dc")
    found, tokens = identifiers(root), [token_of(root)]
    while tokens[-1]:
        root = ask(verb=verb, resumptionToken=tokens[-1])
        found += identifiers(root)
        tokens.append(token_of(root))
    assert len(found) == len(set(found)) == 8
    assert len(tokens) == len(set(tokens)) == 3
    assert "deleted" in texts(root, "//o:header/@status")
