"""The feed of a search, and the searches that an account keeps."""

from __future__ import annotations

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client

from catalog.models import Publication, SavedSearch
from tests.evidence import prove
from tests.personas import People

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(client: Client, query: str = "") -> list[str]:
    response = client.get(f"/feed.atom{query}")
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return [str(one.findtext(f"{ATOM}id")) for one in fromstring(response.content).iter(f"{ATOM}entry")]


def test_a_search_is_a_feed(publication: Publication, anonymous: Client) -> None:
    assert [one.partition("/doi/")[2] for one in entries(anonymous, "?q=silica")] == [publication.doi]
    assert entries(anonymous, "?q=gold") == []
    publication.repositories.update(declared="conda")
    assert len(entries(anonymous, "?environment=conda")) == 1
    assert entries(anonymous, "?environment=none") == []


def test_a_feed_shows_what_everybody_may_see_whoever_asks(draft: Publication, owner: Client) -> None:
    assert entries(owner) == []


def test_another_verdict_changes_the_entry(publication: Publication, anonymous: Client) -> None:
    prove(publication.targets.get(slug="figure-1"))
    feed = anonymous.get("/feed.atom").content.decode()
    assert "Figure 1: reproduced; Figure 2: no verdict yet" in feed
    assert "Figure 3" not in feed


def test_signs_that_xml_forbids_break_no_feed(publication: Publication, anonymous: Client) -> None:
    Publication.objects.filter(pk=publication.pk).update(title="Silica \x0b\x01 <spheres>")
    assert len(entries(anonymous)) == 1


def test_a_search_is_saved_listed_and_forgotten(publication: Publication, owner: Client) -> None:
    owner.post("/searches?q=silica&verdict=differs")
    page = owner.get("/searches").content.decode()
    assert "silica · differs" in page
    assert "/feed.atom?q=silica&amp;verdict=differs" in page
    saved = SavedSearch.objects.get()
    owner.post("/searches", {"forget": saved.pk})
    assert not SavedSearch.objects.exists()


def test_the_same_search_is_saved_once(owner: Client) -> None:
    for name in ("", "Mine"):
        owner.post("/searches?q=silica", {"name": name})
    assert [one.name for one in SavedSearch.objects.all()] == ["Mine"]


def test_nobody_forgets_what_others_saved(people: People, owner: Client, stranger: Client) -> None:
    owner.post("/searches?q=silica")
    stranger.post("/searches", {"forget": SavedSearch.objects.get().pk})
    assert SavedSearch.objects.count() == 1


def test_too_many_are_refused_with_what_to_do(people: People, owner: Client) -> None:
    SavedSearch.objects.bulk_create(
        [SavedSearch(owner=people.owner, query=f"q={number}", name="x") for number in range(100)]
    )
    response = owner.post("/searches?q=silica")
    assert response.status_code == 400
    assert b"Forget one of them first." in response.content


@pytest.mark.parametrize("data", [{"forget": "x"}, {"forget": "9" * 40}, {}])
def test_what_makes_no_sense_changes_nothing(data: dict[str, str], owner: Client) -> None:
    assert owner.post("/searches", data).status_code == 302
    assert not SavedSearch.objects.exists()


def test_visitors_are_asked_to_log_in(anonymous: Client) -> None:
    assert anonymous.get("/searches").headers["Location"].startswith("/login")


def test_what_was_meant_is_said_on_the_page(publication: Publication, anonymous: Client) -> None:
    page = anonymous.get("/?q=silcia").content.decode()
    assert "This is what was found for <strong>silica</strong>" in page
    assert "Silica spheres" in page
