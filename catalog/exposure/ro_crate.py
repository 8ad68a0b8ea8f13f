"""RO-Crate 1.1 metadata of a record whose evidence lies in a crate: what it is, and where that crate is.

The crate itself, with every file of the run, is what `crate_url` leads to; this document only refers to it.
"""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure import linked
from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.words import (
    day_text,
    identifier_url,
    issued,
    main_identifier,
    named,
    page_or_doi,
    summary,
)

NAME: Final = "ro_crate"
SUFFIX: Final = "ro-crate.json"
PROFILE: Final = "https://w3id.org/ro/crate"
MEDIA_TYPE: Final = f'application/ld+json;profile="{PROFILE}"'


def is_for(record: Record) -> bool:
    """A record has it that says where its crate lies."""
    return bool(plain(record).crate_url)


def write(record: Record, site: Site) -> bytes:
    """Return the metadata document, flat as RO-Crate asks for."""
    record = plain(record)
    people = {f"#creator-{number}": linked.person(one) for number, one in enumerate(record.creators, 1)}
    agents = {node.get("@id") or key: node for key, node in people.items()}
    things = {named(one.identifier): linked.related(one) for one in record.relations}
    licence = linked.licence(record.licence) if record.licence else "No terms are stated."
    is_page = bool(record.licence and licence.startswith("http"))
    publisher = record.publisher
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": record.title,
        "description": summary(record, site),
        # RO-Crate demands a date; where nothing was published it is the day since which the record is here.
        "datePublished": issued(record) or day_text(record.created_at),
        "license": {"@id": licence} if is_page else licence,
        "identifier": identifier_url(main_identifier(record)),
        "cite-as": page_or_doi(record),
        "url": record.url,
        "author": _one_or_all([{"@id": key} for key in agents]),
        "publisher": {"@id": publisher.ror or "#publisher"} if publisher else {},
        "mentions": [{"@id": key} for key in (record.crate_url, *things)],
    }
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": f"{PROFILE}/1.1"},
            "about": {"@id": "./"},
        },
        root,
        {
            "@id": record.crate_url,
            "@type": "CreativeWork",
            "name": "Metadata of the RO-Crate with the evidence",
            "encodingFormat": "application/ld+json",
            "conformsTo": {"@id": PROFILE},
        },
        *({**_flat(node), "@id": key, "url": _url_of(node, site)} for key, node in agents.items()),
        *({**_flat(node), "@id": key} for key, node in things.items()),
    ]
    if is_page and record.licence:
        graph.append({"@id": licence, "@type": "CreativeWork", "name": record.licence.name})
    if publisher:
        house = {"@type": "Organization", "@id": publisher.ror or "#publisher", "name": publisher.name}
        graph.append({**house, "url": _url_of(linked.organisation(publisher), site)})
    return json_document({"@context": f"{PROFILE}/1.1/context", "@graph": _once(graph)})


def _one_or_all(found: list[dict[str, str]]) -> dict[str, str] | list[dict[str, str]]:
    """Return what stands alone without a list around it, as RO-Crate recommends."""
    return found[0] if len(found) == 1 else found


def _url_of(node: dict[str, Any], site: Site) -> str:
    """Return where an agent is found: by its identifier, or here where it is this service itself."""
    return node.get("@id") or (site.url if node["name"] == site.name else "")


def _flat(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node of texts alone: what stands within another is said by its name."""
    flat = {key: value for key, value in node.items() if isinstance(value, str)}
    places = ", ".join(str(place["name"]) for place in node.get("affiliation", ()))
    return {**flat, "affiliation": places}


def _once(graph: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes, the first of those that have one address."""
    return list({node["@id"]: node for node in reversed(graph)}.values())[::-1]
