"""Logging in by a real OpenID provider in a real browser: roles and groups come with the login and go with another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browser import Visitor, open_browser
from tests.journeys.installation import ask
from tests.journeys.web import free_port, web_server
from tests.validators.openid import CLIENT, MEMBERS, SECRET, Running, openid_provider

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SETTINGS = """
[house]
name = "House"
issuer = "{issuer}"
client_id = "{client}"
secret = "{secret}"
scopes = ["openid", "profile", "entitlements", "orcid"]
claims = ["entitlements"]
orcid_claim = "orcid"
[house.roles]
author = ["{authors}"]
[house.groups]
"Proposal {{1}}" = ["{proposals}"]
[orcid]
client_id = "not asked"
secret = "not asked"
"""
SEED = """
from config.installation import prepare_installation
prepare_installation()
answer = True
"""


@dataclass(frozen=True)
class Site:
    browser: Browser
    url: str
    provider: Running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    scratch = tmp_path_factory.mktemp("openid")
    port = free_port()
    ask(scratch / "data", SEED)
    redirect_uri = f"http://127.0.0.1:{port}/login/house/callback"
    with openid_provider(scratch, redirect_uri=redirect_uri) as provider:
        text = SETTINGS.format(
            issuer=provider.issuer,
            client=CLIENT,
            secret=SECRET,
            authors=MEMBERS.format("authors"),
            proposals=MEMBERS.format("proposals:*"),
        )
        with web_server(scratch / "data", port=port, REPRISE_OPENID=text) as url, open_browser() as browser:
            yield Site(browser, url, provider)


def log_in(visitor: Visitor, name: str, *, is_known_there: bool = False) -> None:
    page = visitor.page
    page.goto("/login")
    page.get_by_role("button", name="Log in with House").click()
    if is_known_there:
        page.wait_for_url("/")
        return
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("/")


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with scripts", "without scripts"])
def test_roles_and_groups_come_with_a_login_and_go_with_another(has_scripts: bool, site: Site) -> None:
    name = "nora" if has_scripts else "nils"
    person = {"preferred_username": name, "given_name": "N", "orcid": "0000-0002-1825-0097"}
    entitled = [MEMBERS.format("authors"), MEMBERS.format("proposals:2026-1")]
    site.provider.say(**{name: {**person, "entitlements": entitled}})
    visitor = Visitor(site.browser, site.url, has_scripts=has_scripts)
    page = visitor.page
    log_in(visitor, name)
    expect(page.get_by_role("link", name="Register a paper")).to_be_visible()
    page.goto("/groups")
    expect(page.get_by_role("link", name="Proposal 2026-1")).to_be_visible()
    page.get_by_text(name, exact=True).first.click()
    page.get_by_role("button", name="Log out").click()

    site.provider.say(**{name: person})
    log_in(visitor, name, is_known_there=True)
    expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="Register a paper")).to_have_count(0)
    page.goto("/groups")
    expect(page.get_by_role("link", name="Proposal 2026-1")).to_have_count(0)
    page.goto("/identities")
    expect(page.get_by_role("link", name="0000-0002-1825-0097")).to_be_visible()
    page.get_by_role("button", name="Take away House").click()
    expect(page.get_by_text("you could not log in any more")).to_be_visible()
    assert not has_scripts or visitor.wrongs == []
    visitor.close()


def test_who_cancels_at_the_provider_reads_what_to_do(site: Site) -> None:
    visitor = Visitor(site.browser, site.url)
    page = visitor.page
    page.goto("/login")
    page.get_by_role("button", name="Log in with House").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You did not let House log you in.")).to_be_visible()
    assert (visitor.barriers(), visitor.overhang()) == ([], 0)
    visitor.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_ways_to_log_in_are_pages_without_barriers(width: int, scheme: str, site: Site) -> None:
    site.provider.say(nora={"preferred_username": "nora", "entitlements": [MEMBERS.format("proposals:x")]})
    visitor = Visitor(site.browser, site.url, width=width, scheme=scheme)  # type: ignore[arg-type]  # one of both
    visitor.page.goto("/login")
    assert (visitor.wrongs, visitor.barriers(), visitor.overhang()) == ([], [], 0)
    log_in(visitor, "nora")
    visitor.page.goto("/identities")
    expect(visitor.page.get_by_role("button", name="Add ORCID")).to_be_visible()
    assert (visitor.wrongs, visitor.barriers(), visitor.overhang()) == ([], [], 0)
    visitor.close()
