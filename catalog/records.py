"""From publications and datasets to the records that every format is made of. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from catalog.exposure.record import Access, Identifier, Organisation, Record, Relation
from catalog.exposure.relations import OPPOSITES
from catalog.models import Dataset, Publication, PublicationQuerySet
from catalog.record_parts import (
    files,
    funding,
    instruments_of,
    keywords,
    licence,
    organisation,
    persons,
    quantities,
    related,
    techniques_of,
)

Precise = Literal["year", "month", "day"]

_ACCESS: Final[dict[str, Access]] = {"open": "open", "embargoed": "embargoed", "restricted": "restricted"}
_PRECISIONS: Final[dict[str, Precise]] = {"year": "year", "month": "month", "day": "day"}
# What Crossref, CSL and DataCite call it, in letters alone, to resourceTypeGeneral of DataCite 4.7.
_TYPES: Final = {
    "articlejournal": "JournalArticle",
    "journalarticle": "JournalArticle",
    "article": "JournalArticle",
    "paperconference": "ConferencePaper",
    "proceedingsarticle": "ConferencePaper",
    "conferencepaper": "ConferencePaper",
    "postedcontent": "Preprint",
    "preprint": "Preprint",
    "thesis": "Dissertation",
    "dissertation": "Dissertation",
    "report": "Report",
    "book": "Book",
    "monograph": "Book",
    "chapter": "BookChapter",
    "bookchapter": "BookChapter",
    "datapaper": "DataPaper",
    "software": "Software",
}
# How a publication stands to data that it is linked to, where its source does not say.
DEFAULT_RELATION: Final = "References"
# How notebooks stand to the data that their publication rests on.
NOTEBOOKS_TO_DATA: Final = ("Requires", "References")


def publication_key(doi: str) -> str:
    """Return the key of a publication's record."""
    return f"publication/{doi}"


def dataset_key(doi: str) -> str:
    """Return the key of a dataset's record."""
    return f"dataset/{doi}"


def notebooks_key(doi: str) -> str:
    """Return the key of the record of the notebooks behind the publication with this DOI."""
    return f"notebooks/{doi}"


def notebooks_url(publication: Publication) -> str:
    """Return the address of the page of the notebooks behind a publication."""
    return settings.REPRISE_URL + reverse("notebooks", args=[publication.doi])


def notebooks_title(publication: Publication) -> str:
    """Return what the notebooks behind a publication are called."""
    return f"Notebooks of “{publication.title}”"


def records_of(publication: Publication) -> Iterator[Record]:
    """Yield the records of a publication and of its datasets; none when not everybody may see that there is one."""
    if not visible_publications().filter(pk=publication.pk).exists():
        return
    datasets = list(publication.datasets.order_by("doi"))
    yield publication_record(publication, datasets)
    for dataset in datasets:
        yield dataset_record(dataset)


def visible_publications() -> PublicationQuerySet:
    """Return the publications that everybody may know of."""
    return Publication.objects.visible_to(AnonymousUser())


def publication_record(publication: Publication, datasets: list[Dataset]) -> Record:
    """Return the record of a publication that rests on `datasets`."""
    keys = {dataset.doi: dataset_key(dataset.doi) for dataset in datasets}
    techniques, broader = techniques_of(publication)
    terms = licence(publication.licence)
    return Record(
        key=publication_key(publication.doi),
        kind="publication",
        url=settings.REPRISE_URL + publication.get_absolute_url(),
        title=publication.title,
        resource_type=resource_type(publication.type),
        type_words=publication.type.replace("-", " "),
        created_at=publication.created_at,
        updated_at=publication.updated_at,
        doi=publication.doi,
        description=publication.abstract,
        creators=persons(publication.creators),
        contributors=persons(publication.contributors),
        publisher=Organisation(publication.publisher) if publication.publisher else None,
        venue=publication.venue,
        published_on=publication.published_on,
        published_precision=_PRECISIONS.get(publication.published_precision, "day"),
        language=publication.language,
        licence=terms,
        # Whether a paper can be read is its publisher's matter; that its licence is open says that it can.
        access="open" if terms and terms.spdx.startswith("CC") else "unknown",
        subjects=keywords(publication.subjects),
        techniques=techniques,
        broader_techniques=broader,
        facility=organisation(publication.facility),
        facility_slug=publication.facility.slug if publication.facility else "",
        instruments=instruments_of(publication),
        identifiers=(Identifier("URL", publication.url),) if publication.url else (),
        relations=(
            *(to_dataset(dataset, _relation(publication, dataset)) for dataset in datasets),
            *related(publication.related, keys),
        ),
        funding=funding(publication.funding),
    )


