"""Techniques on record: loaded, kept when they are gone, counted with the narrower ones."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Dataset, Instrument, Publication, Technique, TechniqueAncestor
from catalog.panet.reading import Ontology
from catalog.panet.terms import Term
from catalog.techniques import Loaded, counts_by_technique, load_ontology, load_shipped
from tests.personas import People, make_publication

ROOT = Term("PaNET00001", "technique")
SCATTERING = Term("PaNET00002", "scattering", "Of waves", ("sc",), ("PaNET00001",), ("PaNET00001",))
SANS = Term("PaNET01189", "small angle", "", (), ("PaNET00002",), ("PaNET00001", "PaNET00002"))


def load(*terms: Term, release: str = "1") -> Loaded:
    return load_ontology(Ontology(terms, ""), release=release)


@pytest.mark.django_db
def test_loading_is_safe_to_repeat() -> None:
    assert load(ROOT, SCATTERING, SANS) == Loaded(3, 3, 0, 0)
    assert load(ROOT, SCATTERING, SANS, release="2") == Loaded(3, 0, 0, 0)
    assert set(Technique.objects.values_list("release", flat=True)) == {"2"}
    assert TechniqueAncestor.objects.count() == 6
    assert list(Technique.objects.get(name="small angle").parents.values_list("name", flat=True)) == ["scattering"]


def test_what_the_operator_named_becomes_the_term_and_keeps_what_names_it(publication: Publication) -> None:
    own = publication.techniques.get()
    Technique.objects.filter(pk=own.pk).update(name="SANS")
    same = Technique.objects.create(name="Scattering")
    assert load(ROOT, SCATTERING, SANS).changed == 2
    own.refresh_from_db()
    same.refresh_from_db()
    assert (own.name, own.panet_id, same.name, same.panet_id) == (
        "small angle",
        "PaNET01189",
        "scattering",
        "PaNET00002",
    )
    assert publication.techniques.get() == own


def test_two_of_the_operator_that_are_one_term_become_one(publication: Publication, draft: Publication) -> None:
    named = Technique.objects.create(name="small angle")
    draft.techniques.set([named])
    load(ROOT, SCATTERING, SANS)
    assert draft.techniques.get() == publication.techniques.get() == Technique.objects.get(name="small angle")


@pytest.mark.django_db
def test_what_the_ontology_has_not_stays_the_operators() -> None:
    own = Technique.objects.create(name="tasting")
    load(ROOT)
    own.refresh_from_db()
    assert (own.release, own.is_deprecated) == ("", False)


@pytest.mark.django_db
def test_a_term_that_is_gone_is_kept_as_deprecated_and_comes_back() -> None:
    load(ROOT, SCATTERING, SANS)
    renamed = Term("PaNET01190", "small angle", "", (), ("PaNET00001",), ("PaNET00001",))
    assert load(ROOT, renamed, release="2") == Loaded(2, 1, 0, 2)
    gone = Technique.objects.get(panet_id="PaNET01189")
    assert (gone.is_deprecated, gone.name, gone.parents.count()) == (True, "small angle", 0)
    assert not Technique.objects.matching("scattering")
    assert load(ROOT, SCATTERING, SANS, release="3").deprecated == 1
    assert [one.panet_id for one in Technique.objects.matching("small angle")] == ["PaNET01189"]


@pytest.mark.django_db
def test_two_terms_may_change_their_names_for_each_others() -> None:
    load(ROOT, SCATTERING, SANS)
    load(ROOT, Term("PaNET00002", "small angle"), Term("PaNET01189", "scattering"))
    assert Technique.objects.get(panet_id="PaNET00002").name == "small angle"


@pytest.mark.django_db
def test_a_technique_is_found_by_name_synonym_and_id_the_shortest_first() -> None:
    load(ROOT, SCATTERING, SANS, Term("PaNET00003", "scattering at small angles"))
    found = {words: [one.name for one in Technique.objects.matching(words)] for words in ("SCATT", "sc", "PaNET01189")}
    assert found["SCATT"] == ["scattering", "scattering at small angles"]
    assert found["sc"][0] == "scattering"
    assert found["PaNET01189"] == ["small angle"]


def test_broad_techniques_count_what_uses_narrower_ones_by_one_query(people: People) -> None:
    load(ROOT, SCATTERING, SANS)
    first, second = make_publication(people.owner, doi="10.5072/a"), make_publication(people.owner, doi="10.5072/b")
    first.techniques.set(Technique.objects.filter(panet_id__in=["PaNET01189", "PaNET00002"]))
    second.techniques.set([Technique.objects.create(name="tasting"), Technique.objects.get(name="technique")])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        counts = counts_by_technique(Publication.objects.all())
    assert len(asked) == 1
    names = dict(Technique.objects.values_list("pk", "name"))
    assert {names[key]: count for key, count in counts.items()} == {
        "technique": 2,
        "scattering": 1,
        "small angle": 1,
        "tasting": 1,
    }


@pytest.mark.django_db
def test_a_fresh_installation_has_the_shipped_techniques_and_one_with_others_keeps_them() -> None:
    loaded = load_shipped()
    assert loaded is not None
    assert loaded.created == 380
    assert load_shipped() is None
    tomography = Technique.objects.get(name="x-ray microtomography")
    for broader in ("imaging", "x-ray probe technique", "x-ray microtomography"):
        assert tomography in Technique.objects.narrower_than(Technique.objects.get(name=broader).pk)


@pytest.mark.django_db
def test_the_command_tells_what_it_did_and_refuses_another_file(tmp_path: Path) -> None:
    out = StringIO()
    call_command("load_panet", "--release", "x", stdout=out)
    assert "380 techniques of release x: 380 new, 0 changed, 0 no longer" in out.getvalue()
    other = tmp_path / "other.csv"
    other.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(CommandError, match="neither PaNET's columns nor BioPortal's"):
        call_command("load_panet", str(other))
    assert Technique.objects.filter(is_deprecated=False).count() == 380


@pytest.mark.parametrize(
    "broken",
    [
        lambda: Technique.objects.create(name="b", panet_id="PaNET00001"),
        lambda: Technique.objects.create(name="technique"),
        lambda: Technique.objects.create(name="b", panet_id="SANS"),
        lambda: Instrument.objects.create(name=""),
        lambda: [Instrument.objects.create(name="D22") for _ in range(2)],
        lambda: [Instrument.objects.create(name=name, pid="10.5072/d") for name in "ab"],
        lambda: Dataset.objects.create(doi="10.5072/d", title=""),
        lambda: Dataset.objects.create(doi="10.5072/d", title="D", access="secret"),
        lambda: Dataset.objects.create(doi="10.5072/d", title="D", publisher_ror="ror.org/1"),
        lambda: Dataset.objects.create(doi="10.5072/d", title="D", published_precision="century"),
    ],
    ids=[
        "term-twice",
        "name-twice",
        "no-term",
        "instrument-without-name",
        "instrument-twice",
        "pid-twice",
        "title",
        "access",
        "ror",
        "precision",
    ],
)
@pytest.mark.django_db
def test_the_database_refuses_what_cannot_be(broken: object) -> None:
    load(ROOT)
    with pytest.raises(IntegrityError), transaction.atomic():
        broken()  # type: ignore[operator]  # one of the functions above
