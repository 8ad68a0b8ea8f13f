"""Publications in the API: registered, found, edited, published."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.response import Response
from rest_framework.test import APIClient

from builder.models import Snapshot
from catalog.errors import CatalogError
from catalog.finding import FacetName, Wish, facets, find, read_wish
from catalog.models import Dataset, Publication, Technique, TechniqueAncestor
from catalog.sources import PublicationFacts
from catalog.techniques import load_shipped
from reproduce import api_publications
from tests.evidence import prove
from tests.personas import DOI, People, api_client, make_publication

BODY = {
    "doi": "https://doi.org/10.5072/New.1",
    "source_url": "https://git.example.org/a/b.git",
    "ref": "v1",
    "title": "New",
    "creators": [{"name": "A. Author", "orcid": "https://orcid.org/0000-0002-1825-0097"}],
    "published_on": "2021-02-03",
}


@pytest.fixture
def api(people: People) -> APIClient:
    return api_client(people.owner)


def post(api: APIClient, **changes: object) -> Response:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return api.post("/api/v1/publications/", body, format="json")


def test_registering_by_hand_makes_a_draft_and_asks_for_its_repository(api: APIClient, people: People) -> None:
    answer = post(api)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["doi"], made["state"], made["origin"]) == ("10.5072/new.1", "draft", "manual")
    assert made["creators"] == [{"name": "A. Author", "orcid": "0000-0002-1825-0097"}]
    assert answer["Location"].endswith(f"/api/v1/publications/{made['id']}/")
    snapshot = Snapshot.objects.get(repository__publication__doi="10.5072/new.1")
    assert snapshot.state == "requested"


def test_registering_without_a_title_looks_the_doi_up(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(doi: str) -> PublicationFacts:
        return PublicationFacts(doi=doi, title="From the agency", agency="crossref")

    monkeypatch.setattr(api_publications, "look_up", look_up)
    made = post(api, title=None, creators=None, published_on=None).json()
    assert (made["title"], made["origin"]) == ("From the agency", "crossref")


def test_metadata_that_cannot_be_fetched_are_asked_for_by_hand(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(doi: str) -> PublicationFacts:
        raise CatalogError("metadata-unreachable", doi=doi, reason="no answer")

    monkeypatch.setattr(api_publications, "look_up", look_up)
    answer = post(api, title=None, creators=None, published_on=None)
    assert answer.status_code == 502
    assert answer.json()["cause"]["id"] == "metadata-unreachable"
    assert "by hand" in answer.json()["cause"]["hint"]
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "cause"),
    [
        ({"doi": "11.5072/x"}, 400, "doi-malformed"),
        ({"source_url": "/etc/passwd"}, 400, "source-malformed"),
        ({"source_url": "ext::sh -c id"}, 400, "source-scheme"),
        ({"source_url": "file:///etc"}, 400, "source-scheme"),
        ({"source_url": "https://127.0.0.1/a.git"}, 400, "source-private"),
        ({"creators": [{"name": "A", "orcid": "0000-0002-1825-0098"}]}, 400, "orcid-malformed"),
    ],
)
def test_a_refused_registration_names_its_cause_and_leaves_nothing(
    changes: dict[str, Any], status: int, cause: str, api: APIClient
) -> None:
    answer = post(api, **changes)
    assert (answer.status_code, answer.json()["cause"]["id"]) == (status, cause)
    assert set(answer.json()["cause"]) == {"id", "fault", "message", "hint"}
    assert not Publication.objects.exists()


def test_a_doi_that_is_taken_is_refused(api: APIClient, publication: Publication) -> None:
    answer = post(api, doi=DOI.upper())
    assert (answer.status_code, answer.json()["cause"]["id"]) == (409, "doi-taken")


def test_metadata_by_hand_need_a_title(api: APIClient) -> None:
    answer = post(api, title=None)
    assert (answer.status_code, set(answer.json())) == (400, {"title"})


@pytest.mark.parametrize("written", [DOI, DOI.upper(), f"https://doi.org/{DOI}", f"doi:{DOI}"])
def test_a_publication_is_found_by_its_doi_in_any_form(written: str, publication: Publication) -> None:
    found = api_client(None).get("/api/v1/publications/", {"doi": written}).json()
    assert [one["doi"] for one in found["results"]] == [DOI]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"q": "silica"}, 1),
        ({"q": "graphene"}, 0),
        ({"facility": "example-source"}, 1),
        ({"facility": "elsewhere"}, 0),
        ({"state": "published"}, 1),
        ({"state": "draft"}, 0),
        ({"verdict": "identical"}, 0),
        ({"since": "2000-01-01T00:00:00Z"}, 1),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
    ],
)
def test_publications_are_filtered(query: dict[str, str], count: int, publication: Publication) -> None:
    assert api_client(None).get("/api/v1/publications/", query).json()["count"] == count


def test_publications_are_filtered_by_technique(publication: Publication) -> None:
    technique = publication.techniques.get()
    assert api_client(None).get("/api/v1/publications/", {"technique": technique.pk}).json()["count"] == 1
    assert api_client(None).get("/api/v1/publications/", {"technique": technique.pk + 1}).json()["count"] == 0


def test_each_facet_of_the_search_page_narrows_the_list_as_it_does_the_page(
    publication: Publication, embargoed: Publication
) -> None:
    broad = Technique.objects.create(name="scattering", panet_id="PaNET00001")
    narrow = publication.techniques.get()
    for pair in ((narrow, narrow), (narrow, broad), (broad, broad)):
        TechniqueAncestor.objects.create(technique=pair[0], ancestor=pair[1])
    data = Dataset.objects.create(doi="10.5072/data", title="Raw data", access="restricted")
    data.publications.add(publication)
    publication.instruments.create(name="D22")
    for paper, word in ((publication, "conda"), (embargoed, "dockerfile")):
        paper.repositories.update(declared=word)
    Publication.objects.filter(pk=publication.pk).update(licence="CC-BY-4.0", published_on=date(2019, 1, 1))
    prove(publication.targets.get(slug="figure-1"), verdict="reproduced")
    told = facets(AnonymousUser(), Wish())
    offered = [parse_qsl(choice.query)[0] for facet in told for choice in facet.choices]
    assert {name for name, _ in offered} == set(get_args(FacetName))
    for name, value in [*offered, ("technique", str(broad.pk))]:
        found = api_client(None).get("/api/v1/publications/", {name: value}).json()["results"]
        assert {one["doi"] for one in found} == {one.doi for one in find(AnonymousUser(), read_wish({name: value}))}
        assert found, name
    # What lies in the repository of an embargoed paper is not told.
    assert api_client(None).get("/api/v1/publications/", {"environment": "dockerfile"}).json()["count"] == 0
    assert api_client(embargoed.owner).get("/api/v1/publications/", {"environment": "dockerfile"}).json()["count"] == 1


def test_facets_are_joined(publication: Publication, draft: Publication, people: People) -> None:
    Publication.objects.filter(pk=draft.pk).update(licence="CC0-1.0")
    asked = {"year": "2020", "licence": "CC0-1.0", "facility": "example-source"}
    found = api_client(people.owner).get("/api/v1/publications/", asked).json()["results"]
    assert [one["doi"] for one in found] == [draft.doi]


@pytest.mark.parametrize(
    "query",
    [{"environment": "x"}, {"access": "x"}, {"year": "x"}, {"instrument": "x"}, {"licence": "a\x00"}],
    ids=range(5),
)
def test_a_facet_that_there_is_not_is_refused(query: dict[str, str], publication: Publication) -> None:
    answer = api_client(None).get("/api/v1/publications/", query)
    assert (answer.status_code, set(answer.json())) == (400, set(query))


@pytest.mark.parametrize("name", ["year", "instrument", "technique"])
@pytest.mark.parametrize("number", ["-1", "0", "99999", "9" * 40])
def test_a_number_that_nothing_has_finds_nothing(name: str, number: str, publication: Publication) -> None:
    assert api_client(None).get("/api/v1/publications/", {name: number}).json()["count"] == 0


@pytest.mark.parametrize("name", ["owner__password", "-owner__password", "creators", "nonsense"])
def test_only_listed_fields_order_a_list(
    name: str, publication: Publication, draft: Publication, people: People
) -> None:
    plain = api_client(people.owner).get("/api/v1/publications/").json()
    assert api_client(people.owner).get("/api/v1/publications/", {"ordering": name}).json() == plain


def test_a_list_is_ordered_by_title(publication: Publication, draft: Publication, people: People) -> None:
    Publication.objects.filter(pk=draft.pk).update(title="Aluminium")
    listed = api_client(people.owner).get("/api/v1/publications/", {"ordering": "title"}).json()
    assert [one["title"] for one in listed["results"]] == ["Aluminium", "Silica spheres"]


def test_editing_changes_what_was_sent_and_leaves_the_rest(api: APIClient, publication: Publication) -> None:
    edited = api.patch(f"/api/v1/publications/{publication.pk}/", {"venue": "Elsewhere"}, format="json").json()
    assert (edited["venue"], edited["title"], edited["facility"]) == ("Elsewhere", "Silica spheres", "example-source")
    edited = api.patch(f"/api/v1/publications/{publication.pk}/", {"facility": None}, format="json").json()
    assert edited["facility"] is None


def test_publishing_needs_a_confirmed_target(api: APIClient, draft: Publication) -> None:
    draft.targets.all().delete()
    answer = api.post(f"/api/v1/publications/{draft.pk}/publish/")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, "no-targets")


def test_publishing_and_withdrawing_may_be_repeated(api: APIClient, draft: Publication) -> None:
    for word, state in (
        ("publish", "published"),
        ("publish", "published"),
        ("withdraw", "draft"),
        ("withdraw", "draft"),
    ):
        assert api.post(f"/api/v1/publications/{draft.pk}/{word}/").json()["state"] == state


def test_what_no_agency_tells_may_be_sent_along(api: APIClient) -> None:
    load_shipped()
    made = post(
        api,
        techniques=["PaNET01189", "http://purl.org/pan-science/PaNET/PaNET01100", "Ptychography"],
        instruments=[{"name": "D22", "pid": "https://doi.org/10.5291/D22"}],
        funding=[{"funder": "EC", "identifier": "ror.org/00K4N6C32", "award": "823852"}],
        subjects=[{"text": "silica"}],
        language="en",
        creators=[{"name": "A", "affiliations": [{"name": "X", "ror": "01zy2cs03"}]}],
    ).json()
    assert {one["panet_id"] for one in made["techniques"]} == {"PaNET01189", "PaNET01100", "PaNET01212"}
    (instrument,) = made["instruments"]
    assert {**instrument, "id": None} == {"id": None, "name": "D22", "pid": "10.5291/d22", "facility": None}
    assert made["funding"] == [{"funder": "EC", "identifier": "https://ror.org/00k4n6c32", "award": "823852"}]
    assert (made["subjects"], made["language"]) == ([{"text": "silica"}], "en")
    assert made["creators"] == [{"name": "A", "affiliations": [{"name": "X", "ror": "https://ror.org/01zy2cs03"}]}]
    address = f"/api/v1/publications/{made['id']}/"
    changed = api.patch(address, {"techniques": [], "licence": "cc-by-4.0"}, format="json").json()
    assert (changed["techniques"], changed["licence"]) == ([], "CC-BY-4.0")
    assert changed["instruments"] == made["instruments"]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"techniques": ["PaNET99999"]}, "technique-unknown"),
        ({"instruments": [{"name": "D22", "pid": "no"}]}, "pid-malformed"),
        ({"funding": [{"funder": "EC", "identifier": "ror.org/00k4n6c33"}]}, "ror-malformed"),
        ({"creators": [{"name": "A", "affiliations": [{"name": "X", "ror": "no"}]}]}, "ror-malformed"),
    ],
    ids=str,
)
def test_a_description_that_cannot_be_is_refused_with_its_cause(
    changes: dict[str, Any], cause: str, api: APIClient, people: People
) -> None:
    publication = make_publication(people.owner)
    answer = api.patch(f"/api/v1/publications/{publication.pk}/", {"title": "Other", **changes}, format="json")
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, cause)
    publication.refresh_from_db()
    assert publication.title == "Silica spheres"


def test_techniques_are_found_by_words_and_by_what_is_broader(publication: Publication) -> None:
    load_shipped()
    api = api_client(None)
    (found,) = api.get("/api/v1/techniques/", {"panet_id": "PaNET01189"}).json()["results"]
    assert (found["iri"], len(found["parents"])) == ("http://purl.org/pan-science/PaNET/PaNET01189", 2)
    broader = found["parents"][0]
    assert api.get(f"/api/v1/techniques/{broader}/").json()["publications"] == found["publications"] == 1
    assert api.get("/api/v1/techniques/", {"panet_id": "PaNET01212"}).json()["results"][0]["publications"] == 0
    below = api.get("/api/v1/techniques/", {"below": broader, "limit": 200}).json()["results"]
    assert {found["id"], broader} <= {one["id"] for one in below}
    words = api.get("/api/v1/techniques/", {"q": "powder diffraction"}).json()["results"]
    assert "neutron powder diffraction" in [one["name"] for one in words]


def test_a_dataset_is_shown_with_all_that_is_known_and_without_its_files_while_it_is_closed(
    publication: Publication,
) -> None:
    dataset = Dataset.objects.create(
        doi="10.5072/data",
        title="Curves",
        access="embargoed",
        embargo_until=date(2030, 1, 1),
        files=[{"path": "a.h5", "url": "https://data.example.org/a.h5"}],
        parent=Dataset.objects.create(doi="10.5072/all", title="All"),
    )
    dataset.publications.add(publication)
    dataset.techniques.set(publication.techniques.all())
    (shown,) = api_client(None).get("/api/v1/datasets/", {"doi": dataset.doi}).json()["results"]
    assert (shown["files"], shown["embargo_until"], shown["collection"]) == (
        [],
        "2030-01-01",
        "10.5072/all",
    )
    assert [one["panet_id"] for one in shown["techniques"]] == ["PaNET01189"]
