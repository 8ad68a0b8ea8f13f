"""The PaNOSC Search API as a federated search asks it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from catalog.expose import expose_publication
from catalog.models import Dataset, ExposureCounter, Publication, Technique, TechniqueAncestor
from catalog.publishing import withdraw


@pytest.fixture
def exposed(publication: Publication) -> Publication:
    """The published paper with data of two files, as harvesters are shown it."""
    data = Dataset.objects.create(
        doi="10.5072/a/b",
        title="Raw neutron data",
        access="open",
        files=[{"path": "raw/run-1.nxs", "size_bytes": 3}, {"path": "raw/run-2.nxs"}],
    )
    data.publications.add(publication)
    data.techniques.set(publication.techniques.all())
    expose_publication(publication)
    return publication


def asked(client: Client, path: str, **wish: Any) -> Any:  # noqa: ANN401 - JSON
    answer = client.get(f"/panosc/api/{path}", {"filter": json.dumps(wish)} if wish else {})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return answer.json()


def test_documents_come_with_their_data(exposed: Publication, anonymous: Client) -> None:
    (found,) = asked(anonymous, "Documents", include=[{"relation": "datasets"}])
    assert found["pid"] == exposed.doi
    assert [one["pid"] for one in found["datasets"]] == ["10.5072/a/b"]


def test_keywords_are_scored(exposed: Publication, anonymous: Client) -> None:
    (found,) = asked(anonymous, "Documents", query="silica")
    assert 0 < found["score"] < 1
    assert asked(anonymous, "Documents", query="xylophone") == []


def test_a_pid_with_slashes_names_one(exposed: Publication, anonymous: Client) -> None:
    pid = quote("10.5072/a/b", safe="")
    assert asked(anonymous, f"Datasets/{pid}")["title"] == "Raw neutron data"
    assert [one["name"] for one in asked(anonymous, f"Datasets/{pid}/files")] == ["run-1.nxs", "run-2.nxs"]
    where = json.dumps({"size": 3})
    assert anonymous.get(f"/panosc/api/Datasets/{pid}/files/count", {"where": where}).json() == {"count": 1}


def test_how_many_there_are(exposed: Publication, anonymous: Client) -> None:
    assert asked(anonymous, "Datasets/count") == {"count": 1}
    assert asked(anonymous, "Instruments/count") == {"count": 0}


def test_a_broader_technique_finds_it(exposed: Publication, anonymous: Client) -> None:
    (technique,) = exposed.techniques.all()
    broad = Technique.objects.create(name="scattering", panet_id="PaNET00001")
    for pair in ((technique, technique), (technique, broad), (broad, broad)):
        TechniqueAncestor.objects.create(technique=pair[0], ancestor=pair[1])
    ExposureCounter.objects.update(position=F("position") + 1)
    scope = {"where": {"pid": broad.iri}}
    assert len(asked(anonymous, "Datasets", include=[{"relation": "techniques", "scope": scope}])) == 1


def test_what_is_changed_is_answered_at_once_and_what_is_withdrawn_no_more(
    exposed: Publication, anonymous: Client
) -> None:
    assert len(asked(anonymous, "Documents")) == 1
    withdraw(exposed, now=timezone.now())
    assert asked(anonymous, "Documents") == []
    assert asked(anonymous, "Datasets") == []


@pytest.mark.parametrize("path", ["Documents/10.5072%2Fnone", "Datasets/x/files", "Datasets/x/files/count"])
def test_what_is_not_there_is_said_as_loopback_does(path: str, exposed: Publication, anonymous: Client) -> None:
    answer = anonymous.get(f"/panosc/api/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["statusCode"] == 404


@pytest.mark.parametrize("query", ["filter={", "filter=[]", 'filter={"where":{"a":{"b":1}}}', "filter=%00"])
def test_what_cannot_be_understood_is_refused(query: str, exposed: Publication, anonymous: Client) -> None:
    answer = anonymous.get(f"/panosc/api/Documents?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_it_describes_itself(anonymous: Client) -> None:
    described = anonymous.get("/panosc/api/openapi.json").json()
    validate_schema(described)
    assert len(described["paths"]) == 11
    assert described["servers"][0]["url"].endswith("/panosc/api")


@pytest.mark.parametrize("path", ["", "Documents/", "Samples", "Documents/a%0Ab", "Datasets/a%0Ab/files"])
def test_where_nothing_is_the_answer_is_in_loopbacks_form(path: str, anonymous: Client) -> None:
    answer = anonymous.get(f"/panosc/api/{path}")
    assert (answer.status_code, answer.json()["error"]["statusCode"]) == (404, 404)


@pytest.mark.parametrize("path", ["Documents", "Datasets/count", "Datasets/x/files", "openapi.json"])
def test_nothing_is_changed_by_it(path: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/panosc/api/{path}", {})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_nothing_of_a_draft_is_told(draft: Publication, owner: Client) -> None:
    expose_publication(draft)
    assert asked(owner, "Documents") == []
