"""Where the RO-Crate of a record's evidence lies, in a few words of XML that OAI-PMH can carry.

There is no common schema for it; ours is docs/schemas/ro-crate-link-1.0.xsd.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from catalog.exposure.documents import child, root, xml_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.ro_crate import PROFILE
from catalog.exposure.ro_crate import is_for as is_for
from catalog.exposure.words import page_or_doi

NAME: Final = "ro_crate_link"
SUFFIX: Final = "ro-crate.xml"
MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "https://github.com/reprise-science/reprise/ns/ro-crate-link/1.0"
SCHEMA: Final = "https://raw.githubusercontent.com/reprise-science/reprise/main/docs/schemas/ro-crate-link-1.0.xsd"
VERSION: Final = 1
_METADATA: Final = "ro-crate-metadata.json"


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return xml_document(element(record, site))


def element(record: Record, site: Site) -> etree._Element:
    """Return the root, to be put into a reply: the crate's metadata, its archive, and the record that it is about."""
    record = plain(record)
    crate = root("crate", NAMESPACE, SCHEMA)
    child(crate, "metadata", href=record.crate_url, type="application/ld+json", profile=PROFILE)
    if record.crate_url.endswith(f"/{_METADATA}"):
        archive = record.crate_url.removesuffix(_METADATA) + "crate.zip"
        child(crate, "archive", href=archive, type="application/zip")
    child(crate, "about", href=record.url, identifier=page_or_doi(record))
    return crate
