"""Unqualified Dublin Core, which every repository speaks (http://www.openarchives.org/OAI/openarchivesprotocol.html)."""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from catalog.exposure.record import Record, Site

NAME: Final = "oai_dc"
NAMESPACE: Final = "http://www.openarchives.org/OAI/2.0/oai_dc/"
SCHEMA: Final = "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def is_for(_record: Record) -> bool:
    """Every record can be said in it."""
    return True


def element(record: Record, _site: Site) -> Any:  # noqa: ANN401 - lxml has no types
    """Return the record's `oai_dc:dc`."""
    root = etree.Element(f"{{{NAMESPACE}}}dc", nsmap={"oai_dc": NAMESPACE, "dc": _DC, "xsi": _XSI})
    root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    texts = [("title", record.title)]
    texts += [("creator", person.name) for person in record.creators]
    texts += [("subject", each.text) for each in (*record.techniques, *record.subjects)]
    texts += [("description", record.description), ("publisher", record.publisher.name if record.publisher else "")]
    texts += [("date", record.published_on.isoformat() if record.published_on else ""), ("type", record.resource_type)]
    texts += [("identifier", record.url), ("identifier", f"https://doi.org/{record.doi}" if record.doi else "")]
    texts += [("relation", each.identifier.value) for each in record.relations]
    texts += [("rights", record.licence.url or record.licence.name if record.licence else "")]
    for name, text in texts:
        if text:
            etree.SubElement(root, f"{{{_DC}}}{name}").text = text
    return root


def write(record: Record, site: Site) -> bytes:
    """Return the record as a document of its own."""
    written: bytes = etree.tostring(element(record, site), xml_declaration=True, encoding="UTF-8")
    return written
