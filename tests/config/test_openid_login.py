"""Logging in by a real OpenID provider: accounts, roles and groups, and the ways that an account may log in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from catalog.models import AuditEntry, ExperimentGroup, ProviderGrant
from tests.personas import PASSWORD, People
from tests.validators.openid import MEMBERS, Running, at_provider, begin, openid_provider, settings_of

pytestmark = pytest.mark.django_db

AUTHORS = MEMBERS.format("authors")
LEADER = MEMBERS.format("proposals:2026-1:role=leader")
PROPOSAL = MEMBERS.format("proposals:2026-1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    address = "http://127.0.0.1:8765/login/house/callback"
    with openid_provider(tmp_path_factory.mktemp("openid"), redirect_uri=address) as provider:
        yield provider


@pytest.fixture
def provider(running: Running, settings: Settings) -> Running:
    settings.REPRISE_OPENID = {"house": settings_of(running.issuer)}
    settings.REPRISE_URL = "http://127.0.0.1:8765"
    running.say(nora={"given_name": "Nora", "family_name": "Nilsson", "preferred_username": "nora"})
    return running


def log_in(client: Client, name: str, **form: str) -> str:
    """Log in by the provider and return where that leads."""
    answer = client.get(at_provider(begin(client, **form), name))
    assert answer.status_code == 302, answer.content
    return answer.headers["Location"]


def roles(name: str) -> set[str]:
    return set(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_a_first_login_makes_an_account_with_the_names_of_the_provider(provider: Running, anonymous: Client) -> None:
    assert log_in(anonymous, "nora", next="/mine") == "/mine"
    user = User.objects.get(username="nora")
    assert (user.get_full_name(), user.email, user.has_usable_password()) == ("Nora Nilsson", "", False)
    assert roles("nora") == {"reader"}
    assert anonymous.get("/mine").status_code == 200


def test_a_second_login_is_the_same_account(provider: Running, anonymous: Client) -> None:
    log_in(anonymous, "nora")
    log_in(Client(), "nora")
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_roles_and_groups_follow_what_the_provider_says_at_each_login(provider: Running, anonymous: Client) -> None:
    provider.say(nora={"preferred_username": "nora", "entitlements": [AUTHORS, PROPOSAL, LEADER]})
    log_in(anonymous, "nora")
    group = ExperimentGroup.objects.get(name="Proposal 2026-1")
    assert roles("nora") == {"reader", "author"}
    assert group.memberships.get().is_manager
    provider.say(nora={"preferred_username": "nora", "entitlements": [PROPOSAL]})
    log_in(Client(), "nora")
    assert roles("nora") == {"reader"}
    assert not group.memberships.get().is_manager
    provider.say(nora={"preferred_username": "nora"})
    log_in(Client(), "nora")
    assert not group.memberships.exists()
    assert list(ProviderGrant.objects.values_list("role", flat=True)) == ["reader"]


def test_logins_and_changed_roles_are_in_the_audit_log(provider: Running, anonymous: Client) -> None:
    provider.say(nora={"preferred_username": "nora", "entitlements": [AUTHORS]})
    log_in(anonymous, "nora")
    provider.say(nora={"preferred_username": "nora"})
    log_in(Client(), "nora")
    told = [(one.action, one.account, one.details) for one in AuditEntry.objects.order_by("pk")]
    assert told == [
        ("account.signup", "nora", {"provider": "house"}),
        ("account.roles", "nora", {"provider": "house", "gained": ["author", "reader"], "lost": []}),
        ("account.login", "nora", {"provider": "house"}),
        ("account.roles", "nora", {"provider": "house", "gained": [], "lost": ["author"]}),
        ("account.login", "nora", {"provider": "house"}),
    ]


def test_an_account_of_that_name_or_mail_address_is_left_alone(
    provider: Running, people: People, anonymous: Client
) -> None:
    User.objects.filter(pk=people.owner.pk).update(email="olga@example.org")
    claims = {"preferred_username": "OLGA", "email": "olga@example.org", "email_verified": True}
    provider.say(thief=claims)
    log_in(anonymous, "thief")
    assert SocialAccount.objects.get().user.username == "OLGA2"
    assert not SocialAccount.objects.filter(user=people.owner).exists()


def test_an_account_adds_a_provider_while_it_is_logged_in_and_takes_it_away(
    provider: Running, people: People, owner: Client
) -> None:
    provider.say(nora={"entitlements": [MEMBERS.format("curators")], "orcid": "https://orcid.org/0000-0002-1825-0097"})
    assert log_in(owner, "nora", connect="yes") == "/identities"
    assert roles("olga") == {"author", "reader", "curator"}
    page = owner.get("/identities").content.decode()
    assert "0000-0002-1825-0097" in page
    assert log_in(Client(), "nora") == "/"
    assert User.objects.count() == 4
    owner.post("/identities", {"remove": SocialAccount.objects.get().pk})
    assert (SocialAccount.objects.count(), roles("olga")) == (0, {"author"})
    acts = AuditEntry.objects.filter(action__in=("account.connect", "account.disconnect")).order_by("pk")
    assert [one.action for one in acts] == ["account.connect", "account.disconnect"]


def test_the_last_way_to_log_in_is_not_taken_away(provider: Running, anonymous: Client) -> None:
    log_in(anonymous, "nora")
    answer = anonymous.post("/identities", {"remove": SocialAccount.objects.get().pk}, follow=True)
    assert b"you could not log in any more" in answer.content
    assert SocialAccount.objects.count() == 1


def test_a_login_of_others_is_neither_added_nor_taken_away(
    provider: Running, people: People, owner: Client, anonymous: Client
) -> None:
    log_in(anonymous, "nora")
    answer = owner.get(at_provider(begin(owner, connect="yes"), "nora"))
    assert (answer.status_code, b"belongs to another account" in answer.content) == (400, True)
    assert owner.post("/identities", {"remove": SocialAccount.objects.get().pk}).status_code == 404
    assert SocialAccount.objects.get().user.username == "nora"


def test_a_provider_that_makes_no_accounts_lets_those_in_that_have_one(
    provider: Running, settings: Settings, people: People, owner: Client, anonymous: Client
) -> None:
    settings.REPRISE_OPENID = {"house": settings_of(provider.issuer, new_accounts=False)}
    answer = anonymous.get(at_provider(begin(anonymous), "nora"))
    assert (answer.status_code, User.objects.count()) == (400, 4)
    log_in(owner, "nora", connect="yes")
    assert log_in(anonymous, "nora") == "/"


def test_a_closed_account_is_not_logged_in(provider: Running, anonymous: Client) -> None:
    log_in(anonymous, "nora")
    User.objects.update(is_active=False)
    client = Client()
    answer = client.get(at_provider(begin(client), "nora"))
    assert (answer.status_code, b"account was closed" in answer.content) == (400, True)
    assert client.get("/mine").status_code == 302


def test_who_changes_their_mind_at_the_provider_is_told_what_to_do(provider: Running, anonymous: Client) -> None:
    answer = anonymous.get(at_provider(begin(anonymous), ""))
    assert answer.status_code == 400
    assert b"You did not let House log you in." in answer.content


def test_a_way_back_is_good_once_and_in_the_browser_that_left_alone(provider: Running, anonymous: Client) -> None:
    back = at_provider(begin(anonymous), "nora")
    other = Client()
    begin(other)
    for client in (other, Client()):
        assert b"begun too long ago, in another browser" in client.get(back).content
        assert client.get("/mine").status_code == 302
    assert anonymous.get(back).status_code == 302
    anonymous.post("/logout")
    assert anonymous.get(back).status_code == 400
    assert anonymous.get("/mine").status_code == 302


def test_a_login_that_lay_too_long_is_begun_again(
    provider: Running, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = at_provider(begin(anonymous), "nora")
    monkeypatch.setattr("allauth.socialaccount.internal.statekit.STATE_TTL", -1)
    assert anonymous.get(back).status_code == 400


def test_another_code_than_the_one_of_this_login_is_refused(provider: Running, anonymous: Client) -> None:
    stolen = at_provider(begin(Client()), "nora").partition("code=")[2].partition("&")[0]
    own = at_provider(begin(anonymous), "nora")
    code = own.partition("code=")[2].partition("&")[0]
    answer = anonymous.get(own.replace(code, stolen))
    assert (answer.status_code, User.objects.count()) == (502, 0)
    assert b"House did not complete the login: it gave no token." in answer.content


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(provider: Running, anonymous: Client) -> None:
    address = begin(anonymous)
    for word in ("state=", "nonce=", "code_challenge=", "code_challenge_method=S256", "response_type=code"):
        assert word in address


def test_a_login_leads_to_no_other_site(provider: Running, anonymous: Client) -> None:
    assert log_in(anonymous, "nora", next="https://evil.example/") == "/"


def test_a_session_ends_in_time_for_the_provider_to_be_asked_again(
    provider: Running, anonymous: Client, settings: Settings
) -> None:
    settings.REPRISE_OPENID = {"house": settings_of(provider.issuer, hours=2)}
    log_in(anonymous, "nora")
    assert anonymous.session.get_expiry_age() <= 2 * 3600


def test_a_role_given_by_hand_stays(provider: Running, anonymous: Client) -> None:
    log_in(anonymous, "nora")
    User.objects.get(username="nora").groups.add(Group.objects.get_or_create(name="curator")[0])
    provider.say(nora={"entitlements": [MEMBERS.format("curators")]})
    log_in(Client(), "nora")
    provider.say(nora={})
    log_in(Client(), "nora")
    assert roles("nora") == {"reader", "curator"}


def test_where_passwords_are_off_the_providers_are_the_only_way_in(
    provider: Running, settings: Settings, owner: Client, anonymous: Client
) -> None:
    settings.REPRISE_PASSWORDS = False
    settings.AUTHENTICATION_BACKENDS = ["config.accounts.WithoutPasswords"]
    typed = {"username": "olga", "password": PASSWORD}
    assert owner.get("/mine").status_code == 302, "a session from before has ended"
    assert anonymous.post("/login", typed).status_code == 404
    for address in ("/signup", "/password"):
        assert anonymous.get(address).status_code == 404
    assert anonymous.post("/api/v1/token/", typed, content_type="application/json").status_code == 403
    page = anonymous.get("/login").content
    assert (b"Log in with House" in page, b"assword" in page, b"/signup" in page) == (True, False, False)
    assert log_in(anonymous, "nora") == "/"
    assert anonymous.get("/mine").status_code == 200


def test_the_operator_logs_in_as_everybody_does(provider: Running, anonymous: Client) -> None:
    answer = anonymous.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login?next=%2Fadmin%2F"
    assert b"Log in with House" in answer.content


def test_without_providers_there_is_nothing_of_them(owner: Client, anonymous: Client) -> None:
    assert b"/login/" not in anonymous.get("/login").content
    assert b"/identities" not in owner.get("/mine").content
    assert owner.get("/identities").status_code == 404
    assert anonymous.post("/login/house").status_code == 404
    assert anonymous.get("/login/house/callback?code=1&state=2").status_code == 404


def test_leaving_for_a_provider_needs_a_form_of_this_site(provider: Running, db: None) -> None:
    assert Client().get("/login/house").status_code == 405
    assert Client(enforce_csrf_checks=True).post("/login/house").status_code == 403


def test_the_ways_to_log_in_are_for_accounts(provider: Running, anonymous: Client) -> None:
    assert anonymous.get("/identities").headers["Location"] == "/login?next=/identities"


def test_what_else_allauth_has_is_not_reachable(provider: Running, anonymous: Client) -> None:
    for address in (
        "/accounts/",
        "/accounts/email/",
        "/accounts/login/",
        "/accounts/social/signup/",
        "/oidc/house/login/",
    ):
        assert anonymous.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/", "/login", "/mine"])
def test_providers_cost_a_page_no_query(address: str, provider: Running, settings: Settings, owner: Client) -> None:
    owner.get(address)
    with CaptureQueriesContext(connection) as with_them:
        owner.get(address)
    settings.REPRISE_OPENID = {}
    with CaptureQueriesContext(connection) as without:
        owner.get(address)
    assert len(with_them) == len(without)
    assert not any("account_" in query["sql"] for query in with_them)


def test_a_login_by_password_is_in_the_audit_log(people: People, anonymous: Client) -> None:
    anonymous.post("/login", {"username": "olga", "password": PASSWORD})
    assert [(one.action, one.account) for one in AuditEntry.objects.all()] == [("account.login", "olga")]


def test_two_first_logins_at_the_same_moment_make_one_account(
    provider: Running, people: People, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other has taken the name after it was found free.
    monkeypatch.setattr("config.openid_accounts._free_name", lambda _: "olga")
    answer = anonymous.get(at_provider(begin(anonymous), "nora"))
    assert (answer.status_code, SocialAccount.objects.count(), User.objects.count()) == (400, 0, 4)
