"""Registering from a DOI or an address alone: what belongs to it is found, shown, and registered as it was checked."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from builder import proposed_registration as proposing
from catalog.exposure.record import Instrument, Organisation
from catalog.models import Facility, LookUp, Publication
from tests.catalog.sources.serving import (
    ARTICLE,
    DATA,
    REPOSITORY,
    ZENODO_CODE,
    ZENODO_DATA,
    Sources,
    fixture,
    installed,
)


@pytest.fixture
def served(settings: Settings) -> Iterator[Sources]:
    """All sources, as those of this installation."""
    with installed(settings) as running:
        yield running


def field_of(page: str, name: str) -> str:
    """Return what a field of the form is filled in with."""
    area = re.search(rf'<textarea name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    if area is not None:
        return unescape(area[1])
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    value = re.search(r'value="([^"]*)"', tag[0]) if tag else None
    return unescape(value[1]) if value else ""


def test_the_doi_of_a_paper_alone_fills_the_form_in(served: Sources, owner: Client) -> None:
    response = owner.post("/register", {"doi": ARTICLE, "source_url": "", "ref": "", "facility": ""})
    page = response.content.decode()
    assert response.status_code == 200
    assert field_of(page, "doi") == ARTICLE
    assert field_of(page, "source_url") == REPOSITORY
    assert set(field_of(page, "datasets").split()) == {DATA, ZENODO_DATA}
    assert "Toward a Unified Theory of Broken Pots" in page
    assert "2 files" in page
    assert not Publication.objects.exists()


@pytest.mark.parametrize("reference", [ZENODO_DATA, ZENODO_CODE, f"https://doi.org/{ZENODO_CODE}"])
def test_the_doi_of_data_or_code_leads_to_the_paper(reference: str, served: Sources, owner: Client) -> None:
    page = owner.post("/register", {"doi": reference, "look_up": "1"}).content.decode()
    assert field_of(page, "doi") == ARTICLE
    assert field_of(page, "source_url") == REPOSITORY


def test_the_address_of_a_repository_alone_leads_to_the_paper(served: Sources, owner: Client) -> None:
    page = owner.post("/register", {"doi": "", "source_url": REPOSITORY, "look_up": "1"}).content.decode()
    assert field_of(page, "doi") == ARTICLE
    assert field_of(page, "source_url") == REPOSITORY


def test_what_is_missing_is_said(served: Sources, owner: Client) -> None:
    served.serve("/zenodo/api/records/99000002", b'{"metadata": {"title": "Alone", "doi": "10.5281/zenodo.99000002"}}')
    page = owner.post("/register", {"doi": ZENODO_DATA}).content.decode()
    assert "Nothing says which paper it belongs to" in page
    assert "Nothing says where the notebooks are" in page
    assert field_of(page, "doi") == ""


def test_a_facility_that_the_data_name_is_chosen(served: Sources, owner: Client) -> None:
    facility = Facility.objects.create(slug="repository", name="Example Data Repository")
    page = owner.post("/register", {"doi": ARTICLE}).content.decode()
    assert f'<option value="{facility.pk}" selected>' in page


def test_the_facility_and_the_instruments_of_the_data_are_proposed_and_registered(
    served: Sources, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    facility = Facility.objects.create(slug="source", name="The Source", ror="https://ror.org/02550n020")
    Facility.objects.create(slug="repository", name="Example Data Repository")
    found = proposing.look_up_all(ARTICLE)
    taken_at = Organisation("Source", "https://ror.org/02550n020")
    first, *others = found.datasets
    told = dataclasses.replace(
        first.facts, instruments=(Instrument("ID<19>", "https://doi.org/10.5072/ID19", taken_at),)
    )
    known = dataclasses.replace(found, datasets=(dataclasses.replace(first, facts=told), *others))
    monkeypatch.setattr(proposing, "look_up_all", lambda _: known)
    page = owner.post("/register", {"doi": ARTICLE}).content.decode()
    assert f'<option value="{facility.pk}" selected>' in page
    assert field_of(page, "instruments") == "ID<19> | 10.5072/id19"
    typed = {"doi": ARTICLE, "source_url": REPOSITORY, "facility": facility.pk, "instruments": "ID19 | 10.5072/id19"}
    owner.post("/register", typed)
    (instrument,) = Publication.objects.get(doi=ARTICLE).instruments.all()
    assert (instrument.name, instrument.pid, instrument.facility) == ("ID19", "10.5072/id19", facility)


def test_an_instrument_that_names_nothing_is_refused(served: Sources, owner: Client) -> None:
    typed = {"doi": ARTICLE, "source_url": REPOSITORY, "instruments": "ID19 | not an address"}
    assert owner.post("/register", typed).status_code == 422
    assert not Publication.objects.exists()


def test_hostile_words_of_a_source_are_shown_as_words(served: Sources, owner: Client) -> None:
    served.serve(
        "/zenodo/api/records/99000002",
        b'{"metadata": {"title": "&lt;script&gt;alert(1)&lt;/script&gt;", "doi": "10.5281/zenodo.99000002"}}',
    )
    page = owner.post("/register", {"doi": ZENODO_DATA}).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_what_nobody_knows_is_said_and_may_be_typed(served: Sources, owner: Client) -> None:
    response = owner.post("/register", {"doi": "10.5555/nobody"})
    page = response.content.decode()
    assert response.status_code == 422
    assert "doi-unknown" in page
    assert 'name="title"' in page
    assert field_of(page, "doi") == "10.5555/nobody"


@pytest.mark.parametrize("typed", [{"doi": "", "source_url": ""}, {"doi": "hello", "source_url": ""}])
def test_what_cannot_be_looked_up_is_refused(typed: dict[str, str], served: Sources, owner: Client) -> None:
    response = owner.post("/register", {**typed, "look_up": "1"})
    assert response.status_code == 422
    assert not served.host.requests


def register(client: Client, *datasets: str) -> str:
    typed = {"doi": ARTICLE, "source_url": REPOSITORY, "ref": "", "facility": "", "datasets": "\n".join(datasets)}
    return str(client.post("/register", typed).content.decode())


def test_the_datasets_that_were_left_in_are_registered_and_looked_up(served: Sources, owner: Client) -> None:
    register(owner, ZENODO_DATA)
    publication = Publication.objects.get(doi=ARTICLE)
    assert [one.doi for one in publication.datasets.all()] == [ZENODO_DATA]
    assert LookUp.objects.get().state == LookUp.State.REQUESTED


def test_a_dataset_that_belongs_to_another_paper_is_not_linked(served: Sources, owner: Client) -> None:
    served.serve(
        "/zenodo/api/records/99000020",
        fixture("zenodo/99000002.json").replace(b"10.5555/reprise.article", b"10.5555/other"),
    )
    page = register(owner, "10.5281/zenodo.99000020")
    assert "dataset-unrelated" in page
    assert not Publication.objects.exists()


def test_a_dataset_of_which_nothing_is_known_is_not_linked(served: Sources, owner: Client) -> None:
    assert "dataset-unrelated" in register(owner, "10.5072/secret")
    assert not Publication.objects.exists()


def test_metadata_typed_by_hand_need_the_repository(served: Sources, owner: Client) -> None:
    typed = {"doi": "10.5555/nobody", "source_url": "", "ref": "", "title": "T", "creators": "A B"}
    response = owner.post("/register", typed)
    assert response.status_code == 422
    assert "This field is required." in response.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "x" * 100_000,
        "\u202e10.5555/x",
        "10.5555/" + "x" * 5000,
        "10.5555/<script>alert(1)</script>",
        "https://[::1",
        "http://127.0.0.1:1/a/b",
        "http://127.0.0.1:99999999/a/b",
        "https://github.com/../../a/b",
        "https://github.com/a/b/tree/--upload-pack=x",
        "https://github.com/" + "a/" * 400,
        "swh:1:rev:0123456789abcdef0123456789abcdef01234567;origin=javascript:alert(1)",
        "oai:x:1",
        "https://user:secret@gitlab.com/a/b",
        "https://zenodo.org/records/99999999999999999999",
        "%00%0a",
        "https://github.com/a%2f..%2f..%2fsettings/b",
    ],
    ids=range(17),
)
def test_whatever_is_typed_is_answered_with_a_page(typed: str, served: Sources, owner: Client) -> None:
    for field in ("doi", "source_url"):
        response = owner.post("/register", {"doi": "", "source_url": "", field: typed, "look_up": "1"})
        assert response.status_code == 422
        page = response.content.decode()
        assert "<script>alert" not in page
    assert not Publication.objects.exists()
