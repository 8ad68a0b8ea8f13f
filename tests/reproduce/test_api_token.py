"""Tokens: obtained with a password, sent with each request, revoked."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.personas import PASSWORD, People

PATH = "/api/v1/token/"


@pytest.fixture
def client(people: People) -> APIClient:
    cache.clear()
    return APIClient()


def test_a_token_acts_in_the_accounts_name(client: APIClient) -> None:
    answer = client.post(PATH, {"username": "olga", "password": PASSWORD}, format="json")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    body = {"doi": "10.5072/new", "source_url": "https://git.example.org/a/b.git", "title": "New"}
    assert client.post("/api/v1/publications/", body, format="json").status_code == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "olga", "password": "wrong"}, 403),
        ({"username": "nobody", "password": PASSWORD}, 403),
        ({"username": "olga"}, 400),
        ({"username": {"$ne": ""}, "password": []}, 400),
    ],
)
def test_a_wrong_password_gets_no_token(body: dict[str, object], status: int, client: APIClient) -> None:
    answer = client.post(PATH, body, format="json")
    assert answer.status_code == status
    assert "token" not in answer.json()


def test_an_account_that_is_switched_off_gets_no_token(client: APIClient, people: People) -> None:
    people.owner.is_active = False
    people.owner.save(update_fields=["is_active"])
    assert client.post(PATH, {"username": "olga", "password": PASSWORD}, format="json").status_code == 403


def test_guessing_is_slowed_down(client: APIClient) -> None:
    wrong = {"username": "olga", "password": "wrong"}
    statuses = [client.post(PATH, wrong, format="json").status_code for _ in range(21)]
    assert statuses == [403] * 20 + [429]


def test_a_revoked_token_is_worth_nothing(client: APIClient) -> None:
    token = client.post(PATH, {"username": "olga", "password": PASSWORD}, format="json").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.delete(PATH).status_code == 204
    assert client.get("/api/v1/publications/").status_code == 401


def test_a_stale_token_does_not_hinder_getting_a_new_one(client: APIClient) -> None:
    client.credentials(HTTP_AUTHORIZATION="Token 0123456789")
    assert client.post(PATH, {"username": "olga", "password": PASSWORD}, format="json").status_code == 200


def test_nobody_revokes_without_a_token(client: APIClient) -> None:
    assert client.delete(PATH).status_code == 401
