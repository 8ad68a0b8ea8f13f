"""What may be said of a record in any format: no sign that XML forbids, no address but of the web, no identifier that
is none.

Every format begins with it, so that a hostile text says the same in each of them, or nothing in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import quote, urlsplit

from catalog.causes import CausedError
from catalog.exposure.record import (
    Day,
    File,
    Funding,
    Identifier,
    Instrument,
    Licence,
    Organisation,
    Outcome,
    Person,
    Record,
    Relation,
    Software,
    Subject,
)
from catalog.identifiers import parse_doi, parse_orcid, parse_ror

# XML 1.0 (fifth edition) 2.2, without the C1 controls, which it allows and discourages, and without noncharacters.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._~%-]+@)?(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_STRAY_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_ADDRESS_SIGNS: Final = "/:?@!$&'()*+,;=~-._%"
_SWHID: Final = re.compile(r"swh:1:(?:cnt|dir|rev|rel|snp):[0-9a-f]{40}(?:;[\x21-\x7e]+)?")
_LANGUAGE: Final = re.compile("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_SPDX: Final = re.compile("[A-Za-z0-9][A-Za-z0-9.+-]*")
_SHA256: Final = re.compile("[0-9a-f]{64}")
_MD5: Final = re.compile("[0-9a-f]{32}")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")

_Part = TypeVar("_Part")


def line(text: str) -> str:
    """Return `text` in one line, with single spaces and without what XML forbids."""
    # What prints holds nothing that XML forbids, and no space but U+0020.
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text
    return " ".join(_FORBIDDEN.sub("", text).split())


def paragraphs(text: str) -> str:
    """Return `text` line by line as `line` gives each, without empty lines at its ends."""
    return "\n".join(line(one) for one in _FORBIDDEN.sub("", text).splitlines()).strip("\n")


@lru_cache(maxsize=4096)
def address(text: str) -> str:
    """Return an address of the web with every sign quoted that RFC 3986 does not allow there; empty if it is none."""
    text = line(text)
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        return ""
    path, query, fragment = (
        _STRAY_PERCENT.sub("%25", quote(part, safe=_ADDRESS_SIGNS))
        for part in (parts.path, parts.query, parts.fragment)
    )
    return (
        f"{parts.scheme}://{parts.netloc}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    )


@lru_cache(maxsize=512)
def plain(record: Record) -> Record:
    """Return `record` as every format may say it; a part without the name that it needs is left out."""
    description = paragraphs(record.description)
    return replace(
        record,
        url=address(record.url),
        title=line(record.title) or line(record.key),
        doi=_doi(record.doi),
        type_words=line(record.type_words),
        description=description,
        creators=_each(record.creators, _person),
        contributors=_each(record.contributors, _person),
        publisher=_organisation(record.publisher),
        venue=line(record.venue),
        days=_each(record.days, _day),
        language=_only(_LANGUAGE, record.language),
        version=line(record.version),
        licence=_licence(record.licence) if record.licence else None,
        subjects=_each(record.subjects, _subject),
        techniques=_each(record.techniques, _subject),
        facility=_organisation(record.facility),
        instruments=_each(record.instruments, _instrument),
        identifiers=_each(record.identifiers, _identifier),
        relations=_each(record.relations, _relation),
        funding=_each(record.funding, _funding),
        files=_each(record.files, _file),
        code_repository=address(record.code_repository),
        commit=line(record.commit),
        programming_language=line(record.programming_language),
        software=_each(record.software, _software),
        outcomes=_each(record.outcomes, _outcome),
        crate_url=address(record.crate_url),
    )


def _each(parts: Iterable[_Part], clean: Callable[[_Part], _Part | None]) -> tuple[_Part, ...]:
    """Return what is left of `parts`, each once, in their order."""
    return tuple(dict.fromkeys(part for part in map(clean, parts) if part is not None))


def _only(form: re.Pattern[str], text: str) -> str:
    text = line(text)
    return text if form.fullmatch(text) else ""


@lru_cache(maxsize=4096)
def _parsed(parse: Callable[[str], str], text: str) -> str:
    try:
        return parse(line(text)) if text else ""
    except CausedError:
        return ""


def _doi(text: str) -> str:
    return _parsed(parse_doi, text)


def _organisation(one: Organisation | None) -> Organisation | None:
    name = line(one.name) if one else ""
    return Organisation(name, _parsed(parse_ror, one.ror)) if one and name else None


def _person(one: Person) -> Person | None:
    given, family = line(one.given), line(one.family)
    name = line(one.name) or f"{given} {family}".strip()
    if not name:
        return None
    affiliations = _each(one.affiliations, _organisation)
    orcid = _parsed(parse_orcid, one.orcid)
    if one.is_group or not family:
        given = family = ""
    return replace(one, name=name, given=given, family=family, orcid=orcid, affiliations=affiliations)


def _subject(one: Subject) -> Subject | None:
    text = line(one.text)
    return Subject(text, address(one.uri), line(one.scheme), address(one.scheme_uri)) if text else None


def _instrument(one: Instrument) -> Instrument | None:
    name = line(one.name)
    return Instrument(name, _doi(one.pid) or line(one.pid), _organisation(one.facility)) if name else None


def _licence(one: Licence) -> Licence | None:
    spdx, url = _only(_SPDX, one.spdx), address(one.url)
    name = line(one.name) or spdx or url
    return Licence(name, url, spdx) if name else None


def _identifier(one: Identifier) -> Identifier | None:
    if one.scheme == "DOI":
        value = _doi(one.value)
    elif one.scheme == "URL":
        value = address(one.value)
    elif one.scheme == "SWHID":
        value = _only(_SWHID, one.value)
    else:
        value = quote(line(one.value), safe=_ADDRESS_SIGNS)
    return Identifier(one.scheme, value) if value else None


def _relation(one: Relation) -> Relation | None:
    identifier = _identifier(one.identifier)
    if identifier is None:
        return None
    return replace(one, identifier=identifier, title=line(one.title), file=_file(one.file) if one.file else None)


def _funding(one: Funding) -> Funding | None:
    funder = line(one.funder)
    if not funder:
        return None
    return Funding(funder, address(one.identifier), line(one.award), line(one.award_title))


def _file(one: File) -> File | None:
    path = line(one.path)
    if not path:
        return None
    media_type = _only(_MEDIA_TYPE, one.media_type)
    sha256, md5 = _only(_SHA256, one.sha256.lower()), _only(_MD5, one.md5.lower())
    return File(path, one.size_bytes, media_type, sha256, md5, address(one.url))


def _software(one: Software) -> Software | None:
    name = line(one.name)
    return Software(name, line(one.version), line(one.purl)) if name else None


def _day(one: Day) -> Day:
    return replace(one, note=line(one.note))


def _outcome(one: Outcome) -> Outcome | None:
    return replace(one, claim=line(one.claim), sentence=line(one.sentence), rung=line(one.rung), url=address(one.url))
