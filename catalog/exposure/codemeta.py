"""CodeMeta 3.0 (https://w3id.org/codemeta/3.0): software in JSON-LD."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure import linked
from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.words import day_text, issued, main_identifier, other_identifiers, page_or_doi

NAME: Final = "codemeta"
SUFFIX: Final = "codemeta.json"
MEDIA_TYPE: Final = "application/vnd.codemeta.ld+json"
CONTEXT: Final = "https://w3id.org/codemeta/3.0"
_REFERENCED: Final = frozenset({"IsSupplementTo", "IsDescribedBy", "IsDocumentedBy", "Cites", "References"})
# Those properties of schema.org that CodeMeta's context has; what is related otherwise is related to a citation.
_PROPERTIES: Final = {"IsPartOf": "isPartOf", "HasPart": "hasPart", "IsIdenticalTo": "sameAs"}


def is_for(record: Record) -> bool:
    """Software has it: notebooks and environments."""
    return record.kind in {"notebooks", "environment"}


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    record = plain(record)
    licence = record.licence
    return json_document(
        {
            "@context": CONTEXT,
            "@type": "SoftwareSourceCode",
            "@id": page_or_doi(record),
            "name": record.title,
            "description": record.description,
            "identifier": [linked.identifier(one) for one in (main_identifier(record), *other_identifiers(record))],
            "url": record.url,
            "author": [linked.person(one) for one in record.creators],
            "contributor": [linked.person(one) for one in record.contributors],
            "publisher": linked.organisation(record.publisher) if record.publisher else {},
            "datePublished": issued(record),
            "dateModified": day_text(record.updated_at)[:10],
            "license": (licence.url or licence.spdx or licence.name) if licence else "",
            "isAccessibleForFree": {"open": True, "embargoed": False, "restricted": False}.get(record.access),
            "version": record.version or record.commit,
            "codeRepository": record.code_repository,
            "programmingLanguage": record.programming_language,
            "keywords": [one.text for one in (*record.techniques, *record.subjects)],
            "softwareRequirements": [
                {
                    "@type": "SoftwareApplication",
                    "name": one.name,
                    "softwareVersion": one.version,
                    "identifier": one.purl,
                }
                for one in record.software
            ],
            "funding": ", ".join(dict.fromkeys(one.award for one in record.funding if one.award)),
            "funder": [{"@type": "Organization", "@id": one.identifier, "name": one.funder} for one in record.funding],
            **_relations(record),
        }
    )


def _relations(record: Record) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in record.relations:
        is_paper = one.relation in _REFERENCED and one.resource_type not in {"Dataset", "Software"}
        name = _PROPERTIES.get(one.relation, "referencePublication" if is_paper else "relatedLink")
        found.setdefault(name, []).append(linked.related(one))
    return found
