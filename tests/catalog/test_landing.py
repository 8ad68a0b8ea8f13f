"""Pages of records as programs find them: negotiation, stable addresses, signposts, data in the page, sitemap."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from django.test import Client

from catalog import exposed_pages, record_views
from catalog.exposing import put_record, withdraw_record
from catalog.exposure.formats import FORMATS
from catalog.exposure.record import Record
from catalog.models import Dataset, Publication
from tests.catalog.exposure.samples import FULL, SITE
from tests.catalog.exposure.validators import assert_xml_valid, parsed_xml

DOI = "10.5072/silica"
PAGE = f"/doi/{DOI}"
STABLE = f"/records/publication/{DOI}"


class _Head(HTMLParser):
    """The links and the blocks of data of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: set[tuple[str, str, str]] = set()
        self.data: list[str] = []
        self._is_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        if tag == "link":
            self.links.add((named["rel"], named["href"], named.get("type", "")))
        self._is_data = tag == "script" and named.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.data.append(data)


@pytest.fixture
def record(publication: Publication, settings: object) -> Record:
    """The public record of the published paper, full of what others have."""
    settings.REPRISE_URL = SITE.url
    found = replace(FULL[0], key=f"publication/{DOI}", doi=DOI, url=f"{SITE.url}{PAGE}")
    put_record(found)
    return found


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.NAME)
def test_a_record_has_a_stable_address_in_each_of_its_formats(
    format_: object, record: Record, anonymous: Client
) -> None:
    answer = anonymous.get(f"{STABLE}.{format_.SUFFIX}")
    if format_.is_for(record):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(format_.MEDIA_TYPE)
        assert answer.headers["Link"] == f'<{record.url}> ; rel="describes"'
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    else:
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/vnd.datacite.datacite+json", "application/vnd.datacite.datacite+json"),
        ("application/vnd.datacite.datacite+xml;q=0.5, application/x-bibtex", "application/x-bibtex; charset=utf-8"),
        ("application/vnd.citationstyles.csl+json", "application/vnd.citationstyles.csl+json"),
        ("application/ld+json", "application/ld+json"),
        ("application/linkset+json", "application/linkset+json"),
        ("application/linkset", "application/linkset"),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("image/png", "text/html; charset=utf-8"),
    ],
)
def test_a_page_answers_with_what_is_accepted(accept: str, media_type: str, record: Record, anonymous: Client) -> None:
    answer = anonymous.get(PAGE, headers={"accept": accept})
    assert answer.headers["Content-Type"] == media_type
    assert "Accept" in answer.headers["Vary"]


def test_what_was_negotiated_tells_its_own_address(record: Record, anonymous: Client) -> None:
    answer = anonymous.get(PAGE, headers={"accept": "application/x-bibtex"})
    assert answer.headers["Content-Location"] == f"{SITE.url}{STABLE}.bib"
    assert anonymous.get(f"{STABLE}.bib").content == answer.content


def test_a_document_that_is_known_is_not_sent_again(record: Record, anonymous: Client) -> None:
    tag = anonymous.get(f"{STABLE}.bib").headers["ETag"]
    assert anonymous.get(f"{STABLE}.bib", headers={"if-none-match": tag}).status_code == 304


