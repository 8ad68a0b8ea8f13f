"""A provider that lies, breaks or stalls logs nobody in, and the page says what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.config.forged_provider import CLIENT, Lies, forged_provider
from tests.validators.openid import begin, settings_of

pytestmark = pytest.mark.django_db

DESCRIPTION = "/.well-known/openid-configuration"


@pytest.fixture
def lies(settings: Settings) -> Iterator[Lies]:
    with forged_provider() as (issuer, lies):
        settings.REPRISE_OPENID = {"house": settings_of(issuer, client_id=CLIENT)}
        settings.REPRISE_URL = "http://127.0.0.1:8765"
        yield lies


def come_back(client: Client, lies: Lies, **more: str) -> HttpResponse:
    """Leave for the provider and come back with a code; it learns the nonce, as a provider does."""
    asked = parse_qs(urlsplit(begin(client)).query)
    lies.nonce = lies.nonce or asked["nonce"][0]
    answer: Any = client.get("/login/house/callback", {"code": "c", "state": asked["state"][0], **more})
    return answer


def test_what_is_told_as_it_should_be_logs_in(lies: Lies, anonymous: Client) -> None:
    assert come_back(anonymous, lies).status_code == 302
    assert User.objects.get().username == "nora"


LIES = {
    "another key": {"signed": "another key"},
    "a key that is not listed": {"signed": "unknown key"},
    "no signature": {"signed": "none"},
    "the public key as a secret": {"signed": "HS256"},
    "another nonce": {"nonce": "of another login"},
    "no nonce": {"without": ("nonce",)},
    "another issuer in the token": {"claims": {"iss": "https://evil.example"}},
    "for another service": {"claims": {"aud": "others"}},
    "for two and meant for another": {"claims": {"aud": [CLIENT, "others"], "azp": "others"}},
    "too old": {"claims": {"exp": 1_000_000_000}},
    "without an end": {"without": ("exp",)},
    "issued tomorrow": {"claims": {"iat": 4_000_000_000}},
    "two persons": {"userinfo": {"sub": "olga"}},
    "a person without a name": {"userinfo": {"sub": ""}, "claims": {"sub": ""}},
    "a person with a number for a name": {"userinfo": {"sub": 7}, "claims": {"sub": 7}},
    "a person with a break in the name": {"userinfo": {"sub": "a\nb"}, "claims": {"sub": "a\nb"}},
    "a person with an endless name": {"userinfo": {"sub": "a" * 192}, "claims": {"sub": "a" * 192}},
    "no ID token": {"token": {"id_token": None}},
    "a token that is none": {"token": {"id_token": "a.b.c"}},
    "a list of persons": {"raw": {"/userinfo": (200, {}, b"[]")}},
    "keys that are none": {"raw": {"/keys": (200, {}, b'{"keys": [{"kty": "RSA"}]}')}},
    "an answer nested without end": {"raw": {"/userinfo": (200, {}, b"[" * 100_000)}},
}


@pytest.mark.parametrize("name", LIES)
def test_what_cannot_be_believed_logs_nobody_in(name: str, lies: Lies, anonymous: Client) -> None:
    for key, value in LIES[name].items():
        setattr(lies, key, value)
    answer = come_back(anonymous, lies)
    assert (answer.status_code, b"was not believed" in answer.content) == (502, True)
    assert (User.objects.count(), anonymous.get("/mine").status_code) == (0, 302)


DESCRIPTIONS = {
    "another issuer": {"issuer": "https://evil.example"},
    "a script as its page": {"authorization_endpoint": "javascript:alert(1)"},
    "a page with a query": {"authorization_endpoint": "https://example.org/?client_id=other"},
    "tokens in the clear": {"token_endpoint": "http://example.org/token"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "no keys": {"jwks_uri": None},
    "persons by a user's name": {"userinfo_endpoint": "https://a@example.org/"},
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_that_cannot_be_believed_leads_nowhere(name: str, lies: Lies, anonymous: Client) -> None:
    lies.description = DESCRIPTIONS[name]
    answer = anonymous.post("/login/house")
    assert (answer.status_code, b"was not believed" in answer.content) == (502, True)


BROKEN = {
    "an error": (500, {}, b"{}"),
    "no such page": (404, {}, b"{}"),
    "no JSON": (200, {}, b"<html>"),
    "a redirect": (302, {"Location": "http://127.0.0.1:1/"}, b""),
    "too much": (200, {}, b" " * (2**20 + 1)),
    "compressed": (200, {"Content-Encoding": "gzip"}, b"x"),
}


@pytest.mark.parametrize("path", [DESCRIPTION, "/token", "/keys", "/userinfo"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_provider_that_is_broken_is_told_of(name: str, path: str, lies: Lies, anonymous: Client) -> None:
    asked = parse_qs(urlsplit(begin(anonymous)).query)
    lies.nonce = asked["nonce"][0]
    lies.raw = {path: BROKEN[name]}
    answer = anonymous.get("/login/house/callback", {"code": "c", "state": asked["state"][0]})
    assert (answer.status_code, b"House" in answer.content, User.objects.count()) == (502, True, 0)


def test_a_provider_that_is_away_is_told_of(lies: Lies, settings: Settings, anonymous: Client) -> None:
    settings.REPRISE_OPENID = {"house": settings_of("http://127.0.0.1:1")}
    answer = anonymous.post("/login/house")
    assert (answer.status_code, b"House does not answer" in answer.content) == (502, True)


def test_a_provider_that_answers_a_byte_at_a_time_is_not_waited_for(
    lies: Lies, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.openid_session._TIMEOUT_S", 1)
    lies.slow = DESCRIPTION
    before = time.monotonic()
    assert anonymous.post("/login/house").status_code == 502
    # Whole it would take over a minute.
    assert time.monotonic() - before < 40


def test_an_answer_of_another_issuer_is_refused(lies: Lies, anonymous: Client) -> None:
    assert come_back(anonymous, lies, iss="https://evil.example").status_code == 502
    assert not User.objects.exists()


@pytest.mark.parametrize("error", ["server_error", "<script>alert(1)</script>", "a" * 5000])
def test_an_error_of_the_provider_is_told_by_its_name_where_that_is_known(
    error: str, lies: Lies, anonymous: Client
) -> None:
    state = parse_qs(urlsplit(begin(anonymous)).query)["state"][0]
    answer = anonymous.get("/login/house/callback", {"error": error, "state": state, "error_description": "<b>x"})
    assert (answer.status_code, b"did not complete the login" in answer.content) == (502, True)
    assert (b"server_error" in answer.content) == (error == "server_error")
    assert b"alert(1)" not in answer.content
    assert b"<b>x" not in answer.content


HOSTILE = [
    {"preferred_username": "<script>alert(1)</script>", "name": "\u202egnp.exe\x00" + "x" * 5000},
    {"preferred_username": ["olga"], "given_name": {"a": 1}, "family_name": 7, "name": None},
    {"preferred_username": "\u200b\u200b", "given_name": "a\r\nSet-Cookie: x=1", "orcid": "not one"},
    {"entitlements": {"urn": 1}, "orcid": ["0000-0002-1825-0098"]},
    {"entitlements": [7, None, "", "x" * 10_000, *(f"urn:x:{n}" for n in range(5000))]},
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_claims_become_a_plain_account_with_no_more_than_the_least_role(
    number: int, lies: Lies, anonymous: Client
) -> None:
    lies.userinfo = {"preferred_username": "nora", **HOSTILE[number]}
    assert come_back(anonymous, lies).status_code == 302
    user = User.objects.get()
    assert user.username.isascii()
    assert user.username.replace(".", "").replace("-", "").isalnum()
    for name in (user.username, user.first_name, user.last_name, SocialAccount.objects.get().extra_data["name"]):
        assert name.isprintable()
        assert len(name) <= 150
    assert {group.name for group in user.groups.all()} == {"reader"}
    page = anonymous.get("/identities").content
    assert (b"<script>alert" in page, b"\xe2\x80\xae" in page) == (False, False)
