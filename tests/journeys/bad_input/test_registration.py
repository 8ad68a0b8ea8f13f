"""What is typed into the registration form, or sent to the API, and is none: told clearly, and nothing is kept."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from builder.models import Snapshot
from catalog.causes import cause
from catalog.models import Dataset, Publication, Repository
from tests.catalog.local_host import LocalHost
from tests.journeys.bad_input.papers import BY_HAND, type_in
from tests.personas import People, api_client

METADATA = Path(__file__).resolve().parents[3] / "fixtures" / "metadata"
DOI = "10.5555/reprise.article"
GOOD = "https://git.example.org/olga/silica.git"
ADDRESSES = {
    "/home/olga/notebooks": "source-malformed",
    "../notebooks": "source-malformed",
    "file:///etc": "source-scheme",
    "ext::sh -c touch% /tmp/x": "source-scheme",
    "ftp://git.example.org/paper.git": "source-scheme",
    "git://git.example.org/paper.git": "source-scheme",
    "https://127.0.0.1/paper.git": "source-private",
    "https://[::1]/paper.git": "source-private",
    "https://192.168.7.1/paper.git": "source-private",
    "https://localhost/paper.git": "source-private",
    "ssh://git@10.0.0.3/paper.git": "source-private",
    "https://olga:secret@git.example.org/paper.git": "source-malformed",
    "https://token@git.example.org/paper.git": "source-malformed",
    "--upload-pack=touch /tmp/x": "source-malformed",
    "https://git.example.org/": "source-malformed",
    "10.5281/zenodo.1234": "source-malformed",
    "https://doi.org/10.5281/zenodo.1234": "source-malformed",
}


@pytest.fixture(autouse=True)
def public_rules(settings: Settings) -> None:
    """What is fetched by default; a test that says otherwise comes later."""
    settings.REPRISE_SOURCE_SCHEMES = ["https", "ssh"]
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = False


def assert_nothing_is_kept() -> None:
    kept = [model.objects.count() for model in (Publication, Repository, Snapshot, Dataset)]
    assert kept == [0, 0, 0, 0]


def know(agencies: LocalHost) -> None:
    """Let the agencies know the DOI."""
    for path, kind in ((f"/{DOI.replace('/', '%2F')}", "csl"), (f"/works/{DOI.replace('/', '%2F')}", "crossref")):
        body = (METADATA / kind / "10.5555_reprise.article.json").read_bytes()
        agencies.answers[path] = (200, {"Content-Type": "application/json"}, body)


@pytest.mark.parametrize("doi", ["", "   ", "none", "10.1063", "10.1063/", "11.1063/1.4962726", "10.1063/" + "x" * 400])
def test_a_doi_that_is_none_is_refused_before_anybody_is_asked(author: Client, agencies: LocalHost, doi: str) -> None:
    status, page = type_in(author, doi, GOOD)
    assert status == 422
    assert 'id="id_doi_error"' in page
    assert agencies.paths == []
    assert_nothing_is_kept()


def test_a_doi_that_is_none_is_told_in_the_words_of_the_catalogue(author: Client) -> None:
    _, page = type_in(author, "10.1063", GOOD)
    assert cause("doi-malformed", doi="10.1063").message in unescape(page)


def test_a_doi_that_no_agency_knows_is_told_and_can_be_described_by_hand(author: Client, agencies: LocalHost) -> None:
    status, page = type_in(author, DOI, GOOD)
    assert status == 422
    assert cause("doi-unknown", doi=DOI).message in unescape(page)
    assert 'name="title"' in page
    assert_nothing_is_kept()


def test_while_no_agency_answers_the_paper_is_described_by_hand(author: Client, settings: Settings) -> None:
    closed = "http://127.0.0.1:9"
    settings.REPRISE_DOI_URL = settings.REPRISE_CROSSREF_URL = settings.REPRISE_DATACITE_URL = closed
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
    status, page = type_in(author, DOI, GOOD)
    assert status == 422
    assert f"The metadata of {DOI} cannot be fetched now" in page
    assert 'name="title"' in page
    assert f'value="{GOOD}"' in page
    assert_nothing_is_kept()
    status, page = type_in(author, DOI, GOOD, **{**BY_HAND, "creators": "Olga Olsson 0000-0002-1825-0097"})
    assert status == 302
    paper = Publication.objects.get()
    assert (paper.doi, paper.title, paper.origin) == (DOI, "A paper", "manual")
    assert paper.creators == [{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097"}]
    assert Snapshot.objects.get().state == "requested"


def test_a_description_by_hand_without_a_title_keeps_nothing(author: Client) -> None:
    status, page = type_in(author, DOI, GOOD, **{**BY_HAND, "title": "  "})
    assert status == 422
    assert 'id="id_title_error"' in page
    assert_nothing_is_kept()


def test_an_author_whose_orcid_is_mistyped_is_told(author: Client) -> None:
    status, page = type_in(author, DOI, GOOD, **{**BY_HAND, "creators": "Olga Olsson 0000-0002-1825-0098"})
    assert status == 422
    assert "“0000-0002-1825-0098” is not an ORCID iD." in unescape(page)
    assert_nothing_is_kept()


def test_a_doi_that_is_registered_already_keeps_its_paper(
    author: Client, agencies: LocalHost, settings: Settings
) -> None:
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
    know(agencies)
    assert type_in(author, DOI, GOOD)[0] == 302
    before = Publication.objects.values().get()
    status, page = type_in(author, f"https://doi.org/{DOI.upper()}", "https://git.example.org/other/fork.git")
    assert status == 422
    assert cause("doi-taken", doi=DOI).message in unescape(page)
    assert Publication.objects.values().get() == before
    assert Repository.objects.get().url == GOOD
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize(("address", "cause_id"), ADDRESSES.items())
def test_an_address_that_is_not_fetched_is_refused_in_the_form(
    author: Client, agencies: LocalHost, settings: Settings, address: str, cause_id: str
) -> None:
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = False
    status, page = type_in(author, DOI, address)
    assert status == 422
    assert 'id="id_source_url_error"' in page
    assert cause(cause_id).hint in unescape(page)
    assert "secret" not in page.replace(f'value="{address}"', "")
    assert agencies.paths == []
    assert_nothing_is_kept()


@pytest.mark.parametrize("ref", ["-x", "a..b", "a b", "x.lock", "--upload-pack=x"])
def test_a_ref_that_cannot_be_one_is_refused(author: Client, ref: str) -> None:
    status, page = type_in(author, DOI, GOOD, ref=ref)
    assert status == 422
    assert 'id="id_source_url_error"' in page
    assert_nothing_is_kept()


@pytest.mark.parametrize(("address", "cause_id"), ADDRESSES.items())
def test_an_address_that_is_not_fetched_is_refused_by_the_api(persons: People, address: str, cause_id: str) -> None:
    sent = {"doi": DOI, "source_url": address, "title": "A paper"}
    answer = api_client(persons.owner).post("/api/v1/publications/", sent, format="json")
    assert (answer.status_code, json.loads(answer.content)["cause"]["id"]) == (400, cause_id)
    assert_nothing_is_kept()


@pytest.mark.parametrize(("doi", "status", "cause_id"), [("none", 400, "doi-malformed"), (DOI, 404, "doi-unknown")])
def test_a_doi_that_is_none_or_unknown_is_refused_by_the_api(
    persons: People, agencies: LocalHost, doi: str, status: int, cause_id: str
) -> None:
    answer = api_client(persons.owner).post("/api/v1/publications/", {"doi": doi, "source_url": GOOD}, format="json")
    assert (answer.status_code, json.loads(answer.content)["cause"]["id"]) == (status, cause_id)
    assert_nothing_is_kept()


def test_an_agency_that_does_not_answer_is_told_by_the_api(persons: People, settings: Settings) -> None:
    closed = "http://127.0.0.1:9"
    settings.REPRISE_DOI_URL = settings.REPRISE_CROSSREF_URL = settings.REPRISE_DATACITE_URL = closed
    settings.REPRISE_ALLOW_PRIVATE_HOSTS = True
    answer = api_client(persons.owner).post("/api/v1/publications/", {"doi": DOI, "source_url": GOOD}, format="json")
    assert (answer.status_code, json.loads(answer.content)["cause"]["id"]) == (502, "metadata-unreachable")
    assert_nothing_is_kept()
