"""DataCite's metadata in the envelope that its own OAI-PMH service gives it (version 1.1), which B2FIND reads."""

from __future__ import annotations

from typing import Final

from lxml import etree

from catalog.exposure import datacite_xml
from catalog.exposure.documents import child, root, xml_document
from catalog.exposure.record import Record, Site

NAME: Final = "oai_datacite"
SUFFIX: Final = "oai_datacite.xml"
MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "http://schema.datacite.org/oai/oai-1.1/"
SCHEMA: Final = "http://schema.datacite.org/oai/oai-1.1/oai.xsd"
VERSION: Final = 1
KERNEL: Final = "4.7"


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return xml_document(element(record, site))


def element(record: Record, site: Site) -> etree._Element:
    """Return the root; a service that is no repository of DataCite's is named by its host."""
    envelope = root("oai_datacite", NAMESPACE, SCHEMA)
    child(envelope, "schemaVersion", KERNEL)
    child(envelope, "datacentreSymbol", site.datacite_symbol or site.domain)
    child(envelope, "payload").append(datacite_xml.element(record, site))
    return envelope