def test_a_record_that_was_withdrawn_is_gone_in_every_format(record: Record, anonymous: Client) -> None:
    withdraw_record(record.key)
    assert anonymous.get(f"{STABLE}.bib").status_code == 410
    page = anonymous.get(PAGE, headers={"accept": "application/x-bibtex"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Link" not in page.headers


def test_a_record_that_never_was_is_not_found(record: Record, anonymous: Client) -> None:
    assert anonymous.get("/records/publication/10.5072/other.bib").status_code == 404
    assert anonymous.get(f"{STABLE}.docx").status_code == 404


def test_a_draft_has_no_record_to_negotiate(draft: Publication, owner: Client, anonymous: Client) -> None:
    page = owner.get(f"/doi/{draft.doi}", headers={"accept": "application/x-bibtex"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert anonymous.get(f"/doi/{draft.doi}", headers={"accept": "application/x-bibtex"}).status_code == 404


def test_header_page_and_linksets_say_the_same_links(record: Record, anonymous: Client) -> None:
    page = anonymous.get(PAGE)
    in_page = {link for link in _Head(page.content.decode()).links if link[0] not in {"icon", "stylesheet"}}
    in_header = {
        (rel, href, kind)
        for href, rel, kind in re.findall(r'<([^>]+)> ; rel="([^"]+)"(?: ; type="([^"]+)")?', page.headers["Link"])
    }
    (own, *_) = json.loads(anonymous.get(f"{STABLE}.linkset.json").content)["linkset"]
    in_json = {
        (rel, one["href"], one.get("type", "")) for rel, found in own.items() if rel != "anchor" for one in found
    }
    text = anonymous.get(f"{STABLE}.linkset.txt").content.decode()
    in_text = {
        (rel, href, kind)
        for href, rel, kind, anchor in re.findall(
            r'<([^>]+)> ; rel="([^"]+)"(?: ; type="([^"]+)")?(?: ; profile="[^"]+")? ; anchor="([^"]+)"', text
        )
        if anchor == record.url
    }
    assert own["anchor"] == record.url
    assert in_header == in_page
    assert in_json == in_text == {link for link in in_page if link[0] != "linkset"}
    assert [href for rel, href, _ in in_page if rel == "cite-as"] == [record.url]
    assert len([href for rel, href, _ in in_page if rel == "linkset"]) == 2


def test_every_link_to_a_format_leads_to_it(record: Record, anonymous: Client) -> None:
    found = _Head(anonymous.get(PAGE).content.decode()).links
    formats = [(href, kind) for rel, href, kind in found if rel in {"describedby", "linkset"}]
    assert len(formats) > 10
    for href, kind in formats:
        answer = anonymous.get(href.removeprefix(SITE.url))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(kind)


def test_a_long_byline_does_not_make_a_header_that_servers_refuse(record: Record, anonymous: Client) -> None:
    people = tuple(replace(record.creators[0], name=f"Author {number}") for number in range(300))
    files = tuple(replace(FULL[1].files[0], url=f"https://data.example.org/{number}") for number in range(500))
    put_record(replace(record, creators=people, files=files, relations=()))
    page = anonymous.get(PAGE)
    assert len(page.headers["Link"]) < 3600
    assert "linkset.json" in page.headers["Link"]
    (own, *_) = json.loads(anonymous.get(f"{STABLE}.linkset.json").content)["linkset"]
    assert len(own["item"]) == 500


def test_the_page_carries_the_record_as_data_that_a_hostile_title_cannot_leave(
    record: Record, anonymous: Client
) -> None:
    title = "</script><script>alert(1)</script><!-- & \u2028 “x”"
    put_record(replace(record, title=title))
    page = anonymous.get(PAGE).content.decode()
    (data,) = _Head(page).data
    assert "alert(1)</script>" not in page
    assert json.loads(data)["name"] == title.replace("\u2028 ", "")
    assert json.loads(data)["@id"] == f"https://doi.org/{DOI}"


def test_a_page_tells_how_to_cite_and_where_to_export(record: Record, anonymous: Client) -> None:
    of_notebooks = f'href="{SITE.url}/records/notebooks/1.cff"'
    assert of_notebooks not in anonymous.get(PAGE).content.decode()
    put_record(FULL[2])
    page = unescape(anonymous.get(PAGE).content.decode())
    assert "Carberry, Josiah; Ångström-Müller, Zoë; The Beamline & Detector Group (2016): Ptychography" in page
    for suffix in ("bib", "csl.json", "datacite.xml", "jsonld"):
        assert f'href="{SITE.url}{STABLE}.{suffix}"' in page
    assert of_notebooks in page


def test_the_page_of_a_dataset_is_negotiated_and_signposted(
    record: Record, publication: Publication, anonymous: Client
) -> None:
    dataset = Dataset.objects.create(doi="10.15151/esrf-dc-1234", title="Projections")
    dataset.publications.add(publication)
    put_record(FULL[1])
    page = anonymous.get("/doi/10.15151/esrf-dc-1234")
    assert 'rel="item" ; type="application/x-hdf5"' in page.headers["Link"]
    turtle = anonymous.get("/doi/10.15151/esrf-dc-1234", headers={"accept": "text/turtle"})
    assert turtle.headers["Content-Type"] == "text/turtle; charset=utf-8"


def test_the_sitemap_lists_the_pages_of_public_records_since_their_last_change(
    record: Record, anonymous: Client
) -> None:
    put_record(FULL[1])
    put_record(FULL[4])
    withdraw_record(FULL[4].key)
    answer = anonymous.get("/sitemap.xml")
    assert_xml_valid("sitemap", answer.content)
    listed = [one.text for one in parsed_xml(answer.content).iterfind("{*}url/{*}loc")]
    assert listed == [f"{SITE.url}/", record.url, FULL[1].url]


def test_a_sitemap_that_would_be_too_long_is_an_index_of_parts(
    record: Record, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposed_pages, "SITEMAP_SIZE", 2)
    monkeypatch.setattr(record_views, "SITEMAP_SIZE", 2)
    for other in FULL[1:]:
        put_record(other)
    index = anonymous.get("/sitemap.xml")
    assert_xml_valid("siteindex", index.content)
    parts = [one.text for one in parsed_xml(index.content).iterfind("{*}sitemap/{*}loc")]
    assert parts == [f"{SITE.url}/sitemap-{number}.xml" for number in (1, 2, 3)]
    listed = []
    for part in parts:
        answer = anonymous.get(part.removeprefix(SITE.url))
        assert_xml_valid("sitemap", answer.content)
        listed += [one.text for one in parsed_xml(answer.content).iterfind("{*}url/{*}loc")]
    assert listed == [record.url, *(one.url for one in FULL[1:])]
    assert anonymous.get("/sitemap-4.xml").status_code == 404
    assert anonymous.get("/sitemap-0.xml").status_code == 404


def test_an_empty_catalogue_has_a_valid_sitemap(anonymous: Client) -> None:
    assert_xml_valid("sitemap", anonymous.get("/sitemap.xml").content)


def test_robots_find_the_sitemap_and_leave_what_is_not_for_them(anonymous: Client, settings: object) -> None:
    settings.REPRISE_URL = "https://example.org/reprise"
    text = anonymous.get("/robots.txt").content.decode()
    assert "Sitemap: https://example.org/reprise/sitemap.xml" in text
    assert "Disallow: /reprise/admin/" in text
