"""Accounts: signing up, logging in, the page of tokens."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from catalog.roles import may_register
from tests.personas import PASSWORD, People

NEW = {"username": "nora", "password1": "a rather long password", "password2": "a rather long password"}


def test_signing_up_makes_an_author_and_logs_in(anonymous: Client) -> None:
    assert anonymous.post("/signup", NEW).headers["Location"] == "/"
    assert may_register(User.objects.get(username="nora"))
    assert anonymous.get("/mine").status_code == 200


def test_the_login_leads_to_signing_up(anonymous: Client) -> None:
    assert b'href="/signup"' in anonymous.get("/login").content


def test_signing_up_is_not_there_where_the_operator_does_not_allow_it(anonymous: Client, settings: Settings) -> None:
    settings.REPRISE_ALLOW_SIGNUP = False
    assert anonymous.get("/signup").status_code == 404
    assert anonymous.post("/signup", NEW).status_code == 404
    assert b"/signup" not in anonymous.get("/login").content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"password2": "another"}, {"password1": "short", "password2": "short"}, {"username": "olga"}, {"username": "a b"}],
)
def test_an_account_that_cannot_be_is_refused(changes: dict[str, str], anonymous: Client, people: People) -> None:
    before = User.objects.count()
    assert anonymous.post("/signup", {**NEW, **changes}).status_code == 200
    assert User.objects.count() == before


def test_logging_in_leads_to_where_one_came_from_and_never_to_another_site(anonymous: Client, people: People) -> None:
    typed = {"username": "olga", "password": PASSWORD}
    assert anonymous.post("/login", {**typed, "next": "/mine"}).headers["Location"] == "/mine"
    response = anonymous.post("/login", {**typed, "next": "https://evil.example/"})
    assert response.headers["Location"] == "/"


def test_guessing_passwords_is_slowed_down(anonymous: Client, people: People) -> None:
    for _ in range(20):
        anonymous.post("/login", {"username": "olga", "password": "wrong"}, REMOTE_ADDR="192.0.2.5")
    typed = {"username": "olga", "password": PASSWORD}
    assert b"Too many tries" in anonymous.post("/login", typed, REMOTE_ADDR="192.0.2.5").content
    assert anonymous.post("/login", typed, REMOTE_ADDR="192.0.2.6").status_code == 302


def test_logging_out_needs_a_post(owner: Client) -> None:
    assert owner.get("/logout").status_code == 405
    owner.post("/logout")
    assert owner.get("/mine").status_code == 302


def test_a_password_is_changed_with_the_old_one_alone(owner: Client, people: People) -> None:
    new = "quite another long password"
    typed = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert owner.post("/password", typed).status_code == 200
    assert owner.post("/password", {**typed, "old_password": PASSWORD}).headers["Location"] == "/password/done"
    people.owner.refresh_from_db()
    assert people.owner.check_password(new)


def test_the_token_page_is_for_accounts_and_never_cached(owner: Client, anonymous: Client) -> None:
    assert anonymous.get("/tokens").headers["Location"] == "/login?next=/tokens"
    assert "no-store" in owner.get("/tokens").headers["Cache-Control"]
