"""The one record that every format is made of: what is known of a publication, its data, its notebooks, an
environment or a certificate.

Its words are those of DataCite's schema 4.7 (https://schema.datacite.org/meta/kernel-4.7/), the richest of the formats
that are made of it, so that no format has to guess. Every text is plain: no markup, no character that XML forbids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

RecordKind = Literal["publication", "dataset", "notebooks", "environment", "certificate"]
IdentifierScheme = Literal["DOI", "URL", "SWHID", "ARK", "Handle", "URN", "arXiv"]
Access = Literal["open", "embargoed", "restricted", "unknown"]
DateKind = Literal["Issued", "Available", "Created", "Updated", "Collected", "Valid", "Submitted"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """What names something: a bare DOI in lower case, an address, `swh:1:…`."""

    scheme: IdentifierScheme
    value: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A facility, a publisher or where somebody works; `ror` as https://ror.org/… or empty."""

    name: str
    ror: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who made it, in the order of the byline. `orcid` as 0000-0002-1825-0097 or empty.

    `name` is how it is shown. A group of people has neither `given` nor `family`, and `is_group` is True.
    """

    name: str
    given: str = ""
    family: str = ""
    orcid: str = ""
    affiliations: tuple[Organisation, ...] = ()
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A keyword, or a term of a vocabulary: then `uri` is the term's, `scheme` and `scheme_uri` the vocabulary's."""

    text: str
    uri: str = ""
    scheme: str = ""
    scheme_uri: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """Where data were taken. `pid` is a DOI or another identifier of the instrument, or empty."""

    name: str
    pid: str = ""
    facility: Organisation | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """The terms. `spdx` is an id of the SPDX list or empty; `url` is where the text stands."""

    name: str
    url: str = ""
    spdx: str = ""


@dataclass(frozen=True, slots=True)
class Funding:
    """Who paid: `identifier` is a ROR or Crossref Funder address or empty, `award` the number of the grant."""

    funder: str
    identifier: str = ""
    award: str = ""
    award_title: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a dataset, or of the evidence. `url` is where it may be had by whoever may see it, or empty."""

    path: str
    size_bytes: int | None = None
    media_type: str = ""
    sha256: str = ""
    md5: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that was measured or set with the data: a wavelength, a temperature, a formula; `unit` may be empty."""

    name: str
    value: float | str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What something has to do with something else: `relation` is a relationType of DataCite 4.7.

    `resource_type` is DataCite's resourceTypeGeneral of the other where it is known; `key` the key of its record where
    it has one in this catalogue, so that a format can link the pages of both. `title` is for people. `file` is what
    lies at the address of the other, where that is one file and nothing else.
    """

    relation: str
    identifier: Identifier
    resource_type: str = ""
    key: str = ""
    title: str = ""
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A date or a moment with its meaning; `note` says more where the meaning is not enough."""

    kind: DateKind
    at: date | datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found when a target was run again; on certificates, and on notebooks for each of their targets.

    `verdict` is one of identical, reproduced, differs, failed, unbuildable, unavailable. `rung` is the certificate's
    rung or empty; `claim` is what the paper calls it ("Figure 3"), `sentence` what was found, for people.
    """

    verdict: str
    claim: str
    seen_at: datetime
    sentence: str = ""
    rung: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Software:
    """A package of an environment, as its lock has it."""

    name: str
    version: str
    purl: str = ""


@dataclass(frozen=True, slots=True)
class Harvested:
    """Where metadata were harvested by OAI-PMH before they were exposed here, as its provenance container names it.

    `base_url`, `identifier`, `datestamp` and `namespace` are the other repository's own words; `at` is when they were
    fetched. `is_altered` is False only where the metadata are exposed as they came.
    """

    base_url: str
    identifier: str
    datestamp: str
    namespace: str
    at: datetime
    is_altered: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that a format may say of one thing.

    `key` names it in this catalogue for ever, as `publication/10.1063/1.4962726`; its kind is the first part. `url` is
    the absolute address of its page. `doi` is its own DOI and empty where it has none. `resource_type` is a
    resourceTypeGeneral of DataCite 4.7 and `type_words` the same in free words. `created_at` and `updated_at` are when
    this catalogue's knowledge of it began and last changed, in UTC. Texts are empty where nothing is known.
    `broader_techniques` are the terms above its techniques in their vocabulary, up to the top.
    `crate_url` is the address of the metadata document of the RO-Crate that holds its evidence, or empty.
    """

    key: str
    kind: RecordKind
    url: str
    title: str
    resource_type: str
    created_at: datetime
    updated_at: datetime
    doi: str = ""
    type_words: str = ""
    description: str = ""
    creators: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    publisher: Organisation | None = None
    venue: str = ""
    published_on: date | None = None
    published_precision: Literal["year", "month", "day"] = "day"
    days: tuple[Day, ...] = ()
    language: str = ""
    version: str = ""
    licence: Licence | None = None
    access: Access = "open"
    embargo_until: date | None = None
    subjects: tuple[Subject, ...] = ()
    techniques: tuple[Subject, ...] = ()
    broader_techniques: tuple[Subject, ...] = ()
    facility: Organisation | None = None
    facility_slug: str = ""
    instruments: tuple[Instrument, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    relations: tuple[Relation, ...] = ()
    funding: tuple[Funding, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    files: tuple[File, ...] = ()
    size_bytes: int | None = None
    code_repository: str = ""
    commit: str = ""
    programming_language: str = ""
    software: tuple[Software, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    valid_until: datetime | None = None
    crate_url: str = ""
    harvested: Harvested | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The service that exposes the records: what a format says of the catalogue itself.

    `url` is the service's address without a slash at its end; `domain` its host name, which names it in identifiers.
    """

    name: str
    url: str
    domain: str
    contact: str
    description: str = ""
    operator: Organisation | None = None
    datacite_symbol: str = ""
