"""Review links by the API: scanned, issued, shown once, listed, revoked, as on the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.test import APIClient

from catalog.audit import SERVICE
from catalog.masking.scan import Finding, Scan
from catalog.models import AuditEntry, Publication, ReviewLink
from catalog.tokens import make_token
from reproduce import api_review_links
from reproduce.review.looking import Look, look_through
from tests.personas import DRAFT_DOI, People, api_client, make_publication
from tests.reproduce.review.under_review import make_under_review

BODY = {"name": "Referee 1", "days": 9, "further": ["Uppsala", "AB-1234"], "is_looked_at": True}


@pytest.fixture
def reviewed(people: People) -> Publication:
    """The draft under review."""
    User.objects.filter(pk=people.owner.pk).update(first_name="Olga", last_name="Olsson")
    return make_under_review(User.objects.get(pk=people.owner.pk))[0]


@pytest.fixture
def api(people: People) -> APIClient:
    return api_client(people.owner)


def links_of(publication: Publication) -> str:
    return f"/api/v1/publications/{publication.pk}/review-links/"


def issue(api: APIClient, publication: Publication, **changes: object) -> Response:
    return api.post(links_of(publication), {**BODY, **changes}, format="json")


def test_a_scan_answers_what_it_found_and_issues_nothing(api: APIClient, reviewed: Publication) -> None:
    found = api.post(f"{links_of(reviewed)}scan/", {"further": ["Uppsala"]}, format="json").json()
    look = look_through(reviewed, further=["Uppsala"])
    assert found["masked"] == [
        {"place": one.place, "kind": one.kind, "count": one.count, "excerpt": one.excerpt} for one in look.scan.masked
    ]
    assert {one["kind"] for one in found["to_mend"]} >= {"grant number"}
    assert (found["left"], found["pictures"], found["hidden"]) == ([], 2, ["files/olsson.h5", "report.pdf"])
    assert found["to_look_at"] == look.count_to_mend > 0
    assert not ReviewLink.objects.exists()


def test_a_link_opens_and_its_address_is_told_once(api: APIClient, reviewed: Publication) -> None:
    answer = issue(api, reviewed)
    made = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    secret = made["address"].rpartition("/")[2]
    assert Client().get(f"/review/{secret}").status_code == 200
    assert made["found"]["pictures"] == 2
    path = answer["Location"].partition("testserver")[2]
    assert api.get(path).json() == {**made["link"], "last_used_at": api.get(path).json()["last_used_at"]}
    (listed,) = api.get(links_of(reviewed)).json()["results"]
    assert (listed["name"], listed["issued_by"], listed["is_good"]) == ("Referee 1", "olga", True)
    assert secret not in api.get(path).content.decode() + api.get(links_of(reviewed)).content.decode()


def test_issuing_and_revoking_are_in_the_audit_log_with_the_token(reviewed: Publication, people: People) -> None:
    token, secret = make_token(people.owner, name="t", scopes=["edit"], days=1, now=timezone.now(), by=SERVICE)
    robot = APIClient(headers={"Authorization": f"Token {secret}"})
    path = issue(robot, reviewed)["Location"]
    assert robot.delete(path).status_code == 204
    for action in ("review.issue", "review.revoke"):
        entry = AuditEntry.objects.get(action=action)
        assert (entry.account, entry.via, entry.via_id) == ("olga", "token", token.pk)


def test_a_token_that_may_only_read_issues_nothing(reviewed: Publication, people: People) -> None:
    _, secret = make_token(people.owner, name="t", scopes=["read", "run"], days=1, now=timezone.now(), by=SERVICE)
    robot = APIClient(headers={"Authorization": f"Token {secret}"})
    assert [issue(robot, reviewed).status_code, robot.get(links_of(reviewed)).status_code] == [403, 200]
    assert not ReviewLink.objects.exists()


def test_a_revoked_link_opens_nothing_and_stays_in_the_list(api: APIClient, reviewed: Publication) -> None:
    answer = issue(api, reviewed)
    secret = answer.json()["address"].rpartition("/")[2]
    assert [api.delete(answer["Location"]).status_code for _ in range(2)] == [204, 204]
    assert Client().get(f"/review/{secret}").status_code == 404
    (listed,) = api.get(links_of(reviewed)).json()["results"]
    assert (listed["is_good"], listed["revoked_at"] is None) == (False, False)
    assert AuditEntry.objects.filter(action="review.revoke").count() == 1


def test_what_was_not_looked_at_is_refused_as_on_the_page(api: APIClient, reviewed: Publication) -> None:
    answer = issue(api, reviewed, is_looked_at=False)
    assert (answer.status_code, answer.json()["cause"]["id"]) == (400, "review-not-looked-at")
    assert not ReviewLink.objects.exists()


def test_where_a_name_stays_no_link_is_issued(
    api: APIClient, reviewed: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Finding("abstract", "name", 1, "by Olsson")
    look = Look(Scan((), (), (left,)), 0, (), (), ())
    monkeypatch.setattr(api_review_links, "look_through", lambda *_, **__: look)
    assert api.post(f"{links_of(reviewed)}scan/", {}, format="json").json()["left"] == [
        {"place": "abstract", "kind": "name", "count": 1, "excerpt": "by Olsson"}
    ]
    answer = issue(api, reviewed)
    assert (answer.status_code, answer.json()["cause"]["id"]) == (422, "review-still-named")
    assert "abstract" in answer.json()["cause"]["message"]
    assert not ReviewLink.objects.exists()


def test_no_link_lasts_longer_than_the_operator_lets_it(
    api: APIClient, reviewed: Publication, settings: Settings
) -> None:
    settings.REPRISE_REVIEW_DAYS = 3
    before = timezone.now()
    issued = issue(api, reviewed, days=10**12).json()["link"]
    assert datetime.fromisoformat(issued["expires_at"]).astimezone(UTC) < before + timedelta(days=3, hours=1)


def test_a_link_is_found_below_its_own_publication_alone(api: APIClient, reviewed: Publication, people: People) -> None:
    other = make_publication(people.owner, doi=DRAFT_DOI, is_published=False)
    number = issue(api, reviewed).json()["link"]["id"]
    assert api.get(f"{links_of(other)}{number}/").status_code == 404
    assert api.delete(f"{links_of(other)}{number}/").status_code == 404
    assert api.get(links_of(other)).json()["results"] == []
    assert ReviewLink.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"days": 0}, "days"),
        ({"days": "7"}, "days"),
        ({"further": "Uppsala"}, "further"),
        ({"further": [1]}, "further"),
        ({"further": ["x" * 201]}, "further"),
        ({"further": ["x" * 99] * 60}, "further"),
        ({"is_looked_at": 1}, "is_looked_at"),
    ],
    ids=range(9),
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], field: str, api: APIClient, reviewed: Publication) -> None:
    answer = issue(api, reviewed, **changes)
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert not ReviewLink.objects.exists()
