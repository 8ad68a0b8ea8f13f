"""DCAT-AP 3.0.1 in Turtle (https://semiceu.github.io/DCAT-AP/releases/3.0.1/): a dataset in this catalogue."""

from __future__ import annotations

from typing import Final

from catalog.exposure import rdf
from catalog.exposure.plain import plain
from catalog.exposure.rdf import Iri, Literal, Node
from catalog.exposure.record import File, Organisation, Person, Record, Site
from catalog.exposure.words import (
    ACCESS,
    MOST_FILES,
    day_text,
    identifier_url,
    issued,
    main_identifier,
    named,
    other_identifiers,
    page_or_doi,
    summary,
)

NAME: Final = "dcat_ap"
SUFFIX: Final = "ttl"
MEDIA_TYPE: Final = "text/turtle"
PREFIXES: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_PRECISIONS: Final = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
_RELATIONS: Final = {
    "IsReferencedBy": "dcterms:isReferencedBy",
    "IsCitedBy": "dcterms:isReferencedBy",
    "IsDerivedFrom": "dcterms:source",
    "IsCompiledBy": "prov:wasDerivedFrom",
    "HasVersion": "dcterms:hasVersion",
    "IsDocumentedBy": "foaf:page",
}
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_LANGUAGES: Final = "http://id.loc.gov/vocabulary/iso639-1/"


def is_for(record: Record) -> bool:
    """What can be taken as data has it: datasets and collections of notebooks."""
    return record.kind in {"dataset", "notebooks"}


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return rdf.turtle(graph(record, site), PREFIXES)


def graph(record: Record, site: Site) -> list[Node]:
    """Return the catalogue, the record that it keeps, and the dataset with its distributions."""
    record = plain(record)
    dataset = _dataset(record, site)
    entry = Node(("dcat:CatalogRecord",), record.url + "#record")
    entry.say("foaf:primaryTopic", Iri(dataset.iri))
    entry.say("dcterms:issued", _moment(day_text(record.created_at)))
    entry.say("dcterms:modified", _moment(day_text(record.updated_at)))
    catalogue = Node(("dcat:Catalog",), site.url + "/")
    catalogue.say("dcterms:title", Literal(site.name))
    catalogue.say("dcterms:description", Literal(site.description or site.name))
    catalogue.say("dcterms:publisher", _organisation(site.operator or Organisation(site.name)))
    catalogue.say("dcat:dataset", Iri(dataset.iri))
    catalogue.say("dcat:record", Iri(entry.iri))
    return [catalogue, entry, dataset]


def _dataset(record: Record, site: Site) -> Node:
    dataset = Node(("dcat:Dataset",), page_or_doi(record))
    dataset.say("dcterms:title", Literal(record.title))
    dataset.say("dcterms:description", Literal(summary(record, site)))
    identifiers = (main_identifier(record), *other_identifiers(record))
    dataset.say("dcterms:identifier", *(Literal(named(one)) for one in identifiers))
    dataset.say("dcterms:creator", *(_person(one) for one in record.creators))
    dataset.say(
        "prov:wasAttributedTo", *(Iri(f"https://orcid.org/{one.orcid}") for one in record.creators if one.orcid)
    )
    dataset.say("dcterms:publisher", _organisation(record.publisher) if record.publisher else None)
    known = issued(record)
    dataset.say("dcterms:issued", Literal(known, _PRECISIONS[len(known)]) if known else None)
    dataset.say("dcterms:accessRights", _access(record))
    dataset.say("dcat:landingPage", Node(("foaf:Document",), record.url) if record.doi else Iri(record.url))
    dataset.say("dcat:keyword", *(Literal(one.text) for one in (*record.techniques, *record.subjects)))
    dataset.say("dcat:theme", *(rdf.iri(one.uri) for one in (*record.techniques, *record.subjects)))
    dataset.say("dcterms:language", rdf.iri(_LANGUAGES + record.language if len(record.language) == 2 else ""))
    dataset.say("dcat:version", rdf.literal(record.version))
    for one in record.relations:
        dataset.say(_RELATIONS.get(one.relation, "dcterms:relation"), rdf.iri(identifier_url(one.identifier)))
    files: tuple[File | None, ...] = record.files[:MOST_FILES] or (None,)
    dataset.say("dcat:distribution", *(_distribution(one, record) for one in files))
    return dataset


def _distribution(one: File | None, record: Record) -> Node:
    """Return a file; where none is known the page stands for whatever there is, so that the terms are said."""
    node = Node(("dcat:Distribution",))
    node.say("dcat:accessURL", Iri(record.url))
    node.say("dcterms:license", _licence(record))
    if one is None:
        return node
    node.say("dcterms:title", Literal(one.path))
    node.say("dcat:downloadURL", rdf.iri(one.url))
    node.say("dcat:mediaType", rdf.iri(_MEDIA_TYPES + one.media_type if one.media_type else ""))
    size = "" if one.size_bytes is None else str(one.size_bytes)
    node.say("dcat:byteSize", rdf.literal(size, "xsd:nonNegativeInteger"))
    name, digest = ("sha256", one.sha256) if one.sha256 else ("md5", one.md5)
    if digest:
        checksum = Node(("spdx:Checksum",))
        checksum.say("spdx:algorithm", Iri(f"http://spdx.org/rdf/terms#checksumAlgorithm_{name}"))
        checksum.say("spdx:checksumValue", Literal(digest, "xsd:hexBinary"))
        node.say("spdx:checksum", checksum)
    return node


def _person(one: Person) -> Node:
    node = Node(("foaf:Agent",) if one.is_group else ("foaf:Agent", "foaf:Person"))
    node.iri = f"https://orcid.org/{one.orcid}" if one.orcid else ""
    node.say("foaf:name", Literal(one.name))
    return node


def _organisation(one: Organisation) -> Node:
    node = Node(("foaf:Agent", "foaf:Organization"), one.ror)
    node.say("foaf:name", Literal(one.name))
    return node


def _access(record: Record) -> Node | None:
    address = ACCESS[record.access].eu
    return Node(("dcterms:RightsStatement",), address) if address else None


def _licence(record: Record) -> Node | None:
    licence = record.licence
    if licence is None:
        return None
    spdx = f"https://spdx.org/licenses/{licence.spdx}" if licence.spdx else ""
    node = Node(("dcterms:LicenseDocument",), licence.url or spdx)
    node.say("dcterms:title", Literal(licence.name))
    return node


def _moment(text: str) -> Literal:
    return Literal(text, "xsd:dateTime")
