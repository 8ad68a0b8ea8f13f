"""What is known of a publication and its data is shown on their pages, and in the cards of lists."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from catalog.models import Dataset, Instrument, Publication
from reproduce.templatetags.reprise import known_date, licence_link


@pytest.fixture
def described(publication: Publication) -> Publication:
    """A paper with an instrument, funding and keywords."""
    publication.instruments.add(Instrument.objects.create(name="D22", pid="10.5291/d22"))
    publication.funding = [
        {"funder": "EC", "identifier": "https://ror.org/00k4n6c32", "award": "823852", "award_title": "<PaNOSC>"}
    ]
    publication.subjects = [{"text": "silica"}, {"text": "spheres & shells"}]
    publication.licence = "CC-BY-4.0"
    publication.save()
    return publication


def page_of(thing: Publication | Dataset, client: Client) -> str:
    return client.get(thing.get_absolute_url()).content.decode()


def test_a_publication_shows_techniques_instruments_funding_and_keywords(
    described: Publication, anonymous: Client
) -> None:
    page = page_of(described, anonymous)
    for text in (
        "small angle neutron scattering</a>",
        '<a href="https://doi.org/10.5291/d22">D22</a>',
        '<a href="https://ror.org/00k4n6c32" rel="nofollow">EC</a>, award 823852 (&lt;PaNOSC&gt;)',
        "silica, spheres &amp; shells",
        '<a href="https://creativecommons.org/licenses/by/4.0/" rel="license">CC-BY-4.0</a>',
        f"/notebooks/{described.doi}",
    ):
        assert text in page


def test_cards_show_techniques_and_instruments(described: Publication, anonymous: Client) -> None:
    assert "small angle neutron scattering · D22</p>" in anonymous.get("/").content.decode()


def test_a_dataset_shows_what_is_known_of_it(described: Publication, anonymous: Client) -> None:
    dataset = Dataset.objects.create(
        doi="10.5072/data",
        title="Curves",
        description="Curves of <silica>",
        creators=[{"name": "Olga Olsson", "orcid": "0000-0002-1825-0097"}],
        repository="Example Repository",
        url="https://data.example.org/1",
        published_on=date(2020, 5, 1),
        published_precision="month",
        version="2",
        access="embargoed",
        embargo_until=date(2030, 1, 2),
        files=[{"path": "raw/a.h5", "size_bytes": 2048, "sha256": "ab" * 32}],
    )
    dataset.publications.add(described)
    page = page_of(dataset, anonymous)
    for text in (
        "embargoed until 2 January 2030",
        "Curves of &lt;silica&gt;",
        "ORCID iD of Olga Olsson",
        '<a href="https://data.example.org/1" rel="nofollow">Example Repository</a>',
        "May 2020, version 2",
        "Silica spheres",
    ):
        assert text in page
    assert "raw/a.h5" not in page
    Dataset.objects.filter(pk=dataset.pk).update(access="open")
    page = page_of(dataset, anonymous)
    assert "raw/a.h5" in page
    assert "sha256 abababababab" in page


@pytest.mark.parametrize(
    ("precision", "shown"), [("day", "1 May 2020"), ("month", "May 2020"), ("year", "2020")], ids=str
)
def test_of_a_date_what_is_known_is_shown(precision: str, shown: str) -> None:
    assert known_date(date(2020, 5, 1), precision) == shown
    assert known_date(None, precision) == ""


@pytest.mark.parametrize(
    ("licence", "address"),
    [
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("https://x.org/terms", "https://x.org/terms"),
        ("ask the author", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
    ids=["spdx", "address", "words", "script", "none"],
)
def test_a_licence_leads_to_its_text(licence: str, address: str) -> None:
    assert licence_link(licence) == address
