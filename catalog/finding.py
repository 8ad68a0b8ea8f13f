"""Find publications by words or DOI and narrow them by facility, technique and verdict, with counts. Reads only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlencode

from django.db.models import Count, Q

from catalog.identifiers import is_doi, parse_doi
from catalog.models import Facility, Publication, PublicationQuerySet, Target, Technique, Viewer

VERDICT_WORDS: Final = ("identical", "reproduced", "differs", "failed", "unbuildable", "unavailable")
MOST_WORDS: Final = 8

FacetName = Literal["facility", "technique", "verdict"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor looks for. Empty strings wish nothing; `technique` is a primary key in digits."""

    text: str = ""
    facility: str = ""
    technique: str = ""
    verdict: str = ""

    @property
    def query(self) -> str:
        """The wish as the query of an address, empty when nothing is wished."""
        named = {"q": self.text, "facility": self.facility, "technique": self.technique, "verdict": self.verdict}
        return urlencode({name: value for name, value in named.items() if value})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet with the number of publications it would leave; `query` chooses it, or takes it back."""

    label: str
    count: int
    is_chosen: bool
    query: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet and what may be chosen in it."""

    title: str
    choices: tuple[Choice, ...]


def find(viewer: Viewer, wish: Wish) -> PublicationQuerySet:
    """Return the visible publications that meet the wish."""
    found = _by_text(Publication.objects.visible_to(viewer), wish.text)
    if wish.facility:
        found = found.filter(facility__slug=wish.facility)
    if wish.technique:
        # No database has so many techniques that a longer number could be one.
        is_key = wish.technique.isdecimal() and len(wish.technique) < 10
        found = found.filter(techniques=int(wish.technique)) if is_key else found.none()
    if wish.verdict:
        proven = Target.objects.filter(state=Target.State.CONFIRMED, evidence__verdict=wish.verdict)
        found = found.filter(pk__in=proven.values("publication"))
    return found


def named(viewer: Viewer, text: str) -> str | None:
    """Return the DOI that `text` is, if it leads to a visible publication or to a dataset of one."""
    if not is_doi(text):
        return None
    doi = parse_doi(text)
    visible = Publication.objects.visible_to(viewer)
    return doi if visible.filter(Q(doi=doi) | Q(datasets__doi=doi)).exists() else None


def facets(viewer: Viewer, wish: Wish) -> tuple[Facet, ...]:
    """Return the facets, each counted as if nothing were chosen in it."""
    by_facility = find(viewer, replace(wish, facility=""))
    facilities = Facility.objects.filter(publications__in=by_facility.values("pk"))
    by_technique = find(viewer, replace(wish, technique=""))
    techniques = Technique.objects.filter(publications__in=by_technique.values("pk"))
    counts = _verdict_counts(find(viewer, replace(wish, verdict="")))
    return (
        _facet("Verdict", wish, "verdict", [(word, word, counts[word]) for word in VERDICT_WORDS if counts.get(word)]),
        _facet("Facility", wish, "facility", _counted(facilities.values_list("slug", "name"))),
        _facet("Technique", wish, "technique", _counted(techniques.values_list("pk", "name"))),
    )


def _facet(title: str, wish: Wish, name: FacetName, rows: list[tuple[str, str, int]]) -> Facet:
    chosen: str = getattr(wish, name)
    return Facet(
        title,
        tuple(
            Choice(label, count, value == chosen, replace(wish, **{name: "" if value == chosen else value}).query)
            for value, label, count in rows
        ),
    )


def _verdict_counts(publications: PublicationQuerySet) -> dict[str, int]:
    return dict(
        Target.objects.filter(publication__in=publications.values("pk"), state=Target.State.CONFIRMED)
        .exclude(evidence=None)
        .values_list("evidence__verdict")
        .annotate(count=Count("publication", distinct=True))
        .order_by()
    )


def _counted(rows: Iterable[tuple[object, str]]) -> list[tuple[str, str, int]]:
    """Count equal rows: the joined query gives one row for each publication."""
    counts = Counter((str(value), label) for value, label in rows)
    return [(value, label, count) for (value, label), count in counts.items()]


def _by_text(publications: PublicationQuerySet, text: str) -> PublicationQuerySet:
    text = text.strip()
    if is_doi(text):
        doi = parse_doi(text)
        return publications.filter(
            Q(doi__startswith=doi) | Q(pk__in=Publication.objects.filter(datasets__doi=doi).values("pk"))
        )
    for word in text.split()[:MOST_WORDS]:
        # SQLite keeps JSON in ASCII, PostgreSQL does not: a name with an accent is looked for in both forms.
        in_ascii = json.dumps(word)[1:-1]
        publications = publications.filter(
            Q(title__icontains=word)
            | Q(abstract__icontains=word)
            | Q(venue__icontains=word)
            | Q(doi__icontains=word)
            | Q(creators__icontains=word)
            | Q(creators__icontains=in_ascii)
            | Q(facility__name__icontains=word)
            | Q(pk__in=Publication.objects.filter(techniques__name__icontains=word).values("pk"))
        )
    return publications
