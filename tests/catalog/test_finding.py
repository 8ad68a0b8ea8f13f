"""Finding publications by words, and narrowing them by facets with counts."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from catalog.finding import Wish, facets, find, search
from catalog.models import Dataset, Facility, Instrument, Publication, SearchWord, Technique, TechniqueAncestor
from catalog.search_index import index_all, index_publication, index_stale
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
    index_publication(publication)
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
        "Instrument": [],
        "Environment": [],
        "Year": [("2020", 1)],
        "Licence": [],
        "Data": [],
    }


def test_a_facet_is_counted_as_if_nothing_were_chosen_in_it(publication: Publication, people: People) -> None:
    other = make_publication(people.owner, doi="10.5072/other")
    other.facility = Facility.objects.create(name="Other Source", slug="other-source")
    other.save()
    _, facility, technique, *_ = facets(VISITOR, Wish(facility="other-source"))
    assert [(choice.label, choice.is_chosen) for choice in facility.choices] == [
        ("Example Source", False),
        ("Other Source", True),
    ]
    assert [choice.count for choice in technique.choices] == [1]


def test_choosing_keeps_the_rest_of_the_wish_and_choosing_again_takes_it_back(publication: Publication) -> None:
    _, facility, *_ = facets(VISITOR, Wish("silica"))
    assert facility.choices[0].query == "q=silica&facility=example-source"
    _, facility, *_ = facets(VISITOR, Wish("silica", facility="example-source"))
    assert facility.choices[0].query == "q=silica"


def test_drafts_are_in_no_count(draft: Publication) -> None:
    assert all(not facet.choices for facet in facets(VISITOR, Wish()))


def test_data_of_others_are_not_counted(publication: Publication, draft: Publication) -> None:
    data = Dataset.objects.create(doi="10.5072/data", title="Raw data", access="open")
    data.publications.add(publication, draft)
    (facet,) = [one for one in facets(VISITOR, Wish()) if one.title == "Data"]
    assert [(one.label, one.count) for one in facet.choices] == [("open", 1)]
    assert find(VISITOR, Wish(access="open")).get() == publication
    assert not find(VISITOR, Wish(access="restricted")).exists()


def test_what_an_environment_is_declared_by_narrows_and_is_counted(publication: Publication, people: People) -> None:
    others = [make_publication(people.owner, doi=f"10.5072/other-{number}") for number in range(2)]
    publication.repositories.update(declared="conda")
    others[0].repositories.update(declared="none")
    others[0].repositories.create(url="https://git.example.org/second.git", declared="none")
    others[1].repositories.update(declared="none")
    (facet,) = [one for one in facets(VISITOR, Wish(environment="conda")) if one.title == "Environment"]
    assert [(one.label, one.count, one.is_chosen) for one in facet.choices] == [
        ("nothing declared", 2, False),
        ("environment.yml (conda)", 1, True),
    ]
    assert find(VISITOR, Wish(environment="conda")).get() == publication
    assert set(find(VISITOR, Wish(environment="none"))) == set(others)
    assert not find(VISITOR, Wish(environment="x' OR 1=1")).exists()


def test_what_lies_in_an_embargoed_repository_is_told_to_who_may_see_it(embargoed: Publication, people: People) -> None:
    embargoed.repositories.update(declared="dockerfile")
    assert not find(VISITOR, Wish(environment="dockerfile")).exists()
    assert all(one.title != "Environment" or not one.choices for one in facets(VISITOR, Wish()))
    assert find(people.owner, Wish(environment="dockerfile")).get() == embargoed


@pytest.mark.parametrize(
    ("year", "is_found"), [("2020", True), ("2021", False), ("0", False), ("x", False), ("²", False)]
)
def test_a_year_narrows(year: str, is_found: bool, publication: Publication) -> None:
    assert find(VISITOR, Wish(year=year)).exists() is is_found


def test_the_best_comes_first(publication: Publication, people: People) -> None:
    other = make_publication(people.owner, doi="10.5072/other")
    Publication.objects.filter(pk=other.pk).update(title="Gold", abstract="Beside silica it is heavy.")
    other.refresh_from_db()
    index_publication(other)
    assert list(search(VISITOR, Wish("silica")).publications) == [publication, other]
    assert list(search(VISITOR, Wish("gold silica")).publications) == [other]


@pytest.mark.parametrize("text", ["silcia", "Sillica sphers", "SPHRES"])
def test_what_is_mistyped_is_understood_and_said(text: str, publication: Publication) -> None:
    found = search(VISITOR, Wish(text))
    assert list(found.publications) == [publication]
    assert found.meant
    assert found.wish.text == found.meant


@pytest.mark.parametrize("text", ["xylophone", "zzz", "q", "-silica", '"silcia"'])
def test_what_nothing_is_like_finds_nothing(text: str, publication: Publication) -> None:
    found = search(VISITOR, Wish(text))
    assert (found.publications.exists(), found.meant) == (False, "")


def test_a_word_of_a_draft_is_not_shown_to_strangers(draft: Publication) -> None:
    assert search(VISITOR, Wish("silcia")).meant == ""


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ('"silica spheres"', True),
        ('"spheres silica"', False),
        ("silica -gold", True),
        ("silica -spheres", False),
        ("sphere", True),
        ("sil", True),
        ('"sil"', False),
        ("0000-0002-1825-0097", True),
    ],
)
def test_phrases_beginnings_stems_and_what_is_not_wanted(text: str, is_found: bool, publication: Publication) -> None:
    assert find(VISITOR, Wish(text)).exists() is is_found


@pytest.mark.parametrize(
    "text", ['"', "-", "*", "a* OR b", "NEAR(a b)", "title:x", "'; --", "(" * 300, "\ud800", "🦉", "^silica", "& | !"]
)
def test_no_text_breaks_the_search(text: str, publication: Publication) -> None:
    list(search(VISITOR, Wish(text)).publications)


def test_what_was_changed_by_another_way_is_indexed_later(publication: Publication) -> None:
    publication.title = "Gold"
    publication.save()
    assert index_stale() == 1
    assert index_stale() == 0
    assert find(VISITOR, Wish("gold")).exists()
    assert not find(VISITOR, Wish("silica spheres")).exists()


def test_what_is_removed_is_found_no_more(publication: Publication) -> None:
    publication.targets.all().delete()
    publication.delete()
    assert not find(VISITOR, Wish("silica")).exists()


def test_everything_is_indexed_anew(publication: Publication) -> None:
    SearchWord.objects.create(word="forgotten")
    assert index_all() == 1
    assert not SearchWord.objects.filter(word="forgotten").exists()
    assert find(VISITOR, Wish("silica")).exists()


def _below(narrow: Technique, broad: Technique) -> None:
    for pair in ((narrow, narrow), (broad, broad), (narrow, broad)):
        TechniqueAncestor.objects.get_or_create(technique=pair[0], ancestor=pair[1])


def test_a_broad_technique_gathers_the_narrower_ones(publication: Publication, people: People) -> None:
    (sans,) = publication.techniques.all()
    saxs = Technique.objects.create(name="small angle x-ray scattering", panet_id="PaNET01188")
    broad = Technique.objects.create(name="small angle scattering", panet_id="PaNET01124")
    other = make_publication(people.owner, doi="10.5072/other")
    other.techniques.set([saxs])
    _below(sans, broad)
    (facet,) = [one for one in facets(VISITOR, Wish()) if one.title == "Technique"]
    # It gathers no more than the one below it, and says nothing that this does not.
    assert [(one.label, one.count) for one in facet.choices] == [(sans.name, 1), (saxs.name, 1)]
    _below(saxs, broad)
    (facet,) = [one for one in facets(VISITOR, Wish()) if one.title == "Technique"]
    assert [(one.label, one.count) for one in facet.choices] == [(broad.name, 2), (sans.name, 1), (saxs.name, 1)]
    Technique.objects.filter(pk=broad.pk).update(name="defined by purpose")
    (facet,) = [one for one in facets(VISITOR, Wish()) if one.title == "Technique"]
    assert [one.label for one in facet.choices] == [sans.name, saxs.name]
    Technique.objects.filter(pk=broad.pk).update(name=broad.name)
    assert find(VISITOR, Wish(technique=str(broad.pk))).count() == 2
    assert find(VISITOR, Wish(technique=str(saxs.pk))).get() == other
    index_publication(other)
    assert find(VISITOR, Wish(f'"{broad.name}"')).get() == other


def test_an_instrument_narrows_and_is_found_by_its_name(publication: Publication) -> None:
    publication.instruments.set([Instrument.objects.create(name="D22", facility=publication.facility)])
    index_publication(publication)
    (facet,) = [one for one in facets(VISITOR, Wish()) if one.title == "Instrument"]
    ((label, count),) = [(one.label, one.count) for one in facet.choices]
    assert (label, count) == ("D22", 1)
    assert find(VISITOR, Wish(instrument=str(publication.instruments.get().pk))).get() == publication
    assert not find(VISITOR, Wish(instrument="x")).exists()
    assert find(VISITOR, Wish("d22")).get() == publication
