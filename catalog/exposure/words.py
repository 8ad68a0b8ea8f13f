"""What several formats say of a record, said once, so that none says what another denies."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import quote

from catalog.exposure.record import Access, Identifier, Person, Record, Site
from catalog.identifiers import doi_url

# More files than this are not listed in a format; the record's page and its archive have them all.
MOST_FILES: Final = 1000
PUBLIC_METADATA: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_PERIODS: Final = {"year": 4, "month": 7, "day": 10}


class AccessWords(NamedTuple):
    """The same access in the vocabularies of COAR, OpenAIRE (info:eu-repo) and the EU Publications Office."""

    coar: str
    label: str
    eu_repo: str
    eu: str


_COAR: Final = "http://purl.org/coar/access_right/"
_EU_REPO: Final = "info:eu-repo/semantics/"
_EU: Final = "http://publications.europa.eu/resource/authority/access-right/"
# Where nothing is known of the access, what is open to all is the metadata; COAR has a word for that, the others none.
ACCESS: Final[dict[Access, AccessWords]] = {
    "open": AccessWords(f"{_COAR}c_abf2", "open access", f"{_EU_REPO}openAccess", f"{_EU}PUBLIC"),
    "embargoed": AccessWords(f"{_COAR}c_f1cf", "embargoed access", f"{_EU_REPO}embargoedAccess", f"{_EU}NON_PUBLIC"),
    "restricted": AccessWords(f"{_COAR}c_16ec", "restricted access", f"{_EU_REPO}restrictedAccess", f"{_EU}RESTRICTED"),
    "unknown": AccessWords(f"{_COAR}c_14cb", "metadata only access", "", ""),
}


class Moment(NamedTuple):
    """A date with its meaning in DataCite's words."""

    kind: str
    text: str
    note: str


def main_identifier(record: Record) -> Identifier:
    """Return the record's DOI, or the address of its page where it has none."""
    return Identifier("DOI", record.doi) if record.doi else Identifier("URL", record.url)


def other_identifiers(record: Record) -> tuple[Identifier, ...]:
    """Return all identifiers but the main one, the page's address first."""
    page = Identifier("URL", record.url)
    main = main_identifier(record)
    return tuple(one for one in dict.fromkeys((page, *record.identifiers)) if one != main)


def identifier_url(identifier: Identifier) -> str:
    """Return the address that resolves an identifier, or an empty text where there is none."""
    value = identifier.value
    resolvers = {
        "SWHID": "https://archive.softwareheritage.org/",
        "ARK": "https://n2t.net/",
        "Handle": "https://hdl.handle.net/",
        "arXiv": "https://arxiv.org/abs/",
    }
    if identifier.scheme == "DOI":
        return doi_url(value)
    if identifier.scheme in resolvers:
        return resolvers[identifier.scheme] + quote(value, safe="/:;=@,.~-_%")
    return value if identifier.scheme == "URL" else ""


def named(identifier: Identifier) -> str:
    """Return the address of an identifier, or what it says itself where nothing resolves it."""
    return identifier_url(identifier) or identifier.value


def page_or_doi(record: Record) -> str:
    """Return the address by which a record is cited."""
    return identifier_url(main_identifier(record))


def day_text(at: date | datetime) -> str:
    """Return a date as 2016-09-14, a moment (in UTC) as 2016-09-14T12:00:00Z."""
    if isinstance(at, datetime):
        return at.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    return at.isoformat()


def issued(record: Record) -> str:
    """Return when it was published as far as that is known: 2016, 2016-09 or 2016-09-14; empty if it is not."""
    if record.published_on is None:
        return ""
    return record.published_on.isoformat()[: _PERIODS[record.published_precision]]


def moments(record: Record) -> tuple[Moment, ...]:
    """Return the record's dates, when it was issued first; the end of an embargo is when it becomes available."""
    of_record = [Moment(day.kind, day_text(day.at), day.note) for day in record.days]
    if record.published_on is not None:
        of_record = [one for one in of_record if one.kind != "Issued"]
        of_record.insert(0, Moment("Issued", issued(record), ""))
    if record.access == "embargoed" and record.embargo_until is not None:
        of_record = [one for one in of_record if one.kind != "Available"]
        of_record.append(Moment("Available", record.embargo_until.isoformat(), ""))
    return tuple(dict.fromkeys(sorted(of_record, key=lambda one: one.kind != "Issued")))


def year(record: Record) -> str:
    """Return the year for formats that demand one: of publication, else the first date that is known at all.

    That is the rule of the OpenAIRE guidelines for literature repositories: one date is better than none.
    """
    known = [one.text for one in moments(record)]
    return (known[0] if known else day_text(record.created_at))[:4]


def family_first(person: Person) -> str:
    """Return "Family, Given" where the parts are known, the name as it is shown otherwise."""
    if not person.family:
        return person.name
    return f"{person.family}, {person.given}" if person.given else person.family


def type_words(record: Record) -> str:
    """Return the type in free words: "Computational notebook" where nothing better is known."""
    return record.type_words or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", record.resource_type).capitalize()


def summary(record: Record, site: Site) -> str:
    """Return the description, or a sentence of what is known where there is none."""
    return record.description or f"{type_words(record)} “{record.title}”, in the catalogue of {site.name}."


def sizes(record: Record) -> tuple[str, ...]:
    """Return how much it is, in words that DataCite and OpenAIRE take."""
    counted = (f"{len(record.files)} file{'s' if len(record.files) > 1 else ''}",) if record.files else ()
    return ((f"{record.size_bytes} bytes",) if record.size_bytes is not None else ()) + counted


def media_types(record: Record) -> tuple[str, ...]:
    """Return the media types of the record's files, each once."""
    return tuple(dict.fromkeys(one.media_type for one in record.files if one.media_type))


def citation(record: Record) -> str:
    """Return how to cite it in one line, after DataCite's recommendation: who (when): what. Where. Address."""
    names = "; ".join(family_first(one) for one in record.creators)
    when = f" ({known[:4]})" if (known := issued(record)) else ""
    version = f" (Version {record.version})" if record.version else ""
    where = record.venue or (record.publisher.name if record.publisher else "")
    head = f"{names}{when}: " if names or when else ""
    return f"{head}{record.title}{version}. {where + '. ' if where else ''}{page_or_doi(record)}".strip()
