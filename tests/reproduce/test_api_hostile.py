"""Whatever is sent to the API, it answers in JSON and never with a fault of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.response import Response
from rest_framework.test import APIClient

from catalog.errors import CatalogError
from catalog.models import Publication, Target
from reproduce import api_publications
from reproduce.models import Run
from reproduce.queue import request_run
from reproduce.watches import watch
from tests.personas import People, api_client

KEYS = (
    "doi", "source_url", "ref", "title", "creators", "published_on", "venue", "facility", "label", "kind", "notebook",
    "cells", "rtol", "atol", "image_limit", "disabled_rules", "timeout_s", "allowed_hosts", "threads",
    "matplotlib_backend", "target", "every_days", "username", "password", "name", "orcid",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\x00", "\ud800", "10.5072/x", "NaN", "1e999", "../..", "ext::x", "https://[::1", "💥" * 300, ""]),
)
NUMBERS = st.one_of(
    st.integers(), st.sampled_from([2**31, 2**63, 2**64, -1, 0]), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
QUERY_KEYS = (
    "doi", "facility", "technique", "verdict", "state", "since", "q", "limit", "offset", "ordering", "after", "target",
    "repository", "commit", "kind", "publication", "panet_id", "below", "format",
    "environment", "instrument", "year", "licence", "access",
)  # fmt: skip
QUERIES = st.dictionaries(
    st.sampled_from(QUERY_KEYS),
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.sampled_from(["9" * 40, "-1", "NaN", "Infinity", "1e400", "\x00", "0001-01-01T00:00:00+14:00", "a,b", "'"]),
    ),
    max_size=4,
)
LISTS = (
    "publications", "repositories", "snapshots", "targets", "runs", "watches", "facilities", "techniques", "datasets",
)  # fmt: skip
PROPERTY = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def is_answer(status: int) -> bool:
    """Tell whether a status is an answer to the request: neither a fault of ours nor a redirect."""
    return 200 <= status < 300 or 400 <= status < 500


def send(client: APIClient, method: str, path: str, body: str | bytes) -> Response:
    return getattr(client, method)(path, body, content_type="application/json")


@pytest.fixture
def writes(people: People, publication: Publication, target: Target) -> list[tuple[str, str]]:
    """Every address that takes a body."""
    return [
        ("post", "/api/v1/publications/"),
        ("patch", f"/api/v1/publications/{publication.pk}/"),
        ("patch", f"/api/v1/targets/{target.pk}/"),
        ("post", "/api/v1/watches/"),
    ]


@PROPERTY
@given(body=BODIES)
def test_odd_bodies_are_refused_or_taken(
    body: dict[str, Any], writes: list[tuple[str, str]], people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(doi: str) -> None:
        raise CatalogError("metadata-unreachable", doi=doi, reason="the network is off")

    monkeypatch.setattr(api_publications, "look_up", look_up)
    client = api_client(people.curator)
    for method, path in writes:
        answer = send(client, method, path, json.dumps(body))
        assert is_answer(answer.status_code) or answer.json()["cause"]["id"] == "metadata-unreachable", answer.content
        answer.json()


@PROPERTY
@given(query=QUERIES)
def test_odd_queries_are_refused_or_answered(query: dict[str, str], target: Target) -> None:
    client = api_client(None)
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    for path in (*LISTS, f"runs/{run.pk}/events"):
        answer = client.get(f"/api/v1/{path}/", query)
        assert is_answer(answer.status_code), (path, answer.content)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"title":' * 50_000,
        b'{"rtol": NaN}',
        b'{"rtol": 1e999}',
        b'{"rtol": ' + b"9" * 5000 + b"}",
        b'{"title": "\\ud800"}',
        b'{"title": "\\u0000"}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_sane_object_is_refused(body: bytes, writes: list[tuple[str, str]], people: People) -> None:
    for method, path in writes[:3]:
        answer = send(api_client(people.curator), method, path, body)
        is_empty_edit = method == "patch" and answer.status_code == 200 and body in {b""}
        is_ignored = method == "patch" and answer.status_code == 200 and (b"rtol" in body) != ("targets" in path)
        assert answer.status_code == 400 or is_empty_edit or is_ignored, (path, answer.content)


def test_a_body_over_one_megabyte_is_refused_unread(people: People) -> None:
    answer = send(api_client(people.owner), "post", "/api/v1/publications/", b'{"title": "' + b"a" * 2_000_000 + b'"}')
    assert answer.status_code in {400, 413}
    assert "1048576" in answer.json()["detail"]


def test_a_form_is_not_taken_for_json(people: People) -> None:
    answer = api_client(people.owner).post("/api/v1/publications/", {"title": "x"}, format="multipart")
    assert answer.status_code == 415


@pytest.mark.parametrize("key", ["9" * 18, "9" * 40, "0", "-1", "abc", "%00", "1'--", "../admin"])
@pytest.mark.parametrize("resource", LISTS)
def test_a_key_that_is_none_is_not_found(resource: str, key: str, db: None) -> None:
    assert api_client(None).get(f"/api/v1/{resource}/{key}/").status_code == 404


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday", "1e9"])
@pytest.mark.parametrize("resource", ["publications", "targets", "runs"])
def test_a_time_that_is_none_is_refused(resource: str, since: str, db: None) -> None:
    answer = api_client(None).get(f"/api/v1/{resource}/", {"since": since})
    assert (answer.status_code, set(answer.json())) == (400, {"since"})


@pytest.mark.parametrize(("limit", "most"), [("1", 1), ("", 50), ("200", 200), ("10000000", 200), ("9" * 40, 200)])
def test_a_page_is_bounded(limit: str, most: int, people: People, publication: Publication) -> None:
    repository = publication.repositories.get()
    Target.objects.bulk_create(
        Target(
            publication=publication, repository=repository, label=str(n), slug=f"t-{n}", notebook="a.ipynb",
            state=Target.State.CONFIRMED,
        )
        for n in range(210)
    )  # fmt: skip
    assert len(api_client(None).get("/api/v1/targets/", {"limit": limit}).json()["results"]) == most


@pytest.mark.parametrize("query", ["limit=0", "limit=-5", "limit=x", "limit=1&limit=2", "offset=-1", "offset=0.5"])
def test_a_page_that_is_no_count_is_refused(query: str, db: None) -> None:
    answer = api_client(None).get(f"/api/v1/targets/?{query}")
    assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


@pytest.mark.parametrize("body", [{"name": 5}, {"name": True}, {"name": ["x"]}, {"name": None}])
def test_a_value_of_another_type_is_not_made_a_text(body: dict[str, Any], people: People) -> None:
    assert api_client(people.owner).post("/api/v1/groups/", body, format="json").status_code == 400


def test_a_text_is_not_made_a_number(people: People, target: Target) -> None:
    body = {"target": str(target.pk), "every_days": 7}
    assert set(api_client(people.owner).post("/api/v1/watches/", body, format="json").json()) == {"target"}


@pytest.mark.parametrize("path", ["nothing/", "runs/no-run/", "targets/1/nothing/", "datasets/%0A/"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_where_nothing_is_a_program_is_told_so_in_json(path: str, method: str, db: None) -> None:
    answer = getattr(api_client(None), method)(f"/api/v1/{path}")
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize("path", ["targets/", "token/", "log/head/"])
def test_a_method_that_is_not_there_is_told_to_everybody(path: str, db: None) -> None:
    answer = api_client(None).put(f"/api/v1/{path}")
    assert answer.status_code == 405
    assert "PUT" not in answer.headers["Allow"]


@pytest.mark.parametrize("resource", ["publications", "targets", "runs", "snapshots", "repositories", "watches"])
def test_a_longer_list_needs_no_more_queries(
    resource: str, people: People, publication: Publication, draft: Publication
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            api_client(people.owner).get(f"/api/v1/{resource}/")
        return len(queries)

    first = publication.targets.get(slug="figure-1")
    watch(first, every_days=3)
    request_run(first, reason=Run.Reason.CLICK, requested_by=None)
    few = count()
    for target in (*publication.targets.all(), *draft.targets.all()):
        watch(target, every_days=3)
        request_run(target, reason=Run.Reason.CLICK, requested_by=None)
    assert count() <= few
