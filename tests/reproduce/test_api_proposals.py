"""Registering from a DOI or an address by the API: what the page proposes is proposed, and may be sent back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from builder import proposed_registration as proposing
from catalog.exposure.record import Instrument, Organisation, Subject
from catalog.models import AuditEntry, Facility, LookUp, Publication
from tests.builder.test_proposed_registration import field_of
from tests.catalog.sources.serving import ARTICLE, DATA, REPOSITORY, ZENODO_CODE, ZENODO_DATA, Sources, installed
from tests.personas import People, api_client


@pytest.fixture
def served(settings: Settings) -> Iterator[Sources]:
    """All sources, as those of this installation."""
    with installed(settings) as running:
        yield running


@pytest.fixture
def api(people: People) -> APIClient:
    return api_client(people.owner)


def propose(api: APIClient, **body: object) -> Response:
    answer = api.post("/api/v1/publications/propose/", body, format="json")
    assert not Publication.objects.exists()
    return answer


def test_the_api_proposes_what_the_page_fills_in(served: Sources, api: APIClient, owner: Client) -> None:
    page = owner.post("/register", {"doi": ARTICLE}).content.decode()
    proposed = propose(api, doi=ARTICLE).json()
    sent = proposed["registration"]
    assert {name: sent[name] for name in ("doi", "source_url", "ref")} == {
        name: field_of(page, name) for name in ("doi", "source_url", "ref")
    }
    assert sent["datasets"] == field_of(page, "datasets").split()
    assert set(sent["datasets"]) == {DATA, ZENODO_DATA}
    assert proposed["publication"]["title"] == "Toward a Unified Theory of Broken Pots"
    assert proposed["publication"]["title"] in page
    assert all(one["url"] in page for one in proposed["repositories"])
    (kept,) = [one for one in proposed["datasets"] if one["doi"] == ZENODO_DATA]
    assert (kept["file_count"], kept["access"]) == (2, "open")
    assert [one["doi"] for one in proposed["archives"]] == [ZENODO_CODE]


@pytest.mark.parametrize(
    "body", [{"doi": ZENODO_DATA}, {"doi": f"https://doi.org/{ZENODO_CODE}"}, {"source_url": REPOSITORY}]
)
def test_data_code_and_a_repository_lead_to_the_paper(body: dict[str, str], served: Sources, api: APIClient) -> None:
    sent = propose(api, **body).json()["registration"]
    assert (sent["doi"], sent["source_url"]) == (ARTICLE, REPOSITORY)


def test_what_is_proposed_is_registered_as_it_is_sent_back(
    served: Sources, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    Facility.objects.create(slug="source", name="The Source", ror="https://ror.org/02550n020")
    found = proposing.look_up_all(ARTICLE)
    taken_at = Organisation("Source", "https://ror.org/02550n020")
    first, *others = found.datasets
    told = dataclasses.replace(
        first.facts,
        instruments=(Instrument("ID19", "https://doi.org/10.5072/ID19", taken_at), Instrument("D22")),
        techniques=(Subject("neutron reflectometry"),),
    )
    known = dataclasses.replace(found, datasets=(dataclasses.replace(first, facts=told), *others))
    monkeypatch.setattr(proposing, "look_up_all", lambda _: known)
    proposed = propose(api, doi=ARTICLE).json()
    assert proposed["datasets"][0]["techniques"] == [{"text": "neutron reflectometry"}]
    answer = api.post("/api/v1/publications/", proposed["registration"], format="json")
    made = answer.json()
    assert answer.status_code == 201, made
    assert (made["doi"], made["title"], made["facility"]) == (ARTICLE, proposed["publication"]["title"], "source")
    assert set(made["datasets"]) == {DATA, ZENODO_DATA}
    instruments = [(one["name"], one["pid"], one["facility"]) for one in made["instruments"]]
    assert sorted(instruments) == [("D22", "", "source"), ("ID19", "10.5072/id19", "source")]
    assert LookUp.objects.filter(state=LookUp.State.REQUESTED).count() == 2
    assert AuditEntry.objects.get(action="publication.register").via == "api"


def test_a_dataset_that_is_left_out_is_not_linked(served: Sources, api: APIClient) -> None:
    body = {**propose(api, doi=ARTICLE).json()["registration"], "datasets": [f"https://doi.org/{ZENODO_DATA}"]}
    assert api.post("/api/v1/publications/", body, format="json").json()["datasets"] == [ZENODO_DATA]


def test_a_dataset_that_has_nothing_to_do_with_the_paper_is_refused(served: Sources, api: APIClient) -> None:
    body = {**propose(api, doi=ARTICLE).json()["registration"], "datasets": ["10.5072/secret"]}
    answer = api.post("/api/v1/publications/", body, format="json")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, "dataset-unrelated")
    assert not Publication.objects.exists()


def test_what_nobody_knows_is_left_empty_and_said(served: Sources, api: APIClient) -> None:
    served.serve("/zenodo/api/records/99000002", b'{"metadata": {"title": "Alone", "doi": "10.5281/zenodo.99000002"}}')
    proposed = propose(api, doi=ZENODO_DATA).json()
    assert (proposed["publication"], proposed["registration"]["doi"]) == (None, "")
    assert any("Nothing says which paper it belongs to" in note for note in proposed["notes"])


@pytest.mark.parametrize(
    ("body", "status", "cause"),
    [
        ({"doi": "10.5555/nobody"}, 404, "doi-unknown"),
        ({"doi": "hello"}, 400, "reference-malformed"),
        ({"source_url": "https://127.0.0.1:1/a/b"}, 400, "reference-unsupported"),
    ],
)
def test_a_look_up_that_fails_names_its_cause(
    body: dict[str, str], status: int, cause: str, served: Sources, api: APIClient
) -> None:
    answer = propose(api, **body)
    assert (answer.status_code, answer.json()["cause"]["id"]) == (status, cause)


def test_an_agency_that_does_not_answer_is_the_reason(served: Sources, api: APIClient, settings: Settings) -> None:
    settings.REPRISE_DOI_URL = settings.REPRISE_CROSSREF_URL = settings.REPRISE_DATACITE_URL = "http://127.0.0.1:9"
    answer = propose(api, doi=ARTICLE)
    assert (answer.status_code, answer.json()["cause"]["id"]) == (502, "metadata-unreachable")


@pytest.mark.parametrize(
    "body",
    [{}, {"doi": " "}, {"doi": 10}, {"doi": "x" * 1001}, {"doi": "a\x00b"}, {"ref": "v1"}, {"doi": None}],
    ids=range(7),
)
def test_what_cannot_be_looked_up_is_refused_before_anybody_is_asked(
    body: dict[str, object], served: Sources, api: APIClient
) -> None:
    answer = propose(api, **body)
    assert (answer.status_code, set(answer.json())) == (400, {"doi"})
    assert not served.host.requests


@pytest.mark.parametrize(
    ("persona", "status"), [("owner", 400), ("curator", 400), ("reader", 403), ("stranger", 400), ("anonymous", 401)]
)
def test_who_may_register_may_have_it_proposed(persona: str, status: int, people: People) -> None:
    assert propose(api_client(people.named(persona)), doi="hello").status_code == status
