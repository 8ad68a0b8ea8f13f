"""Find publications by words or DOI and narrow them by facets with counts. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Literal
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import ExtractYear

from catalog.declarable import DECLARATIONS
from catalog.identifiers import is_doi, parse_doi
from catalog.models import (
    Dataset,
    Facility,
    Instrument,
    Publication,
    PublicationQuerySet,
    Repository,
    Target,
    Technique,
    TechniqueAncestor,
    Viewer,
)
from catalog.techniques import counts_by_technique
from catalog.text_search import best_first, meant_text, with_text

VERDICT_WORDS: Final = ("identical", "reproduced", "differs", "failed", "unbuildable", "unavailable")
CONFIRMED: Final = Target.State.CONFIRMED

MOST_SIGNS: Final = 300

MOST_TECHNIQUES: Final = 20
# PaNET sorts its techniques under terms that say by what it sorts them, which are no techniques.
_SORTING: Final = "defined by "

FacetName = Literal["facility", "technique", "instrument", "verdict", "year", "licence", "access", "environment"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor looks for. Empty strings wish nothing; `technique` and `instrument` are primary keys."""

    text: str = ""
    facility: str = ""
    technique: str = ""
    instrument: str = ""
    verdict: str = ""
    year: str = ""
    licence: str = ""
    access: str = ""
    environment: str = ""

    @property
    def query(self) -> str:
        """The wish as the query of an address, empty when nothing is wished."""
        named = {"q" if one.name == "text" else one.name: getattr(self, one.name) for one in fields(self)}
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def facets_only(self) -> tuple[tuple[str, str], ...]:
        """What is wished beside the text, as names and values of a form."""
        named = ((one.name, getattr(self, one.name)) for one in fields(self) if one.name != "text")
        return tuple((name, value) for name, value in named if value)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the best first. `meant` is what was looked for where nothing had the words that were typed."""

    publications: PublicationQuerySet
    wish: Wish
    meant: str = ""


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


def read_wish(given: Mapping[str, str]) -> Wish:
    """Return what the parameters of an address wish."""
    names = ("q", *(one.name for one in fields(Wish) if one.name != "text"))
    return Wish(*(given.get(name, "").replace("\x00", "")[:MOST_SIGNS] for name in names))


def search(viewer: Viewer, wish: Wish) -> Found:
    """Return the visible publications that meet the wish; for unknown words, those of what was probably meant."""
    found = find(viewer, wish)
    if wish.text and not is_doi(wish.text) and not found.exists():
        meant = meant_text(wish.text)
        # A word of what the viewer may not see is never shown: it finds nothing.
        if meant is not None and find(viewer, replace(wish, text=meant)).exists():
            wish = replace(wish, text=meant)
            return Found(best_first(find(viewer, wish), meant), wish, meant)
    return Found(found if is_doi(wish.text) else best_first(found, wish.text), wish)


def find(viewer: Viewer, wish: Wish) -> PublicationQuerySet:
    """Return the visible publications that meet the wish."""
    found = _by_text(Publication.objects.visible_to(viewer), wish.text)
    if wish.facility:
        found = found.filter(facility__slug=wish.facility)
    if wish.technique:
        found = _of_technique(found, int(wish.technique)) if _is_key(wish.technique) else found.none()
    if wish.instrument:
        found = found.filter(instruments=int(wish.instrument)) if _is_key(wish.instrument) else found.none()
    if wish.verdict:
        proven = Target.objects.visible_to(viewer).filter(state=CONFIRMED, evidence__verdict=wish.verdict)
        found = found.filter(pk__in=proven.values("publication"))
    if wish.year:
        is_year = _is_key(wish.year) and 0 < int(wish.year) < 10_000
        found = found.filter(published_on__year=int(wish.year)) if is_year else found.none()
    if wish.licence:
        found = found.filter(licence=wish.licence)
    if wish.access:
        found = found.filter(pk__in=Publication.objects.filter(datasets__access=wish.access).values("pk"))
    if wish.environment:
        declared = _open_repositories(viewer).filter(declared=wish.environment)
        found = found.filter(pk__in=declared.values("publication"))
    return found


def _open_repositories(viewer: Viewer) -> QuerySet[Repository]:
    # What lies in the repository of an embargoed publication is not told.
    return Repository.objects.filter(publication__in=Publication.objects.open_to(viewer).values("pk")).order_by()


def _of_technique(publications: PublicationQuerySet, key: int) -> PublicationQuerySet:
    """Return those of the technique or of a narrower one."""
    narrower = Technique.objects.narrower_than(key).values("pk")
    return publications.filter(pk__in=Publication.objects.filter(techniques__in=narrower).values("pk"))


def _is_key(digits: str) -> bool:
    # No database has so many rows that a longer number could be one.
    return digits.isascii() and digits.isdecimal() and len(digits) < 10


def named(viewer: Viewer, text: str) -> str | None:
    """Return the DOI that `text` is, if it leads to a visible publication or to a dataset of one."""
    if not is_doi(text):
        return None
    doi = parse_doi(text)
    visible = Publication.objects.visible_to(viewer)
    return doi if visible.filter(Q(doi=doi) | Q(datasets__doi=doi)).exists() else None


def facets(viewer: Viewer, wish: Wish) -> tuple[Facet, ...]:
    """Return the facets, each counted as if nothing were chosen in it."""

    def others(name: FacetName) -> PublicationQuerySet:
        return find(viewer, replace(wish, **{name: ""}))

    facilities = Facility.objects.filter(publications__in=others("facility").values("pk"))
    instruments = Instrument.objects.filter(publications__in=others("instrument").values("pk"))
    counts = _verdict_counts(viewer, others("verdict"))
    verdicts = [(word, word, counts[word]) for word in VERDICT_WORDS if counts.get(word)]
    return (
        _facet("Verdict", wish, "verdict", verdicts),
        _facet("Facility", wish, "facility", _counted(facilities.values_list("slug", "name"))),
        _facet("Technique", wish, "technique", _techniques(others("technique"), wish.technique)),
        _facet("Instrument", wish, "instrument", _counted(instruments.values_list("pk", "name"))),
        _facet("Environment", wish, "environment", _declared(viewer, others("environment"))),
        _facet("Year", wish, "year", _years(others("year"))),
        _facet("Licence", wish, "licence", _licences(others("licence"))),
        _facet("Data", wish, "access", _accesses(others("access"))),
    )


def _techniques(publications: PublicationQuerySet, chosen: str) -> list[tuple[str, str, int]]:
    """Return techniques by how many use them or a narrower one; not those that gather no more than a narrower one."""
    counts = counts_by_technique(publications)
    pairs = TechniqueAncestor.objects.filter(technique__in=counts, ancestor__in=counts).exclude(technique=F("ancestor"))
    idle = {above for below, above in pairs.values_list("technique", "ancestor") if counts[below] == counts[above]}
    names = dict(Technique.objects.filter(pk__in=counts).values_list("pk", "name"))
    telling = {key for key in counts if key not in idle and not names.get(key, "").startswith(_SORTING)}
    shown = [key for key in counts if key in names and (key in telling or str(key) == chosen)]
    shown.sort(key=lambda key: (-counts[key], names[key]))
    return [(str(key), names[key], counts[key]) for key in shown[:MOST_TECHNIQUES]]


def _years(publications: PublicationQuerySet) -> list[tuple[str, str, int]]:
    dated = publications.filter(published_on__isnull=False).annotate(year=ExtractYear("published_on")).order_by()
    rows = dated.values_list("year").annotate(count=Count("pk", distinct=True)).order_by("-year")
    return [(str(year), str(year), count) for year, count in rows]


def _licences(publications: PublicationQuerySet) -> list[tuple[str, str, int]]:
    rows = publications.exclude(licence="").order_by().values_list("licence").annotate(count=Count("pk", distinct=True))
    return [(name, name, count) for name, count in rows.order_by("-count", "licence")]


def _accesses(publications: PublicationQuerySet) -> list[tuple[str, str, int]]:
    # Others' publications of the same data are not counted.
    among = Q(publications__in=publications.values("pk"))
    rows = Dataset.objects.filter(among).order_by().values_list("access")
    counts = dict(rows.annotate(count=Count("publications", filter=among, distinct=True)))
    return [(value, str(label), counts[value]) for value, label in Dataset.Access.choices if counts.get(value)]


def _declared(viewer: Viewer, publications: PublicationQuerySet) -> list[tuple[str, str, int]]:
    """Return by what environments are declared, the most frequent first."""
    among = _open_repositories(viewer).filter(publication__in=publications.values("pk")).exclude(declared="")
    counts = dict(among.values_list("declared").annotate(count=Count("publication", distinct=True)))
    rows = [(kind, label, counts[kind]) for kind, label in DECLARATIONS.items() if kind in counts]
    return sorted(rows, key=lambda row: -row[2])


def _facet(title: str, wish: Wish, name: FacetName, rows: list[tuple[str, str, int]]) -> Facet:
    chosen: str = getattr(wish, name)
    return Facet(
        title,
        tuple(
            Choice(label, count, value == chosen, replace(wish, **{name: "" if value == chosen else value}).query)
            for value, label, count in rows
        ),
    )


def _verdict_counts(viewer: Viewer, publications: PublicationQuerySet) -> dict[str, int]:
    return dict(
        Target.objects.visible_to(viewer)
        .filter(publication__in=publications.values("pk"), state=CONFIRMED)
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
    return with_text(publications, text)
