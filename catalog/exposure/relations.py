"""Relations of DataCite 4.7 and their opposites, so that whatever says something of another record is said of too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from catalog.exposure.record import Identifier, Record, Relation

_PAIRS: Final = (
    ("IsCitedBy", "Cites"),
    ("IsSupplementTo", "IsSupplementedBy"),
    ("IsContinuedBy", "Continues"),
    ("IsNewVersionOf", "IsPreviousVersionOf"),
    ("IsPartOf", "HasPart"),
    ("IsReferencedBy", "References"),
    ("IsDocumentedBy", "Documents"),
    ("IsCompiledBy", "Compiles"),
    ("IsVariantFormOf", "IsOriginalFormOf"),
    ("HasMetadata", "IsMetadataFor"),
    ("Reviews", "IsReviewedBy"),
    ("IsDerivedFrom", "IsSourceOf"),
    ("Describes", "IsDescribedBy"),
    ("HasVersion", "IsVersionOf"),
    ("Requires", "IsRequiredBy"),
    ("Obsoletes", "IsObsoletedBy"),
    ("Collects", "IsCollectedBy"),
    ("HasTranslation", "IsTranslationOf"),
)
OPPOSITES: Final = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
    "IsIdenticalTo": "IsIdenticalTo",
}


@dataclass(frozen=True, slots=True)
class Addition:
    """What another room knows of a record that is not its own: `key` names the record, `since` is when it was so."""

    key: str
    relations: tuple[Relation, ...]
    since: datetime


def name_of(record: Record) -> Identifier:
    """Return what others call a record by: its DOI, else its address."""
    return Identifier("DOI", record.doi) if record.doi else Identifier("URL", record.url)


def relation_to(record: Record, relation: str) -> Relation:
    """Return that something stands in `relation`, a relationType, to a record."""
    return Relation(relation, name_of(record), record.resource_type, record.key, record.title)


def with_additions(told: Iterable[Record | Addition]) -> tuple[Record, ...]:
    """Return the records among what is told, each with the relations that were added to it.

    An addition to a record that is not told is dropped: who may not know of a record learns nothing of it.
    """
    found = list(told)
    added: dict[str, list[Addition]] = {}
    for one in found:
        if isinstance(one, Addition):
            added.setdefault(one.key, []).append(one)
    return tuple(_enlarged(one, added.get(one.key, ())) for one in found if isinstance(one, Record))


def _enlarged(record: Record, added: Iterable[Addition]) -> Record:
    relations = {_identity(one): one for one in (*record.relations, *(each for one in added for each in one.relations))}
    updated_at = max([record.updated_at, *(one.since for one in added)])
    return replace(record, relations=tuple(relations.values()), updated_at=updated_at)


def both_ways(records: Iterable[Record]) -> tuple[Record, ...]:
    """Return the records, each with what the others among them say of it, and no relation twice.

    That another began to say something of a record is news of that record too: it was updated no earlier.
    """
    found = {record.key: record for record in records}
    said: dict[str, list[tuple[Relation, Record]]] = {key: [] for key in found}
    for record in found.values():
        for relation in record.relations:
            if relation.key in found and relation.relation in OPPOSITES:
                said[relation.key].append((relation_to(record, OPPOSITES[relation.relation]), record))
    return tuple(_completed(record, said[key]) for key, record in found.items())


def _completed(record: Record, said: list[tuple[Relation, Record]]) -> Record:
    relations = {_identity(relation): relation for relation in record.relations}
    updated_at = record.updated_at
    for relation, other in said:
        if _identity(relation) not in relations:
            relations[_identity(relation)] = relation
            updated_at = max(updated_at, other.created_at)
    return replace(record, relations=tuple(relations.values()), updated_at=updated_at)


def _identity(relation: Relation) -> tuple[str, str]:
    return relation.relation, relation.key or relation.identifier.value
