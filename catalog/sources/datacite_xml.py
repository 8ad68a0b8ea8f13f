"""Read DataCite's XML of any kernel as the attributes that DataCite's REST API gives, and Dublin Core likewise.

Formats: https://schema.datacite.org/meta/kernel-4/ and https://www.openarchives.org/OAI/2.0/oai_dc.xsd. Elements are
known by their local names, since each kernel has a namespace of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from catalog.sources import tolerant

MOST_ELEMENTS: Final = 50_000
MOST_DEPTH: Final = 100


def parse_xml(body: bytes) -> Element | None:
    """Return the root of an XML document, or None when it cannot be read, uses a DTD, or is too large or too deep."""
    # Records are flat; what is deep is none, and is not worth being parsed.
    if not _is_flat(body):
        return None
    try:
        root: Element = ElementTree.fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root if sum(1 for _ in root.iter()) <= MOST_ELEMENTS else None


def _is_flat(body: bytes) -> bool:
    depth = 0
    for count, match in enumerate(re.finditer(rb"<(/?)[A-Za-z_][^<>]{0,4000}?(/?)>", body)):
        if match[1]:
            depth -= 1
        elif not match[2]:
            depth += 1
        if depth > MOST_DEPTH or count > 2 * MOST_ELEMENTS:
            return False
    return True


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def first(element: Element, name: str) -> Element | None:
    """Return the first descendant of that local name, or None."""
    return next((one for one in element.iter() if local(one) == name), None)


def attributes_of_datacite(resource: Element) -> dict[str, object]:
    """Return the attributes of a <resource>."""
    kind = _child(resource, "resourceType")
    publisher = _child(resource, "publisher")
    return {
        "doi": _text(_child(resource, "identifier")),
        "titles": [
            {"title": _text(one), "titleType": one.get("titleType")} for one in _grandchildren(resource, "titles")
        ],
        "creators": [_creator(one) for one in _grandchildren(resource, "creators")],
        "publisher": {
            "name": _text(publisher),
            "publisherIdentifier": publisher.get("publisherIdentifier") if publisher is not None else None,
        },
        "publicationYear": _text(_child(resource, "publicationYear")),
        "dates": [{"date": _text(one), "dateType": one.get("dateType")} for one in _grandchildren(resource, "dates")],
        "types": {"resourceTypeGeneral": kind.get("resourceTypeGeneral") if kind is not None else None},
        "version": _text(_child(resource, "version")),
        "subjects": [
            {"subject": _text(one), "valueUri": one.get("valueURI"), "subjectScheme": one.get("subjectScheme")}
            for one in _grandchildren(resource, "subjects")
        ],
        "rightsList": [
            {"rights": _text(one), "rightsUri": one.get("rightsURI"), "rightsIdentifier": one.get("rightsIdentifier")}
            for one in _grandchildren(resource, "rightsList")
        ],
        "descriptions": [
            {"description": _text(one), "descriptionType": one.get("descriptionType")}
            for one in _grandchildren(resource, "descriptions")
        ],
        "relatedIdentifiers": [
            {
                "relationType": one.get("relationType"),
                "relatedIdentifier": _text(one),
                "resourceTypeGeneral": one.get("resourceTypeGeneral"),
            }
            for one in _grandchildren(resource, "relatedIdentifiers")
        ],
        "fundingReferences": [
            {
                "funderName": _text(_child(one, "funderName")),
                "funderIdentifier": _text(_child(one, "funderIdentifier")),
                "awardNumber": _text(_child(one, "awardNumber")),
                "awardTitle": _text(_child(one, "awardTitle")),
            }
            for one in _grandchildren(resource, "fundingReferences")
        ],
    }


def attributes_of_dublin_core(record: Element) -> dict[str, object]:
    """Return the attributes of an <oai_dc:dc>; what it says less exactly than DataCite is left out, not guessed."""
    values: dict[str, list[str]] = {}
    for one in list(record)[: tolerant.MAX_CREATORS]:
        if text := _text(one):
            values.setdefault(local(one), []).append(text)
    dois = [found for text in values.get("identifier", []) if (found := tolerant.doi(text))]
    addresses = [found for text in values.get("identifier", []) if (found := tolerant.web_address(text))]
    dates = values.get("date", [])
    kind = next((text for text in values.get("type", []) if text.lower() in {"dataset", "software", "image"}), "")
    return {
        "doi": dois[0] if dois else "",
        "url": addresses[0] if addresses else "",
        "titles": [{"title": text} for text in values.get("title", [])],
        "creators": [{"name": text} for text in values.get("creator", [])],
        "publisher": values.get("publisher", [None])[0],
        # With several dates nothing tells which is which.
        "dates": [{"date": dates[0], "dateType": "Issued"}] if len(dates) == 1 else [],
        "types": {"resourceTypeGeneral": kind.capitalize()},
        "subjects": [{"subject": text} for text in values.get("subject", [])],
        "rightsList": [{"rights": text, "rightsUri": text} for text in values.get("rights", [])],
        "descriptions": [
            {"description": text, "descriptionType": "Abstract"} for text in values.get("description", [])[:1]
        ],
        "relatedIdentifiers": [
            {"relationType": "References", "relatedIdentifier": text} for text in values.get("relation", [])
        ],
    }


def _creator(creator: Element) -> dict[str, object]:
    name = _child(creator, "creatorName")
    return {
        "name": _text(name),
        "nameType": name.get("nameType") if name is not None else None,
        "givenName": _text(_child(creator, "givenName")),
        "familyName": _text(_child(creator, "familyName")),
        "nameIdentifiers": [{"nameIdentifier": _text(one)} for one in _children(creator, "nameIdentifier")],
        "affiliation": [
            {"name": _text(one), "affiliationIdentifier": one.get("affiliationIdentifier")}
            for one in _children(creator, "affiliation")
        ],
    }


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (one for one in parent if local(one) == name)


def _child(parent: Element, name: str) -> Element | None:
    return next(_children(parent, name), None)


def _grandchildren(parent: Element, name: str) -> list[Element]:
    group = _child(parent, name)
    return list(group)[: tolerant.MAX_CREATORS] if group is not None else []


def _text(element: Element | None) -> str:
    return "".join(element.itertext())[: 5 * tolerant.MAX_ABSTRACT].strip() if element is not None else ""
