"""Finding publications by words, and narrowing them by facets with counts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from catalog.finding import Wish, facets, find
from catalog.models import Facility, Publication
from tests.evidence import prove
from tests.personas import People, make_publication

VISITOR = AnonymousUser()


@pytest.mark.parametrize(
    "text", ["silica", "SPHERES silica", "Olsson", "examples", "10.5072/sil", "neutron", "example source", ""]
)
def test_words_are_looked_for_in_all_that_a_reader_may_remember(text: str, publication: Publication) -> None:
    assert list(find(VISITOR, Wish(text))) == [publication]


@pytest.mark.parametrize("text", ["Weiß", "wei", "Łukasz"])
def test_names_with_accents_are_found(text: str, publication: Publication) -> None:
    publication.creators = [{"name": "Thomas Weiß"}, {"name": "Łukasz Nowak"}]
    publication.save()
    assert find(VISITOR, Wish(text)).exists()


@pytest.mark.parametrize("text", ["gold", "silica gold", "%", "_"])
def test_every_word_must_be_found(text: str, publication: Publication) -> None:
    assert not find(VISITOR, Wish(text)).exists()


def test_a_doi_is_found_in_each_of_its_written_forms(publication: Publication) -> None:
    assert find(VISITOR, Wish("doi:10.5072/Silica")).get() == publication


def test_the_doi_of_a_dataset_finds_what_rests_on_it(publication: Publication) -> None:
    publication.datasets.create(doi="10.5072/data", title="Raw data")
    assert find(VISITOR, Wish("10.5072/data")).get() == publication


def test_a_verdict_finds_papers_with_a_target_of_that_verdict(publication: Publication) -> None:
    prove(publication.targets.get(slug="figure-1"), verdict="differs")
    assert find(VISITOR, Wish(verdict="differs")).get() == publication
    assert not find(VISITOR, Wish(verdict="identical")).exists()


def test_facets_count_publications_and_not_targets(publication: Publication) -> None:
    prove(publication.targets.get(slug="figure-1"))
    prove(publication.targets.get(slug="figure-2"))
    counted = {
        facet.title: [(choice.label, choice.count) for choice in facet.choices] for facet in facets(VISITOR, Wish())
    }
    assert counted == {
        "Verdict": [("reproduced", 1)],
        "Facility": [("Example Source", 1)],
        "Technique": [("small angle neutron scattering", 1)],
    }


def test_a_facet_is_counted_as_if_nothing_were_chosen_in_it(publication: Publication, people: People) -> None:
    other = make_publication(people.owner, doi="10.5072/other")
    other.facility = Facility.objects.create(name="Other Source", slug="other-source")
    other.save()
    _, facility, technique = facets(VISITOR, Wish(facility="other-source"))
    assert [(choice.label, choice.is_chosen) for choice in facility.choices] == [
        ("Example Source", False),
        ("Other Source", True),
    ]
    assert [choice.count for choice in technique.choices] == [1]


def test_choosing_keeps_the_rest_of_the_wish_and_choosing_again_takes_it_back(publication: Publication) -> None:
    _, facility, _ = facets(VISITOR, Wish("silica"))
    assert facility.choices[0].query == "q=silica&facility=example-source"
    _, facility, _ = facets(VISITOR, Wish("silica", facility="example-source"))
    assert facility.choices[0].query == "q=silica"


def test_drafts_are_in_no_count(draft: Publication) -> None:
    assert all(not facet.choices for facet in facets(VISITOR, Wish()))
