"""Pages of the catalogue: search and facets, one's own publications, editing and publishing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Publication
from tests.evidence import prove
from tests.personas import make_publication


def titles(client: Client, query: str = "") -> bool:
    return b"Silica spheres" in client.get(f"/{query}").content


def test_home_lists_published_papers_with_their_verdicts(publication: Publication, anonymous: Client) -> None:
    prove(publication.targets.get(slug="figure-1"))
    page = anonymous.get("/").content.decode()
    assert "Silica spheres" in page
    assert "reproduced" in page
    assert "Figure 3" not in page


def test_home_shows_drafts_to_their_owner_alone(draft: Publication, owner: Client, stranger: Client) -> None:
    assert titles(owner)
    assert not titles(stranger)


def test_a_doi_in_the_search_box_leads_to_its_page(publication: Publication, anonymous: Client) -> None:
    response = anonymous.get("/", {"q": "https://doi.org/10.5072/SILICA"})
    assert response.headers["Location"] == publication.get_absolute_url()


def test_a_doi_that_is_not_here_finds_nothing(publication: Publication, anonymous: Client) -> None:
    assert b"Nothing meets that wish." in anonymous.get("/", {"q": "10.5072/other"}).content


def test_the_doi_of_a_draft_finds_nothing_for_strangers(draft: Publication, stranger: Client) -> None:
    assert b"Nothing meets that wish." in stranger.get("/", {"q": draft.doi}).content


@pytest.mark.parametrize("query", ["?verdict=nonsense", "?technique=x", "?technique=99999999999999999999"])
def test_a_wish_that_makes_no_sense_finds_nothing(query: str, publication: Publication, anonymous: Client) -> None:
    response = anonymous.get(f"/{query}")
    assert response.status_code == 200
    assert b"10.5072/silica" not in response.content


@pytest.mark.parametrize("query", ["?page=0", "?page=x", "?page=999", "?facility=%00", "?q=%00", "?q=" + "a" * 5000])
def test_odd_queries_are_answered(query: str, publication: Publication, anonymous: Client) -> None:
    assert anonymous.get(f"/{query}").status_code == 200


def test_a_long_list_has_pages_that_keep_the_wish(publication: Publication, anonymous: Client) -> None:
    for number in range(13):
        make_publication(publication.owner, doi=f"10.5072/more-{number}")
    page = anonymous.get("/?q=Silica").content.decode()
    assert "Page 1 of 2" in page
    assert 'href="?q=Silica&amp;page=2"' in page


def test_the_number_of_queries_of_home_does_not_grow_with_the_list(
    publication: Publication, anonymous: Client, django_assert_num_queries: object
) -> None:
    prove(publication.targets.get(slug="figure-1"))
    with CaptureQueriesContext(connection) as of_one:
        anonymous.get("/")
    for number in range(6):
        prove(make_publication(publication.owner, doi=f"10.5072/more-{number}").targets.get(slug="figure-1"))
    with django_assert_num_queries(len(of_one)):  # type: ignore[operator]  # a fixture of pytest-django
        anonymous.get("/")
    # Two for each facet beside verdict and technique, and what the list itself takes.
    assert len(of_one) <= 16


def test_mine_lists_ones_own(publication: Publication, draft: Publication, owner: Client, stranger: Client) -> None:
    page = owner.get("/mine").content.decode()
    assert draft.get_absolute_url() in page
    assert publication.get_absolute_url() in page
    assert b"You have registered nothing yet." in stranger.get("/mine").content


def test_mine_asks_the_anonymous_to_log_in(anonymous: Client) -> None:
    assert anonymous.get("/mine").headers["Location"] == "/login?next=/mine"


def test_the_owner_edits_the_record(publication: Publication, owner: Client) -> None:
    typed = {
        "title": "Silica spheres, revised",
        "creators": "Olga Olsson 0000-0002-1825-0097\nPer Persson",
        "published_on": "2021-02-03",
        "venue": "Another Journal",
        "licence": "CC0-1.0",
        "abstract": "Short.",
        "facility": publication.facility_id,
    }
    assert owner.post(f"/edit/{publication.doi}", typed).headers["Location"] == publication.get_absolute_url()
    publication.refresh_from_db()
    assert publication.title == "Silica spheres, revised"
    assert publication.creators == [{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097"}, {"name": "Per Persson"}]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "T", "creators": "Olga 0000-0002-1825-0098"}, "is not an ORCID iD"),
        ({"title": "T", "published_on": "yesterday"}, "Enter a valid date."),
        ({"title": "T", "facility": "999"}, "Select a valid choice."),
    ],
)
def test_a_record_that_cannot_be_is_refused_and_nothing_changes(
    typed: dict[str, str], message: str, publication: Publication, owner: Client
) -> None:
    response = owner.post(f"/edit/{publication.doi}", typed)
    assert message in response.content.decode()
    publication.refresh_from_db()
    assert publication.title == "Silica spheres"


def test_publishing_shows_it_to_everybody_and_withdrawing_hides_it(
    draft: Publication, owner: Client, anonymous: Client
) -> None:
    owner.post(f"/publish/{draft.doi}")
    assert anonymous.get(draft.get_absolute_url()).status_code == 200
    owner.post(f"/withdraw/{draft.doi}")
    assert anonymous.get(draft.get_absolute_url()).status_code == 404


def test_a_draft_without_confirmed_targets_is_not_published(draft: Publication, owner: Client) -> None:
    draft.targets.update(state="proposed")
    page = owner.post(f"/publish/{draft.doi}", follow=True).content.decode()
    assert "so there is nothing to publish" in page
    draft.refresh_from_db()
    assert not draft.is_published


def test_about_explains_every_verdict(anonymous: Client) -> None:
    page = anonymous.get("/about").content.decode()
    for verdict in ("identical", "reproduced", "differs", "failed", "unbuildable", "unavailable"):
        assert f">{verdict}<" in page
