"""Answers judged by the official schemas, in their strict form: metadata have to be valid by their own."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from catalog.exposure.harvested import FORMATS
from tests.catalog.exposure.validators import assert_xml_valid

_SCHEMAS: Final = Path(__file__).resolve().parents[2] / "schemas"
# One line for the schema of each format that is harvested, and of each description.
_KNOWN: Final = {
    "http://www.openarchives.org/OAI/2.0/": "oai-pmh/OAI-PMH.xsd",
    "http://www.openarchives.org/OAI/2.0/oai_dc/": "oai-pmh/oai_dc.xsd",
    "http://www.openarchives.org/OAI/2.0/oai-identifier": "oai-pmh/oai-identifier.xsd",
    "http://www.openarchives.org/OAI/2.0/provenance": "oai-pmh/provenance.xsd",
}
_FORMATS: Final = {each.namespace: each.prefix for each in FORMATS.values()}
_PLAIN: Final = f'<dc xmlns="{next(space for space in _KNOWN if space.endswith("oai_dc/"))}"/>'
NAMES: Final = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "i": "http://www.openarchives.org/OAI/2.0/oai-identifier",
    "p": "http://www.openarchives.org/OAI/2.0/provenance",
}


class _Local(etree.Resolver):
    """Gives the copy of the one schema that another names by an address."""

    def resolve(self, url: str, _id: str, context: object) -> object:
        if url.startswith("http"):
            assert url.endswith("/xml.xsd"), url
            return self.resolve_filename(str(_SCHEMAS / "oai-pmh" / "xml.xsd"), context)
        return None


@cache
def _schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    imports = "".join(
        f'<import namespace="{space}" schemaLocation="{(_SCHEMAS / name).as_uri()}"/>' for space, name in _KNOWN.items()
    )
    every = f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{imports}</schema>'
    return etree.XMLSchema(etree.fromstring(every.encode(), parser))


def valid(answer: bytes) -> etree._Element:
    """Return the root of an answer. Fails where it is not valid by the schemas.

    Two formats bring different releases of one namespace, so each record is judged by its own format's schema alone,
    and the envelope with a record of simple Dublin Core in its place.
    """
    root = etree.fromstring(answer, etree.XMLParser(no_network=True, resolve_entities=False))
    envelope = copy.deepcopy(root)
    for metadata in envelope.iter(f"{{{NAMES['o']}}}metadata"):
        space = etree.QName(metadata[0]).namespace
        if space not in _KNOWN:
            assert_xml_valid(_FORMATS[str(space)], etree.tostring(metadata[0]))
            metadata[0] = etree.fromstring(_PLAIN)
    schema = _schema()
    assert schema.validate(envelope), f"{schema.error_log}\n{answer.decode()[:3000]}"
    return root


def texts(root: etree._Element, path: str) -> list[str]:
    """Return what an XPath finds, as texts."""
    return [str(getattr(each, "text", each)) for each in root.xpath(path, namespaces=NAMES)]
