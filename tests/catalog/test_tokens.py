"""API tokens: what each scope lets a program do, when a token ends, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.audit import SERVICE
from catalog.models import ApiToken, Publication
from catalog.roles import CURATOR, grant
from catalog.tokens import MOST_BY_PASSWORD, find_token, make_token, revoke_token
from tests.personas import PASSWORD, People

ALL = ("read", "run", "edit", "admin")


def program(user: User, *scopes: str) -> APIClient:
    """Return a client that sends a token of the account with these scopes."""
    _, secret = make_token(user, name="robot", scopes=scopes, days=1, now=timezone.now(), by=SERVICE)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
    return client


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (("read",), (200, 403, 403, 403)),
        (("run",), (403, 202, 202, 403)),
        (("edit",), (403, 403, 403, 200)),
        (("read", "run", "edit"), (200, 202, 202, 200)),
    ],
)
def test_a_token_does_what_its_scopes_say(
    scopes: tuple[str, ...], expected: tuple[int, ...], people: People, publication: Publication
) -> None:
    client = program(people.owner, *scopes)
    target = publication.targets.get(slug="figure-1").pk
    run = program(people.owner, "run").post(f"/api/v1/targets/{target}/reproduce/").json()["id"]
    answers = (
        client.get("/api/v1/publications/"),
        client.post(f"/api/v1/targets/{target}/reproduce/"),
        client.post(f"/api/v1/runs/{run}/cancel/"),
        client.patch(f"/api/v1/publications/{publication.pk}/", {"venue": "V"}, format="json"),
    )
    assert tuple(answer.status_code for answer in answers) == expected


def test_a_curators_token_without_the_scope_acts_as_an_author(people: People, draft: Publication) -> None:
    path = f"/api/v1/publications/{draft.pk}/"
    assert program(people.curator, *ALL).get(path).status_code == 200
    assert program(people.curator, "read", "run", "edit").get(path).status_code == 404
    root = User.objects.create_superuser("root", password=PASSWORD)
    assert program(root, "read").get(path).status_code == 404
    assert program(root, "read", "admin").get(path).status_code == 200


def test_the_scope_makes_nobody_a_curator(people: People, draft: Publication) -> None:
    assert program(people.stranger, *ALL).get(f"/api/v1/publications/{draft.pk}/").status_code == 404
    grant(people.stranger, CURATOR)
    assert program(people.stranger, *ALL).get(f"/api/v1/publications/{draft.pk}/").status_code == 200


def test_a_token_ends_with_its_days_when_revoked_and_with_its_account(people: People) -> None:
    now = timezone.now()
    token, secret = make_token(people.owner, name="a", scopes=ALL, days=7, now=now, by=SERVICE)
    assert find_token(secret, now=now + timedelta(days=6)) == token
    assert find_token(secret, now=now + timedelta(days=7)) is None
    User.objects.filter(pk=people.owner.pk).update(is_active=False)
    assert find_token(secret, now=now) is None
    User.objects.filter(pk=people.owner.pk).update(is_active=True)
    assert revoke_token(token, now=now, by=SERVICE)
    assert not revoke_token(token, now=now, by=SERVICE)
    assert find_token(secret, now=now) is None


def test_no_token_lasts_longer_than_the_operator_lets_it(people: People) -> None:
    now = timezone.now()
    token, _ = make_token(people.owner, name="a", scopes=ALL, days=9999, now=now, by=SERVICE)
    assert token.expires_at == now + timedelta(days=365)


def test_only_a_digest_is_kept(people: People) -> None:
    token, secret = make_token(people.owner, name="a", scopes=ALL, days=1, now=timezone.now(), by=SERVICE)
    kept: dict[str, Any] = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in map(str, kept.values())
    assert secret.startswith(str(kept["hint"]))


def test_it_is_noted_when_a_token_was_last_used(people: People) -> None:
    now = timezone.now()
    _, secret = make_token(people.owner, name="a", scopes=ALL, days=7, now=now, by=SERVICE)
    uses = []
    for seconds in (1, 30, 120):
        find_token(secret, now=now + timedelta(seconds=seconds))
        uses.append(ApiToken.objects.get().last_used_at)
    assert uses == [now + timedelta(seconds=1), now + timedelta(seconds=1), now + timedelta(seconds=120)]


def test_several_tokens_are_made_shown_once_and_revoked_on_the_page(owner: Client, people: People) -> None:
    first = owner.post("/tokens", {"name": "first", "scopes": ["read"], "days": 5}).content.decode()
    owner.post("/tokens", {"name": "second", "scopes": ["read", "run"], "days": 5})
    secret = first.split('id="fresh-token">')[1].split("<")[0]
    token = find_token(secret, now=timezone.now())
    assert token is not None
    assert (token.name, token.scopes, people.owner.api_tokens.count()) == ("first", ["read"], 2)
    assert secret not in owner.get("/tokens").content.decode()
    owner.post("/tokens", {"revoke": token.pk})
    assert find_token(secret, now=timezone.now()) is None
    assert people.owner.api_tokens.filter(revoked_at=None).get().name == "second"


@pytest.mark.parametrize("changes", [{"name": ""}, {"scopes": ["root"]}, {"scopes": []}, {"days": "0"}, {"days": "x"}])
def test_a_token_that_cannot_be_is_refused(changes: dict[str, object], owner: Client, people: People) -> None:
    assert owner.post("/tokens", {"name": "a", "scopes": ["read"], "days": "5", **changes}).status_code == 200
    assert not people.owner.api_tokens.exists()


def test_nobody_revokes_or_sees_the_token_of_another(owner: Client, people: People) -> None:
    token, _ = make_token(people.reader, name="ritas", scopes=ALL, days=5, now=timezone.now(), by=SERVICE)
    assert owner.post("/tokens", {"revoke": token.pk}).status_code == 404
    assert owner.post("/tokens", {"revoke": "x"}).status_code == 404
    assert b"ritas" not in owner.get("/tokens").content
    client = program(people.owner, *ALL)
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    assert [row["name"] for row in client.get("/api/v1/tokens/").json()["results"]] == ["robot"]


def test_the_api_lists_and_revokes_the_accounts_tokens(people: People) -> None:
    client = program(people.owner, *ALL)
    other, secret = make_token(people.owner, name="other", scopes=ALL, days=5, now=timezone.now(), by=SERVICE)
    shown = client.get(f"/api/v1/tokens/{other.pk}/").json()
    assert (shown["name"], secret in str(shown), "digest" in shown) == ("other", False, False)
    assert client.delete(f"/api/v1/tokens/{other.pk}/").status_code == 204
    assert find_token(secret, now=timezone.now()) is None


def test_a_password_gets_a_token_with_the_scopes_and_days_that_are_asked_for(people: People) -> None:
    cache.clear()
    body = {"username": "olga", "password": PASSWORD, "name": "laptop", "scopes": ["read"], "days": 3}
    answer = APIClient().post("/api/v1/token/", body, format="json").json()
    token = ApiToken.objects.get(pk=answer["id"])
    assert (token.name, answer["scopes"], token.is_by_password) == ("laptop", ["read"], True)
    assert token.expires_at - token.created_at == timedelta(days=3)


def test_of_the_tokens_obtained_by_password_the_oldest_end(people: People) -> None:
    now = timezone.now()
    for number in range(MOST_BY_PASSWORD + 2):
        make_token(
            people.owner, name=str(number), scopes=ALL, days=5, now=now + timedelta(seconds=number), by=SERVICE,
            is_by_password=True,
        )  # fmt: skip
    assert set(ApiToken.objects.exclude(revoked_at=None).values_list("name", flat=True)) == {"0", "1"}


@pytest.mark.django_db(transaction=True)
def test_a_token_from_before_goes_on_working_and_is_no_longer_kept_as_it_is() -> None:
    user = User.objects.create_user("olga")
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate([("catalog", "0016_access")])
    old = "0123456789abcdef0123456789abcdef01234567"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE authtoken_token (key varchar(40), created varchar(40), user_id bigint)")
        try:
            cursor.execute("INSERT INTO authtoken_token VALUES (%s, '', %s)", [old, user.pk])
            MigrationExecutor(connection).migrate(newest)
            cursor.execute("SELECT count(*) FROM authtoken_token")
            assert cursor.fetchone() == (0,)
        finally:
            cursor.execute("DROP TABLE authtoken_token")
    token = find_token(old, now=timezone.now())
    assert token is not None
    assert (token.user, set(token.scopes)) == (user, set(ALL))
