"""Dublin Core as OAI-PMH demands it of every repository (http://www.openarchives.org/OAI/2.0/oai_dc.xsd)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from catalog.exposure.documents import XML_LANG, child, root, xml_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.words import (
    ACCESS,
    family_first,
    identifier_url,
    issued,
    main_identifier,
    media_types,
    named,
    other_identifiers,
    type_words,
)

NAME: Final = "oai_dc"
SUFFIX: Final = "oai_dc.xml"
MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA: Final = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
VERSION: Final = 1
_DC: Final = "http://purl.org/dc/elements/1.1/"


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return xml_document(element(record, site))


def element(record: Record, site: Site) -> etree._Element:
    """Return the root, to be put into a reply."""
    record = plain(record)
    dc = root("dc", NAMESPACE, SCHEMA, oai_dc=NAMESPACE, dc=_DC)
    for name, texts in _texts(record):
        for text in dict.fromkeys(text for text in texts if text):
            child(dc, f"{{{_DC}}}{name}", text, **({XML_LANG: record.language} if name == "title" else {}))
    return dc


def _texts(record: Record) -> list[tuple[str, list[str]]]:
    topics = (*record.techniques, *record.subjects)
    identifiers = (main_identifier(record), *other_identifiers(record))
    licence = record.licence
    return [
        ("title", [record.title]),
        ("creator", [family_first(one) for one in record.creators]),
        ("subject", [text for topic in topics for text in (topic.text, topic.uri)]),
        ("description", [record.description]),
        ("publisher", [record.publisher.name if record.publisher else ""]),
        ("contributor", [*(family_first(one) for one in record.contributors), *_facility(record)]),
        ("date", [issued(record), _embargo(record)]),
        ("type", [record.resource_type, type_words(record)]),
        ("format", list(media_types(record))),
        ("identifier", [named(one) for one in identifiers]),
        ("source", [record.venue, *(one.name for one in record.instruments)]),
        ("language", [record.language]),
        ("relation", [*(identifier_url(one.identifier) or one.identifier.value for one in record.relations)]),
        ("rights", [ACCESS[record.access].eu_repo, *((licence.name, licence.url) if licence else ())]),
    ]


def _facility(record: Record) -> list[str]:
    return [record.facility.name] if record.facility else []


def _embargo(record: Record) -> str:
    """Return the end of an embargo in the words that OpenAIRE's guidelines for repositories give it."""
    is_embargoed = record.access == "embargoed" and record.embargo_until is not None
    return f"info:eu-repo/date/embargoEnd/{record.embargo_until:%Y-%m-%d}" if is_embargoed else ""
