"""Read ro-crate-metadata.json: what a crate holds, file by file, and which paper it cites.

Format: RO-Crate 1.1 and 1.2, https://www.researchobject.org/ro-crate/specification.html. The graph is read as it is
written, by @id; no context is fetched.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from catalog.exposure.record import File
from catalog.sources import tolerant
from catalog.sources.codemeta import creators_of
from catalog.sources.facts import DatasetFacts, Related
from catalog.sources.licences import licence_name

FILE_NAME: Final = "ro-crate-metadata.json"
MOST_ENTITIES: Final = 20_000

Graph = dict[str, dict[str, object]]


def crate_of(document: dict[str, object]) -> DatasetFacts | None:
    """Return what the root data entity of a crate says, or None when there is no root with a name."""
    graph: Graph = {}
    for item in tolerant.entries(document.get("@graph"), MOST_ENTITIES):
        entity = tolerant.mapping(item)
        identifier = entity.get("@id")
        if isinstance(identifier, str) and identifier not in graph:
            graph[identifier] = entity
    root = _root(graph)
    name = tolerant.line(root.get("name"), tolerant.MAX_TITLE)
    if not name:
        return None
    published = tolerant.iso_date(root.get("datePublished"))
    publisher = _first(root.get("publisher"), graph)
    papers = [("IsSupplementTo", one) for one in tolerant.entries(root.get("citation"), 50)]
    sources = [("IsDerivedFrom", one) for one in tolerant.entries(root.get("isBasedOn"), 50)]
    related = [_related(relation, one, graph) for relation, one in (*papers, *sources)]
    files = _files(graph)
    return DatasetFacts(
        title=name,
        doi=_own_doi(root, graph),
        url=tolerant.web_address(root.get("url")),
        description=tolerant.prose(root.get("description")),
        creators=creators_of(
            [_whole(one, graph) for one in tolerant.entries(root.get("author"), tolerant.MAX_CREATORS)]
        ),
        publisher=tolerant.affiliation(publisher.get("name"), publisher.get("@id")),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        version=tolerant.line(root.get("version"), 80),
        licence=_licence(root.get("license"), graph),
        subjects=tolerant.keywords(root.get("keywords")),
        files=files,
        size_bytes=_total(files),
        related=tuple(dict.fromkeys(one for one in related if one is not None)),
    )


def _root(graph: Graph) -> dict[str, object]:
    """Return the entity that the metadata descriptor is about."""
    for identifier, entity in graph.items():
        if identifier.rsplit("/", 1)[-1] == FILE_NAME:
            about = tolerant.mapping(entity.get("about")).get("@id")
            if isinstance(about, str) and about in graph:
                return graph[about]
    return graph.get("./", {})


def _whole(value: object, graph: Graph) -> object:
    """Return the entity that a {"@id": …} points to, with its affiliations, else the value itself."""
    identifier = tolerant.mapping(value).get("@id")
    entity = graph.get(identifier) if isinstance(identifier, str) else None
    if entity is None:
        return value
    works = [_first(one, graph) or one for one in tolerant.entries(entity.get("affiliation"), 20)]
    return {**entity, "affiliation": works}


def _first(value: object, graph: Graph) -> dict[str, object]:
    found = _whole(tolerant.entries(value, 1)[0], graph) if tolerant.entries(value, 1) else {}
    return {"name": found} if isinstance(found, str) else tolerant.mapping(found)


def _own_doi(root: dict[str, object], graph: Graph) -> str:
    told: list[object] = [root.get("@id")]
    for one in tolerant.entries(root.get("identifier"), 20):
        entity = tolerant.mapping(_whole(one, graph))
        told += [entity.get("value"), entity.get("@id"), entity.get("url")] if entity else [one]
    return next((doi for one in told if (doi := tolerant.doi(one))), "")


def _licence(value: object, graph: Graph) -> str:
    entity = _first(value, graph)
    told = (entity.get("@id"), entity.get("url"), entity.get("identifier"), entity.get("name"))
    return next((name for one in told if (name := licence_name(one))), "")[:200]


def _related(relation: str, value: object, graph: Graph) -> Related | None:
    entity = tolerant.mapping(_whole(value, graph))
    if not entity:
        return tolerant.related(relation, value)
    kind = next((one for one in tolerant.entries(entity.get("@type"), 5) if isinstance(one, str)), "")
    named = {"ScholarlyArticle": "JournalArticle", "Article": "JournalArticle", "SoftwareSourceCode": "Software"}
    return tolerant.related(relation, entity.get("@id"), named.get(kind, kind)) or tolerant.related(
        relation, entity.get("url"), named.get(kind, kind)
    )


def _files(graph: Graph) -> tuple[File, ...]:
    files: list[File] = []
    for identifier, entity in graph.items():
        types = tolerant.entries(entity.get("@type"), 10)
        if "File" not in types or identifier.rsplit("/", 1)[-1] == FILE_NAME:
            continue
        address = tolerant.web_address(identifier)
        path = tolerant.file_path(unquote(identifier.removeprefix("./")) if not address else "")
        path = path or tolerant.file_path(tolerant.line(entity.get("name"), 500)) if address else path
        sha256, _ = tolerant.checksum(entity.get("sha256"), "sha256")
        if path and len(files) < tolerant.MAX_FILES:
            media_type = tolerant.line(entity.get("encodingFormat"), 100)
            files.append(File(path, tolerant.size(entity.get("contentSize")), media_type, sha256, url=address))
    return tuple(files)


def _total(files: tuple[File, ...]) -> int | None:
    known = [one.size_bytes for one in files if one.size_bytes is not None]
    return sum(known) if files and len(known) == len(files) else None
