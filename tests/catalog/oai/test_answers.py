"""The answers to the six verbs, each judged by the official schemas."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from catalog import oai_views
from catalog.exposing import put_record, withdraw_record
from catalog.exposure.harvested import FORMATS
from catalog.exposure.oai import set_pages
from catalog.exposure.oai.lists import TOKEN_LIFE
from catalog.exposure.oai.moments import write_moment
from catalog.models import ExposedMembership, ExposedRecord
from tests.catalog.oai.asking import URL, Ask, code_of, identifier, identifiers, pages, token_of
from tests.catalog.oai.records import make_full_record, make_record
from tests.catalog.oai.validation import texts, valid

BASE = f"{URL}/oai"


def put(*numbers: int, **changes: object) -> None:
    for number in numbers:
        put_record(make_record(number, **changes))


def test_the_repository_says_what_it_is(ask: Ask) -> None:
    put(1)
    root = ask(verb="Identify")
    assert texts(root, "//o:baseURL") == texts(root, "o:request") == [BASE]
    assert texts(root, "//o:adminEmail") == ["data@example.org"]
    assert texts(root, "//o:deletedRecord") == ["persistent"]
    assert texts(root, "//o:granularity") == ["YYYY-MM-DDThh:mm:ssZ"]
    assert texts(root, "//o:earliestDatestamp") == [write_moment(ExposedRecord.objects.get().datestamp)]
    assert texts(root, "//i:repositoryIdentifier") == ["reprise.example.org"]
    assert texts(root, "//i:sampleIdentifier") == [identifier(1)]


def test_an_empty_repository_answers_every_verb(ask: Ask) -> None:
    ask(verb="Identify")
    ask(verb="ListSets")
    ask(verb="ListMetadataFormats")
    assert code_of(ask(verb="ListRecords", metadataPrefix="oai_dc")) == "noRecordsMatch"


@pytest.mark.parametrize("contact", ["", "the operator", "root@localhost", "me@host.localdomain"])
def test_without_a_contact_that_can_be_written_to_the_address_plainly_leads_nowhere(
    ask: Ask, settings: Settings, contact: str
) -> None:
    settings.REPRISE_CONTACT = contact
    assert texts(ask(verb="Identify"), "//o:adminEmail") == ["nobody@no-contact-is-set.invalid"]


def test_where_the_address_is_no_domain_the_identifiers_are_not_described(ask: Ask, settings: Settings) -> None:
    settings.REPRISE_URL = "http://127.0.0.1:8765"
    put(1)
    root = ask(verb="Identify")
    assert texts(root, "//o:description") == []
    assert texts(root, "//o:baseURL") == ["http://127.0.0.1:8765/oai"]


def test_the_domain_of_identifiers_can_be_kept_when_the_address_changes(ask: Ask, settings: Settings) -> None:
    settings.REPRISE_OAI_DOMAIN = "old.example.org"
    put(1)
    (known,) = identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc"))
    assert known == "oai:old.example.org:publication/10.5072/paper.1"
    assert code_of(ask(verb="GetRecord", identifier=known, metadataPrefix="oai_dc")) == ""


@pytest.mark.parametrize("prefix", FORMATS)
def test_a_record_is_given_in_every_format(ask: Ask, prefix: str) -> None:
    put_record(make_full_record())
    root = ask(verb="GetRecord", identifier=identifier(7), metadataPrefix=prefix)
    assert identifiers(root) == [identifier(7)]
    (metadata,) = root.iterfind(".//{http://www.openarchives.org/OAI/2.0/}metadata")
    assert metadata[0].tag.startswith(f"{{{FORMATS[prefix].namespace}}}")
    listed = ask(verb="ListMetadataFormats", identifier=identifier(7))
    assert prefix in texts(listed, "//o:metadataPrefix")
    assert FORMATS[prefix].schema in texts(listed, "//o:schema")


def test_where_a_record_was_harvested_elsewhere_its_provenance_says_so(ask: Ask) -> None:
    put_record(make_full_record())
    root = ask(verb="GetRecord", identifier=identifier(7), metadataPrefix="oai_dc")
    assert texts(root, "//p:baseURL") == ["https://other.example.org/oai"]
    assert texts(root, "//p:originDescription/@harvestDate") == ["2026-03-04T05:06:07Z"]


def test_a_key_with_any_character_makes_an_identifier_that_leads_back_to_it(ask: Ask) -> None:
    key = "publication/10.1002/(sici)1<1::aid-x>3.0.co;2-#é%2f [a]&b"
    put_record(make_record(key=key, relations=()))
    (known,) = identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc"))
    root = ask(verb="GetRecord", identifier=known, metadataPrefix="oai_dc")
    assert identifiers(root) == [known]


def test_a_deleted_record_is_a_header_with_its_sets_and_no_metadata(ask: Ask) -> None:
    put(1)
    withdraw_record("publication/10.5072/paper.1")
    for root in (
        ask(verb="GetRecord", identifier=identifier(1), metadataPrefix="oai_dc"),
        ask(verb="ListRecords", metadataPrefix="oai_dc"),
        ask(verb="ListRecords", metadataPrefix="oai_dc", set="facility:ess"),
        ask(verb="ListIdentifiers", metadataPrefix="oai_dc"),
    ):
        assert texts(root, "//o:header/@status") == ["deleted"]
        assert "facility:ess" in texts(root, "//o:setSpec")
        assert texts(root, "//o:metadata") == []
    assert code_of(ask(verb="ListMetadataFormats", identifier=identifier(1))) == "noMetadataFormats"


def test_every_set_that_is_listed_has_records_and_sets_above_are_listed(ask: Ask) -> None:
    put(1, 2)
    put(2, facility_slug="ill")
    put(1, techniques=(), broader_techniques=())
    specs = texts(ask(verb="ListSets"), "//o:setSpec")
    assert specs == sorted(specs)
    assert {"facility", "facility:ess", "facility:ill", "technique:PaNET01099", "type", "openaire"} <= set(specs)
    for spec in specs:
        assert identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc", set=spec))
    put(1, facility_slug="")
    assert "facility:ess" not in texts(ask(verb="ListSets"), "//o:setSpec")


def test_more_sets_than_a_page_has_are_listed_in_pages(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    put(1, 2)
    put(3, facility_slug="ill")
    whole = texts(ask(verb="ListSets"), "//o:setSpec")
    monkeypatch.setattr(set_pages, "MOST_SETS", 4)
    found = list(pages(ask, "ListSets"))
    assert [spec for root in found for spec in texts(root, "//o:setSpec")] == whole
    cursors = [int(texts(root, "//o:resumptionToken/@cursor")[0]) for root in found]
    assert cursors == list(range(0, len(whole), 4))
    assert {int(texts(root, "//o:resumptionToken/@completeListSize")[0]) for root in found} == {len(whole)}
    assert (token_of(found[-1]), len(found) > 2) == ("", True)
    assert len(texts(found[-1], "//o:resumptionToken")) == 1


def test_a_list_of_sets_goes_on_while_sets_come_and_go(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_pages, "MOST_SETS", 4)
    put(1)
    first = ask(verb="ListSets")
    given = texts(first, "//o:setSpec")
    put(2, facility_slug="a-new-one")
    behind = texts(ask(verb="ListSets", resumptionToken=token_of(first)), "//o:setSpec")
    assert behind == sorted(behind)
    assert min(behind) > given[-1]
    ExposedMembership.objects.all().delete()
    assert texts(ask(verb="ListSets", resumptionToken=token_of(first)), "//o:setSpec") == ["type"]
    assert code_of(ask(verb="ListIdentifiers", resumptionToken=token_of(first))) == "badResumptionToken"


def test_a_set_gives_its_records_and_those_of_the_sets_below(ask: Ask) -> None:
    put(1, 2)
    put(3, facility_slug="ill")
    put(4, facility_slug="", facility=None)

    def of(spec: str) -> list[str]:
        return identifiers(ask(verb="ListIdentifiers", metadataPrefix="oai_dc", set=spec))

    assert of("facility:ess") == [identifier(1), identifier(2)]
    assert of("facility:ill") == [identifier(3)]
    assert of("facility") == [identifier(1), identifier(2), identifier(3)]
    assert of("technique:PaNET01099")[:2] == [identifier(1), identifier(2)]


def test_times_select_and_both_ends_are_included(ask: Ask, clock: list[datetime]) -> None:
    for number in range(1, 6):
        clock.append(clock[-1] + timedelta(seconds=1))
        put(number)
    stamps = [write_moment(at) for at in clock[1:]]

    def of(**within: str) -> list[int]:
        root = ask(verb="ListIdentifiers", metadataPrefix="oai_dc", **within)
        return [int(each.rpartition(".")[2]) for each in identifiers(root)]

    assert of(**{"from": stamps[2], "until": stamps[2]}) == [3]
    assert of(**{"from": stamps[3]}) == [4, 5]
    assert of(until=stamps[1]) == [1, 2]
    assert of(**{"from": stamps[1], "until": stamps[2], "set": "facility"}) == [2, 3]
    assert of(**{"from": "2026-01-01", "until": "2026-01-01"}) == [1, 2, 3]
    assert code_of(ask(verb="ListIdentifiers", metadataPrefix="oai_dc", until="2025-12-31")) == "noRecordsMatch"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 7, 9])
@pytest.mark.parametrize("verb", ["ListIdentifiers", "ListRecords"])
def test_every_page_has_the_right_size_cursor_and_date(ask: Ask, verb: str, count: int) -> None:
    put(*range(count))
    begun = datetime.now().astimezone()
    found: list[str] = []
    for number, root in enumerate(pages(ask, verb, metadataPrefix="oai_dc")):
        tokens = root.findall(".//{*}resumptionToken")
        assert len(tokens) == (0 if count <= 3 else 1)
        if tokens:
            assert tokens[0].get("cursor") == str(3 * number) == str(len(found))
            assert tokens[0].get("completeListSize") == str(count)
            if tokens[0].text:
                expires = datetime.fromisoformat(tokens[0].get("expirationDate"))
                assert timedelta(0) <= expires - begun - TOKEN_LIFE + timedelta(seconds=2) < timedelta(minutes=5)
        found += identifiers(root)
    assert found == [identifier(number) for number in range(count)]


def test_a_token_is_good_until_it_expires(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    put(*range(5))
    token = token_of(ask(verb="ListRecords", metadataPrefix="oai_dc"))
    now = oai_views.timezone.now()

    class Later:
        def __init__(self, by: timedelta) -> None:
            self.now = lambda: now + by

    monkeypatch.setattr(oai_views, "timezone", Later(TOKEN_LIFE - timedelta(minutes=1)))
    assert len(identifiers(ask(verb="ListRecords", resumptionToken=token))) == 2
    monkeypatch.setattr(oai_views, "timezone", Later(TOKEN_LIFE + timedelta(minutes=1)))
    assert code_of(ask(verb="ListRecords", resumptionToken=token)) == "badResumptionToken"


def test_records_that_change_while_a_list_is_read_are_given_again_and_none_is_lost(ask: Ask) -> None:
    put(*range(7))
    reading = pages(ask, metadataPrefix="oai_dc")
    found = identifiers(next(reading))
    put(0, 5, title="changed")
    put(20)
    withdraw_record("publication/10.5072/paper.4")
    sizes = []
    for root in reading:
        found += identifiers(root)
        sizes.append(int(root.find(".//{*}resumptionToken").get("completeListSize")))
    assert set(found) == {identifier(number) for number in (*range(7), 20)}
    assert sizes[-1] == len(found)


def test_a_list_whose_rest_went_away_ends_with_a_record_and_no_error(ask: Ask, clock: list[datetime]) -> None:
    put(*range(4))
    until = write_moment(clock[-1])
    token = token_of(ask(verb="ListRecords", metadataPrefix="oai_dc", until=until))
    clock.append(clock[-1] + timedelta(hours=1))
    put(3, title="changed")
    root = ask(verb="ListRecords", resumptionToken=token)
    assert identifiers(root) == [identifier(2)]
    (last,) = root.iterfind(".//{*}resumptionToken")
    assert (last.text, last.get("cursor"), last.get("completeListSize")) == (None, "2", "3")


def test_a_page_of_large_records_is_cut_short_and_nothing_is_left_out(ask: Ask) -> None:
    put(*range(3), description="x" * 5 * 2**20)
    assert [len(identifiers(root)) for root in pages(ask, "ListRecords", metadataPrefix="oai_dc")] == [1, 1, 1]
    assert [len(identifiers(root)) for root in pages(ask, metadataPrefix="oai_dc")] == [3]


def test_characters_that_xml_cannot_hold_break_no_answer(ask: Ask) -> None:
    put(1, title="a\x00b\x0b\ufffe<&>\"'", facility_slug="")
    root = ask(verb="GetRecord", identifier=identifier(1), metadataPrefix="oai_dc")
    assert texts(root, "//dc:title") == ["ab<&>\"'"]


def test_a_format_that_only_some_records_have_lists_those(ask: Ask) -> None:
    put(1, 2)
    only = FORMATS["oai_dc"].bit
    second = ExposedRecord.objects.filter(key__endswith=".2")
    second.update(formats=0, formats_ever=only << 20)
    ExposedMembership.objects.filter(record__in=second).update(formats_ever=only << 20)
    assert identifiers(ask(verb="ListRecords", metadataPrefix="oai_dc")) == [identifier(1)]
    assert identifiers(ask(verb="ListRecords", metadataPrefix="oai_dc", set="type")) == [identifier(1)]
    asked = ask(verb="GetRecord", identifier=identifier(2), metadataPrefix="oai_dc")
    assert code_of(asked) == "cannotDisseminateFormat"


def test_a_record_that_lost_a_format_is_deleted_in_it_alone(ask: Ask) -> None:
    put(1)
    ExposedRecord.objects.update(formats=0)
    root = ask(verb="GetRecord", identifier=identifier(1), metadataPrefix="oai_dc")
    assert texts(root, "//o:header/@status") == ["deleted"]


@pytest.mark.django_db
def test_a_form_that_is_posted_is_answered_the_same_and_needs_no_token_against_forgery() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/oai", "verb=Identify", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert texts(valid(answer.content), "//o:baseURL") == [BASE]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "is_packed"),
    [
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", False),
    ],
)
def test_an_answer_is_compressed_only_when_that_is_asked_for(client: Client, header: str, is_packed: bool) -> None:
    answer = client.get("/oai?verb=Identify", headers={"accept-encoding": header})
    assert (answer.headers.get("Content-Encoding") == "gzip") == is_packed
    assert "Accept-Encoding" in answer.headers["Vary"]
    valid(gzip.decompress(answer.content) if is_packed else answer.content)


@pytest.mark.django_db
def test_too_many_lists_at_once_are_told_to_come_back_and_the_rest_is_answered(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(1)
    monkeypatch.setattr(oai_views, "_PATIENCE_S", 0.01)
    taken = 0
    try:
        while oai_views._LISTS.acquire(blocking=False):
            taken += 1
        refused = client.get("/oai?verb=List%52ecords&metadataPrefix=oai_dc")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert client.get("/oai?verb=Identify").status_code == 200
    finally:
        for _ in range(taken):
            oai_views._LISTS.release()
    assert taken > 0
    assert client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").status_code == 200


@pytest.mark.django_db
def test_other_methods_are_refused_and_a_slash_more_is_another_address(client: Client) -> None:
    assert client.put("/oai").status_code == 405
    assert client.get("/oai/?verb=Identify").status_code == 404
    assert client.head("/oai?verb=Identify").status_code == 200