def dataset_record(dataset: Dataset) -> Record:
    """Return the record of a dataset, with what all publications that everybody may know of have to do with it.

    Its files are told only where it is not closed, and a publication that rests on it is public as a whole.
    """
    publications = list(visible_publications().filter(datasets=dataset).order_by("doi"))
    techniques, broader = techniques_of(dataset)
    access = _ACCESS.get(dataset.access, "unknown")
    are_files_told = access in ("open", "unknown") and any(one.is_published for one in publications)
    facility = dataset.facility or next((one.facility for one in publications if one.facility), None)
    return Record(
        key=dataset_key(dataset.doi),
        kind="dataset",
        url=settings.REPRISE_URL + dataset.get_absolute_url(),
        title=dataset.title,
        resource_type="Dataset",
        created_at=dataset.created_at,
        updated_at=_updated(dataset, publications),
        doi=dataset.doi,
        description=dataset.description,
        creators=persons(dataset.creators),
        contributors=persons(dataset.contributors),
        publisher=_publisher(dataset),
        published_on=dataset.published_on,
        published_precision=_PRECISIONS.get(dataset.published_precision, "day"),
        language=dataset.language,
        version=dataset.version,
        licence=licence(dataset.licence),
        access=access,
        embargo_until=dataset.embargo_until,
        subjects=keywords(dataset.subjects),
        techniques=techniques,
        broader_techniques=broader,
        facility=organisation(facility),
        facility_slug=facility.slug if facility else "",
        instruments=instruments_of(dataset),
        identifiers=(Identifier("URL", dataset.url),) if dataset.url else (),
        relations=tuple(_relations(dataset, publications)),
        funding=funding(dataset.funding),
        quantities=quantities(dataset.quantities),
        files=files(dataset) if are_files_told else (),
        size_bytes=dataset.size_bytes if dataset.size_bytes is not None else _total(dataset),
    )


def resource_type(kept: str) -> str:
    """Return the resourceTypeGeneral that a source's word for a type of publication means; Text where it is unknown."""
    return _TYPES.get("".join(sign for sign in kept.lower() if sign.isalpha()), "Text")


def to_dataset(dataset: Dataset, relation: str) -> Relation:
    """Say that something stands in `relation` to a dataset."""
    return Relation(relation, Identifier("DOI", dataset.doi), "Dataset", dataset_key(dataset.doi), dataset.title)


def to_publication(publication: Publication, relation: str) -> Relation:
    """Say that something stands in `relation` to a publication."""
    return Relation(
        relation,
        Identifier("DOI", publication.doi),
        resource_type(publication.type),
        publication_key(publication.doi),
        publication.title,
    )


def to_notebooks(publication: Publication, relation: str) -> Relation:
    """Say that something stands in `relation` to the notebooks behind a publication."""
    return Relation(
        relation,
        Identifier("URL", notebooks_url(publication)),
        "ComputationalNotebook",
        notebooks_key(publication.doi),
        notebooks_title(publication),
    )


def _relations(dataset: Dataset, publications: list[Publication]) -> Iterator[Relation]:
    keys = {publication.doi: publication_key(publication.doi) for publication in publications}
    for publication in publications:
        yield to_publication(publication, OPPOSITES[_relation(publication, dataset)])
        if publication.is_published and publication.repositories.exists():
            yield from (to_notebooks(publication, OPPOSITES[relation]) for relation in NOTEBOOKS_TO_DATA)
    parent = dataset.parent
    visible = Dataset.objects.visible_to(AnonymousUser())
    others = [("IsPartOf", one) for one in visible.filter(pk=parent.pk)] if parent else []
    others += [("HasPart", one) for one in visible.filter(parent=dataset).order_by("doi")]
    for relation, other in others:
        yield to_dataset(other, relation)
    yield from related(dataset.related, {**keys, **{other.doi: "" for _, other in others}})


def _relation(publication: Publication, dataset: Dataset) -> str:
    """Return how the publication stands to the dataset, as its source says."""
    for one in publication.related:
        if isinstance(one, dict) and one.get("identifier") == dataset.doi and one.get("relation") in OPPOSITES:
            return str(one["relation"])
    return DEFAULT_RELATION


def _publisher(dataset: Dataset) -> Organisation | None:
    name = dataset.publisher or dataset.repository
    return Organisation(name, dataset.publisher_ror if dataset.publisher else "") if name else None


def _total(dataset: Dataset) -> int | None:
    sizes = [one.get("size_bytes") for one in dataset.files if isinstance(one, dict)]
    known = [size for size in sizes if isinstance(size, int)]
    return sum(known) if known and len(known) == len(sizes) else None


def _updated(dataset: Dataset, publications: list[Publication]) -> datetime:
    """Return when the dataset, or which publications rest on it, was last changed."""
    moved = [one.state_changed_at for one in publications if one.state_changed_at]
    return max([dataset.updated_at, *moved])
