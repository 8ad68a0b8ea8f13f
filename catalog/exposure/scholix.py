"""Scholix 4 (http://www.scholix.org): the links between literature and data, one package for each."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Identifier, Record, Relation, Site
from catalog.exposure.words import (
    PUBLIC_METADATA,
    identifier_url,
    issued,
    main_identifier,
    named,
    other_identifiers,
)

NAME: Final = "scholix"
SUFFIX: Final = "scholix.json"
MEDIA_TYPE: Final = "application/json"
_LITERATURE: Final = frozenset(
    {"JournalArticle", "ConferencePaper", "ConferenceProceeding", "Preprint", "Book", "BookChapter", "Dissertation"}
    | {"Report", "PeerReview", "DataPaper", "Text"}
)
_DATA: Final = frozenset(["Dataset", "ComputationalNotebook", "Software", "Workflow", "Image", "Collection", "Model"])
_NAMES: Final = frozenset({"IsSupplementTo", "IsSupplementedBy", "References", "IsReferencedBy"})
_SUBTYPES: Final = "https://schema.datacite.org/meta/kernel-4.7/metadata.xsd"


def is_for(record: Record) -> bool:
    """A record has it that is related to something, if both are known to be literature or data."""
    return bool(_linked(record))


def write(record: Record, site: Site) -> bytes:
    """Return the list of its packages."""
    record = plain(record)
    return json_document([_package(record, one, site) for one in _linked(record)])


def _linked(record: Record) -> tuple[Relation, ...]:
    return tuple(one for one in plain(record).relations if _type(record.resource_type) and _type(one.resource_type))


def _type(resource_type: str) -> str:
    """Return the kind of object in the words of Scholix, which has two; what is run is data there."""
    if resource_type in _LITERATURE:
        return "literature"
    return "dataset" if resource_type in _DATA else ""


def _package(record: Record, one: Relation, site: Site) -> dict[str, Any]:
    is_named = one.relation in _NAMES
    return {
        "LinkPublicationDate": record.updated_at.date().isoformat(),
        "LinkProvider": [{"name": site.name, "identifier": [{"ID": site.url, "IDScheme": "URL", "IDURL": site.url}]}],
        "LicenseURL": PUBLIC_METADATA,
        "RelationshipType": {
            "Name": one.relation if is_named else "IsRelatedTo",
            "SubType": "" if is_named else one.relation,
            "SubTypeSchema": "" if is_named else _SUBTYPES,
        },
        "Source": {
            "Identifier": [_identifier(each) for each in (main_identifier(record), *other_identifiers(record))],
            "Type": {"Name": _type(record.resource_type), "SubType": record.resource_type},
            "Title": [record.title],
            "Creator": [_creator(person.name, person.orcid) for person in record.creators],
            "PublicationDate": issued(record),
            "Publisher": [{"name": record.publisher.name}] if record.publisher else [],
        },
        "Target": {
            "Identifier": _identifier(one.identifier),
            "Type": {"Name": _type(one.resource_type), "SubType": one.resource_type},
            "Title": [one.title or named(one.identifier)],
        },
    }


def _identifier(one: Identifier) -> dict[str, str]:
    return {"ID": one.value, "IDScheme": one.scheme, "IDURL": identifier_url(one)}


def _creator(name: str, orcid: str) -> dict[str, Any]:
    identifier = {"ID": orcid, "IDScheme": "ORCID", "IDURL": f"https://orcid.org/{orcid}"} if orcid else {}
    return {"Name": name, "Identifier": identifier}
