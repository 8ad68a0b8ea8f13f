"""What a source says of a publication, a dataset or a repository. Plain data, every text plain and bounded.

The words are those of the record that is exposed (catalog.exposure.record), so that nothing has to be guessed between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from catalog.exposure.record import Access, File, Instrument, Organisation, Quantity, Subject

Agency = Literal["crossref", "datacite", "manual", "other"]
Precision = Literal["year", "month", "day"]
RelatedKind = Literal["dataset", "software", "publication", "repository", "supplement", "other"]


@dataclass(frozen=True, slots=True)
class Creator:
    """A person or a group; `name` is how it is shown, `orcid` as 0000-0002-1825-0097 or None."""

    name: str
    given: str = ""
    family: str = ""
    orcid: str | None = None
    affiliations: tuple[Organisation, ...] = ()
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """Something that belongs to what the facts are of.

    `relation` is a relationType of DataCite (IsSupplementedBy), `identifier` a bare DOI in lower case or a web
    address. "supplement" is a kind for what supplements it and does not say what it is.
    """

    relation: str
    identifier: str
    kind: RelatedKind


@dataclass(frozen=True, slots=True)
class Funder:
    """Who paid: `identifier` is a ROR or Funder Registry address where the source knows one."""

    name: str
    identifier: str = ""
    award: str = ""
    award_title: str = ""


@dataclass(frozen=True, slots=True)
class PublicationFacts:
    """The record of a DOI. `title` is never empty; other texts are empty where the source says nothing.

    `published_on` is the first day of what is known, which `published_precision` tells; `licence` an SPDX id or an
    address; `notes` are sentences for people about what could not be had.
    """

    doi: str
    title: str
    agency: Agency
    creators: tuple[Creator, ...] = ()
    published_on: date | None = None
    published_precision: Precision | None = None
    venue: str = ""
    publisher: str = ""
    licence: str = ""
    abstract: str = ""
    url: str = ""
    type: str = ""
    subjects: tuple[Subject, ...] = ()
    related: tuple[Related, ...] = ()
    funders: tuple[Funder, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What is known of data, or of software that is kept as data are. `title` is never empty.

    `type` is a resourceTypeGeneral of DataCite; `licence` an SPDX id or an address; `concept_doi` names all versions.
    `size_bytes` is of all files, where it is told. Files keep the order and the paths of their source.
    """

    title: str
    doi: str = ""
    url: str = ""
    type: str = "Dataset"
    description: str = ""
    creators: tuple[Creator, ...] = ()
    publisher: Organisation | None = None
    published_on: date | None = None
    published_precision: Precision | None = None
    version: str = ""
    licence: str = ""
    access: Access = "unknown"
    embargo_until: date | None = None
    facility: Organisation | None = None
    instruments: tuple[Instrument, ...] = ()
    techniques: tuple[Subject, ...] = ()
    subjects: tuple[Subject, ...] = ()
    funders: tuple[Funder, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    files: tuple[File, ...] = ()
    size_bytes: int | None = None
    related: tuple[Related, ...] = ()
    concept_doi: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What is known of a repository with code. `url` can be fetched with git, `ref` is what the reference names.

    `doi` is the repository's own, `paper_doi` that of the publication that it says it belongs to. `reason` is a
    sentence for people: why it is thought to belong here.
    """

    url: str
    ref: str = ""
    name: str = ""
    description: str = ""
    licence: str = ""
    version: str = ""
    creators: tuple[Creator, ...] = ()
    subjects: tuple[Subject, ...] = ()
    funders: tuple[Funder, ...] = ()
    doi: str = ""
    paper_doi: str = ""
    paper_title: str = ""
    swhid: str = ""
    related: tuple[Related, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What one source said; `source` is its name for people and for provenance."""

    source: str
    publications: tuple[PublicationFacts, ...] = ()
    datasets: tuple[DatasetFacts, ...] = ()
    repositories: tuple[RepositoryFacts, ...] = ()
