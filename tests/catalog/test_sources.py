"""Metadata sources: recorded replies from a real server on loopback, and what hostile ones may not do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from copy import copy as shallow_copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.causes import CausedError
from catalog.exposure.record import Organisation
from catalog.sources import Asking, Creator, Endpoints, Funder, PublicationFacts, Related, lookup
from catalog.sources.crossref import read_work
from catalog.sources.csl import read_csl
from catalog.sources.datacite import attributes_of, publication_of
from tests.catalog.local_host import LocalHost, local_host

REPLIES = Path(__file__).resolve().parents[2] / "fixtures" / "metadata"
ARTICLE, DATA, PAPER = "10.5555/reprise.article", "10.5072/reprise.data", "10.1063/1.4962726"
CONTACT = "ops@example.org"


def reply(source: str, doi: str) -> bytes:
    return (REPLIES / source / f"{doi.replace('/', '_')}.json").read_bytes()


@dataclass
class Agencies:
    """The resolver, Crossref and DataCite on one local server, each under its own path."""

    host: LocalHost

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(f"{self.host.url}/doi", f"{self.host.url}/crossref", f"{self.host.url}/datacite/")

    def set(self, path: str, doi: str, status: int, body: bytes) -> None:
        self.host.answers[f"{path}/{quote(doi, safe='')}"] = (status, {}, body)

    def replay(self, doi: str) -> None:
        paths = {"csl": "/doi", "crossref": "/crossref/works", "datacite": "/datacite/dois"}
        for source, path in paths.items():
            if (REPLIES / source / f"{doi.replace('/', '_')}.json").exists():
                self.set(path, doi, 200, reply(source, doi))

    def look_up(self, doi: str, timeout_s: float = 5.0) -> PublicationFacts:
        asking = Asking(contact=CONTACT, allow_private=True, timeout_s=timeout_s, backoff_s=0.01)
        return lookup(doi, asking=asking, endpoints=self.endpoints)

    def failure_of(self, doi: str) -> CausedError:
        with pytest.raises(CausedError) as failure:
            self.look_up(doi)
        return failure.value


@pytest.fixture
def agencies() -> Iterator[Agencies]:
    with local_host() as host:
        running = Agencies(host)
        for doi in (ARTICLE, DATA, PAPER):
            running.replay(doi)
        yield running


def test_a_published_paper_is_found_with_its_authors(agencies: Agencies) -> None:
    facts = agencies.look_up("https://doi.org/10.1063/1.4962726")
    assert facts.doi == PAPER
    assert facts.title == "Hysteresis of nanocylinders with Dzyaloshinskii-Moriya interaction"
    assert facts.venue == "Applied Physics Letters"
    assert [creator.name for creator in facts.creators][4] == "David Cortés-Ortuño"
    assert len(facts.creators) == 9
    assert (facts.published_on, facts.published_precision) == (date(2016, 1, 1), "year")
    assert facts.agency == "crossref"
    assert facts.notes == ()


def test_an_article_of_crossref_brings_what_negotiation_leaves_out(agencies: Agencies) -> None:
    facts = agencies.look_up(ARTICLE)
    assert facts.title == "Toward a Unified Theory of Broken Pots"
    assert facts.creators == (
        Creator("Josiah Carberry", "Josiah", "Carberry", "0000-0002-1825-0097", (Organisation("Brown University"),)),
        Creator("Ana Beispiel", "Ana", "Beispiel", None),  # its ORCID iD has a wrong checksum
        Creator("The Example Collaboration", is_group=True),
    )
    assert (facts.published_on, facts.published_precision) == (date(2021, 3, 1), "month")
    assert facts.licence == "CC-BY-4.0"
    assert facts.abstract == "Broken pots & their pieces, at 5 K.\n\nSecond paragraph."
    assert facts.funders == (Funder("European Commission", "https://doi.org/10.13039/501100000780", "823852, 857641"),)
    assert facts.type == "journal-article"
    assert facts.publisher == "Society for Examples"


def test_what_supplements_an_article_is_told_by_its_own_record(agencies: Agencies) -> None:
    assert agencies.look_up(ARTICLE).related == (
        Related("IsSupplementedBy", "10.5072/reprise.data", "dataset"),
        Related("IsSupplementedBy", "https://github.com/example/broken-pots", "repository"),
        Related("HasPreprint", "10.5555/reprise.preprint", "other"),
    )


def test_a_supplement_whose_record_is_not_to_be_had_stays_a_supplement(agencies: Agencies) -> None:
    agencies.set("/datacite/dois", DATA, 503, b"")
    assert agencies.look_up(ARTICLE).related[0] == Related("IsSupplementedBy", DATA, "supplement")


def test_a_dataset_of_datacite_brings_its_relations(agencies: Agencies) -> None:
    facts = agencies.look_up(DATA)
    assert facts.agency == "datacite"
    assert facts.type == "Dataset"
    assert facts.title == "Raw data of a study of broken pots"
    assert facts.creators[0].orcid == "0000-0002-1825-0097"
    assert facts.creators[0].name == "Josiah Carberry"
    assert facts.creators[1].name == "Example Beamline Group"
    assert (facts.published_on, facts.published_precision) == (date(2020, 11, 30), "day")
    assert facts.licence == "CC-BY-4.0"
    assert facts.abstract == "Images of pots.\n\nTaken at 5 K."
    assert facts.related == (
        Related("IsSupplementTo", ARTICLE, "publication"),
        Related("IsCompiledBy", "https://gitlab.example.org/pots/analysis", "software"),
    )
    assert facts.funders == (Funder("Example Foundation", "https://ror.org/01zy2cs03", "EX-1"),)


def test_crossref_is_told_whom_to_write_to(agencies: Agencies) -> None:
    agencies.look_up(PAPER)
    assert agencies.host.paths[1] == "/crossref/works/10.1063%2F1.4962726?mailto=ops@example.org"
    assert agencies.host.requests[0][1]["accept"] == "application/vnd.citationstyles.csl+json"
    assert all(CONTACT in headers["user-agent"] for _, headers in agencies.host.requests)


def test_a_doi_that_nobody_knows_is_unknown(agencies: Agencies) -> None:
    failure = agencies.failure_of("10.5555/nobody")
    assert failure.cause.id == "doi-unknown"
    assert len(agencies.host.requests) == 1


def test_what_is_no_doi_is_not_asked_for(agencies: Agencies) -> None:
    assert agencies.failure_of("hello").cause.id == "doi-malformed"
    assert agencies.host.requests == []


@pytest.mark.parametrize("status", [204, 400, 403, 406, 429, 500, 503])
def test_a_resolver_that_fails_leaves_the_metadata_unreachable(agencies: Agencies, status: int) -> None:
    agencies.set("/doi", "10.5555/x", status, b"")
    failure = agencies.failure_of("10.5555/x")
    assert failure.cause.id == "metadata-unreachable"
    assert failure.cause.fault == "upstream"


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"\xff", b'{"title": ""}', b'{"title": 5}', b"[" * 100_000]
)
def test_a_reply_that_is_no_record_leaves_the_metadata_unreachable(agencies: Agencies, body: bytes) -> None:
    agencies.set("/doi", "10.5555/x", 200, body)
    assert agencies.failure_of("10.5555/x").cause.id == "metadata-unreachable"


def test_a_host_that_does_not_answer_leaves_the_metadata_unreachable() -> None:
    nowhere = Endpoints(*["http://127.0.0.1:1"] * 3)
    with pytest.raises(CausedError) as failure:
        lookup(PAPER, asking=Asking(allow_private=True), endpoints=nowhere)
    assert failure.value.cause.id == "metadata-unreachable"


def test_a_private_endpoint_is_refused_unless_allowed(agencies: Agencies) -> None:
    with pytest.raises(CausedError) as failure:
        lookup(PAPER, asking=Asking(), endpoints=agencies.endpoints)
    assert failure.value.cause.id == "metadata-unreachable"
    assert agencies.host.requests == []


def test_a_slow_agency_costs_no_more_than_the_time_limit(agencies: Agencies) -> None:
    agencies.host.answers[f"/doi/{quote(PAPER, safe='')}"] = lambda handler: time.sleep(1.5)
    started = time.monotonic()
    with pytest.raises(CausedError) as failure:
        agencies.look_up(PAPER, timeout_s=0.3)
    assert time.monotonic() - started < 1.2
    assert failure.value.cause.id == "metadata-unreachable"


@pytest.mark.parametrize("doi", [ARTICLE, DATA])
def test_an_agency_answers_where_the_resolver_does_not(agencies: Agencies, doi: str) -> None:
    agencies.set("/doi", doi, 503, b"")
    assert agencies.look_up(doi).title


def test_the_resolvers_answer_suffices_and_says_what_is_missing(agencies: Agencies) -> None:
    agencies.set("/crossref/works", ARTICLE, 500, b"")
    facts = agencies.look_up(ARTICLE)
    assert facts.title == "Toward a Unified Theory of Broken Pots"
    assert facts.agency == "crossref"
    assert len(facts.notes) == 1


def test_a_doi_of_neither_agency_is_of_another(agencies: Agencies) -> None:
    agencies.set("/doi", "10.5555/other", 200, b'{"title": "From elsewhere"}')
    assert agencies.look_up("10.5555/other").agency == "other"


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    "",
    "x" * 100_000,
    [],
    [[]],
    {},
    {"a": {}},
    [None, 1, {"id": []}],
    "\x00\u202e",
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def warped(document: object, odd: object) -> Iterator[Any]:
    """Every variant of a document in which one value at any depth is replaced by `odd`."""
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict | list):
        children = list(document.items() if isinstance(document, dict) else enumerate(document))
    for key, child in children:
        copy: Any = shallow_copy(document)
        copy[key] = odd
        yield copy
        for variant in warped(child, odd):
            copy = shallow_copy(document)
            copy[key] = variant
            yield copy


@pytest.mark.parametrize("odd", ODD, ids=lambda value: repr(value)[:20])
def test_any_single_value_of_a_record_may_be_odd(odd: object) -> None:
    article = json.loads(reply("crossref", ARTICLE))
    for variant in warped(article, odd):
        check_bounds(read_work(json.dumps(variant).encode(), ARTICLE))
        message = variant.get("message") if isinstance(variant, dict) else None
        check_bounds(read_csl(message, ARTICLE) if isinstance(message, dict) else None)
    for variant in warped(json.loads(reply("datacite", DATA)), odd):
        check_bounds(publication_of(attributes_of(json.dumps(variant).encode()), DATA))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["title", "author", "issued", "license", "relation", "funder"]), JSON_VALUES))
def test_any_json_is_a_record_or_none(item: dict[str, Any]) -> None:
    check_bounds(read_csl({"title": "T", **item}, ARTICLE))
    check_bounds(read_work(json.dumps({"message": {"title": "T", **item}}).encode(), ARTICLE))


def check_bounds(facts: PublicationFacts | None) -> None:
    if facts is None:
        return
    assert 0 < len(facts.title) <= 1000
    assert len(facts.abstract) <= 20_000
    assert max(len(facts.venue), len(facts.publisher), len(facts.licence)) <= 500
    assert all(creator.name and len(creator.name) <= 1000 for creator in facts.creators)
    assert all(related.identifier for related in facts.related)
    assert facts.title.isprintable()
    assert facts.url == "" or facts.url.startswith(("http://", "https://"))
    assert (facts.published_on is None) == (facts.published_precision is None)
