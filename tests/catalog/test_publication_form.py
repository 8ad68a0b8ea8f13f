"""Describing a publication in the browser: techniques are searched for and ticked, without JavaScript."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from catalog.models import Instrument, Publication, Technique
from catalog.techniques import load_shipped


def typed(publication: Publication, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - what a browser sends
    return {
        "title": publication.title,
        "creators": "Olga Olsson 0000-0002-1825-0097",
        "facility": publication.facility_id,
        "techniques": [one.pk for one in publication.techniques.all()],
        **changes,
    }


def post(client: Client, publication: Publication, **changes: Any) -> str:  # noqa: ANN401
    answer = client.post(f"/edit/{publication.doi}", typed(publication, **changes))
    publication.refresh_from_db()
    return answer.headers.get("Location") or answer.content.decode()


def test_a_search_lists_techniques_to_tick_and_saves_nothing(publication: Publication, owner: Client) -> None:
    load_shipped()
    page = post(owner, publication, title="Typed meanwhile", find_techniques="powder diffraction", search="techniques")
    publication.refresh_from_db()
    assert publication.title == "Silica spheres"
    assert 'value="Typed meanwhile"' in page
    assert "neutron powder diffraction (PaNET01100)" in page
    assert page.count('name="techniques"') > 2
    assert page.count("checked") == 1


def test_ticked_techniques_are_kept_and_unticked_ones_go(publication: Publication, owner: Client) -> None:
    load_shipped()
    wanted = Technique.objects.get(name="neutron powder diffraction")
    assert post(owner, publication, techniques=[wanted.pk]) == publication.get_absolute_url()
    assert publication.techniques.get() == wanted


def test_the_form_shows_what_is_kept_as_it_is_typed(publication: Publication, owner: Client) -> None:
    publication.funding = [{"funder": "EC", "award": "1", "identifier": "https://ror.org/00k4n6c32"}, {"funder": "VR"}]
    publication.subjects = [{"text": "silica"}]
    publication.save()
    publication.instruments.add(Instrument.objects.create(name="D22", pid="10.5291/d22"))
    page = owner.get(f"/edit/{publication.doi}").content.decode()
    for text in ("EC | 1 |  | https://ror.org/00k4n6c32\nVR", "silica", "D22 | 10.5291/d22", "checked"):
        assert text in page


def test_instruments_funding_and_keywords_are_kept_in_their_normal_form(
    publication: Publication, owner: Client
) -> None:
    post(
        owner,
        publication,
        instruments="D22 | https://doi.org/10.5291/D22\nD33",
        funding="EC | 823852 | PaNOSC | ror.org/00K4N6C32\nVR | | | 10.13039/501100004359",
        subjects="silica\nspheres | https://x.org/s",
        licence="https://creativecommons.org/licenses/by/4.0/",
        language="en",
    )
    instruments = publication.instruments.values_list("name", "pid", "facility__slug")
    assert list(instruments) == [("D22", "10.5291/d22", "example-source"), ("D33", "", "example-source")]
    assert publication.funding == [
        {
            "funder": "EC",
            "identifier": "https://ror.org/00k4n6c32",
            "award": "823852",
            "award_title": "PaNOSC",
        },
        {"funder": "VR", "identifier": "https://doi.org/10.13039/501100004359"},
    ]
    assert publication.subjects == [{"text": "silica"}, {"text": "spheres", "uri": "https://x.org/s"}]
    assert (publication.licence, publication.language) == ("CC-BY-4.0", "en")
    assert post(owner, publication, instruments="D33") == publication.get_absolute_url()
    assert Instrument.objects.count() == 2


def test_what_the_form_does_not_show_of_people_stays_with_them(publication: Publication, owner: Client) -> None:
    publication.creators = [
        {"name": "Olga Olsson", "family": "Olsson", "orcid": "0000-0001-5109-3700", "affiliations": [{"name": "X"}]}
    ]
    publication.save()
    post(owner, publication, creators="Olga Olsson\nPer Persson")
    assert publication.creators == [
        {"name": "Olga Olsson", "family": "Olsson", "affiliations": [{"name": "X"}]},
        {"name": "Per Persson"},
    ]


def test_a_date_that_is_typed_is_known_to_the_day_and_one_that_stays_is_what_it_was(
    publication: Publication, owner: Client
) -> None:
    Publication.objects.update(published_on=date(2020, 1, 1), published_precision="year")
    post(owner, publication, published_on="2020-01-01")
    assert publication.published_precision == "year"
    post(owner, publication, published_on="2020-05-02")
    assert publication.published_precision == "day"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"funding": "EC | 1 | x | https://ror.org/00k4n6c33"}, "is not a ROR id"),
        ({"funding": "EC | 1 | x | javascript:alert(1)"}, "is neither a DOI nor a web address"),
        ({"funding": "| 1"}, "Write each line as funder | award | award title | identifier."),
        ({"instruments": "D22 | x y"}, "is neither a DOI nor a web address"),
        ({"subjects": "a | b | c"}, "Write each line as text | uri."),
        ({"subjects": "a\n" * 201}, "Give at most 200 lines."),
        ({"language": "Latin, mostly"}, "Enter a valid value."),
        ({"techniques": ["0"]}, "Select a valid choice."),
        ({"techniques": ["1 OR 1"]}, "is not a valid value."),
    ],
    ids=["ror", "script", "no-funder", "pid", "parts", "many", "language", "technique", "injection"],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    changes: dict[str, Any], message: str, publication: Publication, owner: Client
) -> None:
    assert message in post(owner, publication, title="Other", **changes)
    assert publication.title == "Silica spheres"
    assert not Instrument.objects.exists()
