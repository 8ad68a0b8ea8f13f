"""Techniques on record: the ontology's terms are loaded, kept when they are gone from it, and counted by hierarchy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Coalesce

from catalog.models import Publication, PublicationQuerySet, Technique, TechniqueAncestor
from catalog.panet.reading import SHIPPED, SHIPPED_RELEASE, Ontology, read_ontology
from catalog.panet.terms import Term

_ROWS_AT_ONCE: Final = 500
_TOLD: Final = ("name", "panet_id", "definition", "synonyms", "is_deprecated", "release")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many terms the file has, and how many of them were new, changed, or are gone and kept as deprecated."""

    terms: int
    created: int
    changed: int
    deprecated: int


def load_ontology(ontology: Ontology, *, release: str) -> Loaded:
    """Bring the techniques on record to what the ontology says; wholly or not at all. Safe to repeat.

    What the operator named becomes the term that has its id, else the one that has its name, and otherwise stays. A
    term that is no more in the ontology stays for what names it, deprecated, without a place in the hierarchy.
    """
    with transaction.atomic():
        techniques = list(Technique.objects.select_for_update().order_by("pk"))
        known = _matched(ontology, techniques)
        before = {one.pk: _told(one) for one in known.values()}
        gone = Technique.objects.exclude(release="").exclude(panet_id__in=known).filter(is_deprecated=False)
        deprecated = gone.update(is_deprecated=True)
        _set_aside(known.values())
        created = [term.id for term in ontology.terms if term.id not in known]
        for term in ontology.terms:
            _tell(known.setdefault(term.id, Technique()), term, release)
        Technique.objects.bulk_create((known[name] for name in created), batch_size=_ROWS_AT_ONCE)
        kept = [one for one in known.values() if one.pk in before]
        Technique.objects.bulk_update(kept, _TOLD, batch_size=_ROWS_AT_ONCE)
        _relate(ontology.terms, {name: one.pk for name, one in known.items()})
    changed = sum(before[one.pk] != _told(one) for one in kept)
    return Loaded(len(ontology.terms), len(created), changed, deprecated)


def load_shipped() -> Loaded | None:
    """Load the copy of the ontology that is shipped, where none was loaded before; return what was loaded."""
    if Technique.objects.exclude(release="").exists():
        return None
    return load_ontology(read_ontology(SHIPPED), release=SHIPPED_RELEASE)


def counts_by_technique(publications: PublicationQuerySet) -> dict[int, int]:
    """Return for each technique, by its key, how many of the publications use it or a narrower one. One query."""
    links = Publication.techniques.through.objects.filter(publication__in=publications.order_by().values("pk"))
    # A technique of the operator has no place in the hierarchy and counts for itself.
    above = links.values_list(Coalesce("technique__closure__ancestor", "technique"))
    return dict(above.annotate(count=Count("publication", distinct=True)).order_by())


def _matched(ontology: Ontology, techniques: list[Technique]) -> dict[str, Technique]:
    """Return by the id of a term the technique on record that is it."""
    wanted = {term.id for term in ontology.terms}
    known = {one.panet_id: one for one in techniques if one.panet_id in wanted}
    own = {one.name.casefold(): one for one in techniques if not one.release and one.panet_id not in wanted}
    for term in ontology.terms:
        named = own.get(term.label.casefold())
        if named is None:
            continue
        if (same := known.setdefault(term.id, named)) is not named:
            # Both are the term: what uses the one uses the other from here on.
            same.publications.add(*named.publications.all())
            same.datasets.add(*named.datasets.all())
            named.delete()
    return known


def _set_aside(techniques: Collection[Technique]) -> None:
    """Free the names before they are given anew: two terms may have changed theirs for each other's."""
    freed = [Technique(pk=one.pk, name=f"term {one.pk}") for one in techniques]
    Technique.objects.bulk_update(freed, ["name"], batch_size=_ROWS_AT_ONCE)


def _told(technique: Technique) -> list[object]:
    return [getattr(technique, name) for name in _TOLD if name != "release"]


def _tell(technique: Technique, term: Term, release: str) -> None:
    technique.name, technique.panet_id = term.label[:200], term.id
    technique.definition, technique.synonyms = term.definition, list(term.synonyms)
    technique.is_deprecated, technique.release = term.is_deprecated, release


def _relate(terms: tuple[Term, ...], keys: Mapping[str, int]) -> None:
    """Write the hierarchy anew: the next broader techniques of each, and all of them, itself among them."""
    parents = Technique.parents.through
    parents.objects.all().delete()
    TechniqueAncestor.objects.all().delete()
    parents.objects.bulk_create(
        (
            parents(from_technique_id=keys[term.id], to_technique_id=keys[parent])
            for term in terms
            for parent in term.parents
        ),
        batch_size=_ROWS_AT_ONCE,
    )
    TechniqueAncestor.objects.bulk_create(
        (
            TechniqueAncestor(technique_id=keys[term.id], ancestor_id=keys[one])
            for term in terms
            for one in sorted({term.id, *term.ancestors})
        ),
        batch_size=_ROWS_AT_ONCE,
    )
