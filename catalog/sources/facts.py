"""What a source says of a publication. Plain data, every text plain and bounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Related:
    """Something that belongs to the publication.

    `relation` is a relationType of DataCite (IsSupplementedBy), `identifier` a bare DOI in lower case or a web
    address. "supplement" is a kind for what supplements the publication and does not say what it is.
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
    related: tuple[Related, ...] = ()
    funders: tuple[Funder, ...] = ()
    notes: tuple[str, ...] = ()
