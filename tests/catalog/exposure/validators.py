"""The official schemas as judges of what the formats say; tests/schemas/README.md tells where each is from."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import datacite
import jsonschema
import pyshacl
import rdflib
import yaml
from lxml import etree

from catalog.exposure.formats import Format

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "schemas"
_XSD: Final = {
    "oai_dc": "oai-pmh/oai_dc.xsd",
    "datacite": "datacite-4.7/metadata.xsd",
    "oai_datacite": "oai/oai_datacite11.xsd",
    "oai_openaire": "openaire-4.0/openaire.xsd",
    "ro_crate_link": "../../docs/schemas/ro-crate-link-1.0.xsd",
    "sitemap": "sitemap/sitemap.xsd",
    "siteindex": "sitemap/siteindex.xsd",
}


class _Local(etree.Resolver):
    """Finds the schema of xml:lang here, whichever of its addresses at w3.org is asked for."""

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        if system_url.startswith("http") and system_url.endswith("/xml.xsd"):
            return self.resolve_filename(str(SCHEMAS / "datacite-4.7/include/xml.xsd"), context)
        return None


@cache
def xml_schema(name: str) -> etree.XMLSchema:
    """Return an official XML schema by the name of its format."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(str(SCHEMAS / _XSD[name]), parser))


def parsed_xml(written: bytes) -> etree._Element:
    return etree.fromstring(written, etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True))


def assert_xml_valid(name: str, written: bytes) -> None:
    """Fail unless the document is well-formed and valid; what stands in an envelope is judged by its own schema."""
    root = parsed_xml(written)
    xml_schema(name).assertValid(root)
    if name == "oai_datacite":
        payload = root.find("{*}payload")
        xml_schema("datacite").assertValid(copy.deepcopy(payload[0]))


@cache
def _json_validator(name: str) -> jsonschema.protocols.Validator:
    if name == "datacite_json":
        schema = _datacite_schema()
    else:
        path = {
            "csl_json": "csl/csl-data.json",
            "citation_cff": "cff/cff-1.2.0.schema.json",
            "prov": "prov/prov-json.schema.json",
        }[name]
        schema = json.loads((SCHEMAS / path).read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def _datacite_schema() -> dict[str, Any]:
    """Return DataCite's own JSON schema, which is of 4.5, with the lists of words of 4.7 out of its XML schema."""
    text = Path(datacite.__file__).with_name("schemas").joinpath("datacite-v4.5.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    for name, file in (
        ("resourceTypeGeneral", "resourceType"),
        ("relationType", "relationType"),
        ("relatedIdentifierType", "relatedIdentifierType"),
    ):
        newer = (SCHEMAS / f"datacite-4.7/include/datacite-{file}-v4.xsd").read_text(encoding="utf-8")
        schema["definitions"][name]["enum"] = re.findall(r'<xs:enumeration value="([^"]+)"', newer)
    return schema


def assert_json_valid(name: str, document: object) -> None:
    """Fail unless the document keeps the JSON schema of its format."""
    _json_validator(name).validate(document)


@cache
def _shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(SCHEMAS / "dcat-ap/shapes.ttl")


def assert_dcat_valid(written: bytes, syntax: str) -> None:
    """Fail unless the graph keeps the official shapes of DCAT-AP."""
    graph = rdflib.Graph().parse(data=written, format=syntax)
    conforms, _, report = pyshacl.validate(graph, shacl_graph=_shapes(), advanced=False)
    assert conforms, report


def assert_scholix_links(document: object) -> None:
    """Fail unless it is a list of links with what Scholix 4 demands of each (https://zenodo.org/records/6351557)."""
    assert isinstance(document, list)
    for link in document:
        assert link.keys() >= {"LinkPublicationDate", "LinkProvider", "RelationshipType", "Source", "Target"}
        assert all(isinstance(one["name"], str) and one["name"] for one in link["LinkProvider"])
        assert link["RelationshipType"]["Name"] in {
            "IsSupplementTo",
            "IsSupplementedBy",
            "References",
            "IsReferencedBy",
            "IsRelatedTo",
        }
        ends = (link["Target"], *(link["Source"]["Identifier"]))
        assert all(end for end in ends)


_JUDGES: Final[dict[str, Callable[[bytes], None]]] = {
    "datacite_json": lambda written: assert_json_valid("datacite_json", json.loads(written)),
    "csl_json": lambda written: assert_json_valid("csl_json", json.loads(written)),
    "prov": lambda written: assert_json_valid("prov", json.loads(written)),
    "scholix": lambda written: assert_scholix_links(json.loads(written)),
    "citation_cff": lambda written: assert_json_valid("citation_cff", yaml.safe_load(written)),
    "dcat_ap": lambda written: assert_dcat_valid(written, "turtle"),
    "dcat_ap_json": lambda written: assert_dcat_valid(written, "json-ld"),
}


def assert_valid(format_: Format, written: bytes) -> None:
    """Fail unless what was written is valid by the official schema of its format, or well-formed where it has none."""
    if hasattr(format_, "element"):
        assert_xml_valid(format_.NAME, written)
    elif format_.NAME in _JUDGES:
        _JUDGES[format_.NAME](written)
    elif "json" in format_.MEDIA_TYPE:
        assert isinstance(json.loads(written), dict)
    else:
        written.decode()
