"""The same facts told of data or of a publication: which of both a thing is, some sources know and others do not."""

from __future__ import annotations

from typing import Final

from catalog.sources import tolerant
from catalog.sources.facts import DatasetFacts, PublicationFacts

# What Crossref, CSL and DataCite call things that are no publication, in lower case.
_DATA: Final = frozenset({"dataset", "collection", "image", "audiovisual", "sound", "model", "physicalobject"})
_CODE: Final = frozenset({"software", "computationalnotebook", "workflow"})
_OTHER: Final = frozenset({"instrument", "interactiveresource", "project", "award", "service", "component", "other"})


def is_publication_type(kind: str) -> bool:
    """Tell whether something of this type is a publication; "" counts as one."""
    return kind.lower() not in _DATA | _CODE | _OTHER


def is_code_type(kind: str) -> bool:
    """Tell whether something of this type is software rather than data."""
    return kind.lower() in _CODE


def as_publication(facts: DatasetFacts) -> PublicationFacts:
    """Return what is known of data as of a publication."""
    return PublicationFacts(
        doi=facts.doi,
        title=facts.title,
        agency="datacite",
        creators=facts.creators,
        published_on=facts.published_on,
        published_precision=facts.published_precision,
        publisher=facts.publisher.name if facts.publisher else "",
        licence=facts.licence,
        abstract=facts.description,
        url=facts.url,
        type=facts.type,
        subjects=facts.subjects,
        related=facts.related,
        funders=facts.funders,
        notes=facts.notes,
    )


def as_dataset(facts: PublicationFacts) -> DatasetFacts:
    """Return what is known of a publication as of data."""
    return DatasetFacts(
        title=facts.title,
        doi=facts.doi,
        url=facts.url,
        type=facts.type,
        description=facts.abstract,
        creators=facts.creators,
        publisher=tolerant.affiliation(facts.publisher),
        published_on=facts.published_on,
        published_precision=facts.published_precision,
        licence=facts.licence,
        subjects=facts.subjects,
        related=facts.related,
        funders=facts.funders,
        notes=facts.notes,
    )
