"""What is wrong with a request is answered by the right code, with 200, and is never repeated where it is illegal."""

from __future__ import annotations

from typing import Final

import pytest
from django.test import Client
from pytest_django import Settings

from catalog.exposing import put_record
from tests.catalog.oai.asking import Ask, code_of, identifier, token_of
from tests.catalog.oai.records import make_record
from tests.catalog.oai.validation import valid

DC: Final = "metadataPrefix=oai_dc"
LISTS: Final = ("ListIdentifiers", "ListRecords")
WRONG: Final = {
    "": "badVerb",
    "junk": "badVerb",
    "verb": "badVerb",
    "verb=": "badVerb",
    "verb=junk": "badVerb",
    "verb=identify": "badVerb",
    "VERB=Identify": "badVerb",
    "verb=Identify&verb=Identify": "badVerb",
    "verb=Identify&verb=ListSets": "badVerb",
    "verb=%0b": "badVerb",
    "verb=Identify&x=1": "badArgument",
    "verb=Identify&identifier=x": "badArgument",
    "verb=Identify&resumptionToken=x": "badArgument",
    "verb=%ff": "badArgument",
    "verb=Identify&" + "&".join(f"a{number}=1" for number in range(40)): "badArgument",
    f"verb=GetRecord&{DC}": "badArgument",
    f"verb=GetRecord&identifier={identifier(1)}": "badArgument",
    f"verb=GetRecord&identifier={identifier(1)}&{DC}&{DC}": "badArgument",
    f"verb=GetRecord&identifier=invalid%22id&{DC}": "badArgument",
    f'verb=GetRecord&identifier=invalid"id&{DC}': "badArgument",
    f"verb=GetRecord&identifier=%00&{DC}": "badArgument",
    f"verb=GetRecord&identifier=&{DC}": "badArgument",
    f"verb=GetRecord&identifier={'a' * 3000}&{DC}": "badArgument",
    f"verb=GetRecord&identifier=junk&{DC}": "idDoesNotExist",
    f"verb=GetRecord&identifier={identifier(99)}&{DC}": "idDoesNotExist",
    f"verb=GetRecord&identifier=oai:reprise.example.org:publication%252F10.5072/paper.1&{DC}": "idDoesNotExist",
    f"verb=GetRecord&identifier={identifier(1)}&metadataPrefix=really_wrong": "cannotDisseminateFormat",
    f"verb=GetRecord&identifier={identifier(1)}&metadataPrefix=a b": "badArgument",
    "verb=ListMetadataFormats&identifier=junk": "idDoesNotExist",
    "verb=ListMetadataFormats&x=": "badArgument",
    "verb=ListSets&resumptionToken=junk": "badResumptionToken",
    "verb=ListSets&set=type": "badArgument",
}
WRONG_LISTS: Final = {
    "": "badArgument",
    "&metadataPrefix=really_wrong": "cannotDisseminateFormat",
    f"&{DC}&from=junk": "badArgument",
    f"&{DC}&until=junk": "badArgument",
    f"&{DC}&from=": "badArgument",
    f"&{DC}&from=2026-02-30": "badArgument",
    f"&{DC}&from=2026": "badArgument",
    f"&{DC}&from=2026-1-1": "badArgument",
    f"&{DC}&from=2026-01-01T00:00Z": "badArgument",
    f"&{DC}&from=2026-01-01T00:00:00.0Z": "badArgument",
    f"&{DC}&from=2026-01-01T00:00:00": "badArgument",
    f"&{DC}&from=2026-01-01T24:00:00Z": "badArgument",
    f"&{DC}&from=2002-02-05&until=2002-02-06T05:35:00Z": "badArgument",
    f"&{DC}&from=2030-01-02&until=2030-01-01": "badArgument",
    f"&{DC}&from=2000-01-01&from=2001-01-01": "badArgument",
    f"&{DC}&set=%C3%A4": "badArgument",
    f"&{DC}&set=a::b": "badArgument",
    f"&{DC}&set=": "badArgument",
    f"&{DC}&set=a%22": "badArgument",
    f"&{DC}&identifier=x": "badArgument",
    f"&{DC}&set=no-such-set": "noRecordsMatch",
    f"&{DC}&until=0001-01-01": "noRecordsMatch",
    f"&{DC}&from=9999-12-31T23:59:59Z": "noRecordsMatch",
    "&resumptionToken=junk": "badResumptionToken",
    "&resumptionToken=": "badResumptionToken",
    "&resumptionToken=.": "badResumptionToken",
    "&resumptionToken=%C3%A4.%C3%A4": "badResumptionToken",
    "&resumptionToken=%22%3E%3Cx": "badResumptionToken",
    "&resumptionToken=%01": "badArgument",
    "&resumptionToken=junk&until=2000-02-05": "badArgument",
    f"&resumptionToken=junk&{DC}": "badArgument",
}


@pytest.fixture
def shown(db: None) -> None:
    """Five records: more than a page."""
    for number in range(5):
        put_record(make_record(number))


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize(
    ("raw", "code"),
    [*WRONG.items(), *((f"verb={verb}{raw}", code) for verb in LISTS for raw, code in WRONG_LISTS.items())],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_a_wrong_request_gets_its_code_by_get_and_post(client: Client, raw: str, code: str) -> None:
    for answer in (
        client.get(f"/oai?{raw}"),
        client.post("/oai", raw, content_type="application/x-www-form-urlencoded"),
    ):
        assert answer.status_code == 200
        root = valid(answer.content)
        assert code_of(root) == code
        request = root.find("{*}request")
        assert request.text == "https://reprise.example.org/oai"
        if code in {"badVerb", "badArgument"}:
            assert dict(request.attrib) == {}
        else:
            assert request.get("verb")


@pytest.mark.usefixtures("shown")
def test_a_form_that_is_none_or_too_long_has_no_legal_arguments(client: Client, settings: Settings) -> None:
    assert code_of(valid(client.post("/oai", "verb=Identify", content_type="text/plain").content)) == "badVerb"
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    form = "application/x-www-form-urlencoded"
    assert code_of(valid(client.post("/oai", "verb=Identify", content_type=form).content)) == "badArgument"


@pytest.mark.usefixtures("shown")
def test_what_is_in_the_address_and_in_the_form_is_repeated(client: Client) -> None:
    form = "application/x-www-form-urlencoded"
    assert code_of(valid(client.post("/oai?verb=Identify", "verb=Identify", content_type=form).content)) == "badVerb"


@pytest.mark.usefixtures("shown")
def test_a_token_is_good_for_its_own_verb_alone_and_no_letter_of_it_can_be_changed(ask: Ask) -> None:
    token = token_of(ask(verb="ListRecords", metadataPrefix="oai_dc"))
    assert code_of(ask(verb="ListRecords", resumptionToken=token)) == ""
    for verb in ("ListIdentifiers", "ListSets"):
        assert code_of(ask(verb=verb, resumptionToken=token)) == "badResumptionToken"
    for place in range(len(token)):
        changed = f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}"
        assert code_of(ask(verb="ListRecords", resumptionToken=changed)) == "badResumptionToken", place


@pytest.mark.usefixtures("shown")
def test_a_token_of_another_key_is_none_and_one_of_ours_outlives_a_restart(ask: Ask, settings: Settings) -> None:
    token = token_of(ask(verb="ListRecords", metadataPrefix="oai_dc"))
    kept, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert code_of(ask(verb="ListRecords", resumptionToken=token)) == "badResumptionToken"
    settings.SECRET_KEY = kept
    assert code_of(ask(verb="ListRecords", resumptionToken=token)) == ""
