"""Records as the objects of the PaNOSC data model, with what they are related to.

The model is that of https://github.com/panosc-eu/search-api (doc/data-model.md, common/models), read in 2026.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from catalog.exposure.record import Organisation, Person, Record, Subject

# Which relations an object has, and of which kind what they lead to is.
RELATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Document": {"datasets": "Dataset", "members": "Member", "parameters": "Parameter"},
    "Dataset": {
        "documents": "Document",
        "techniques": "Technique",
        "instrument": "Instrument",
        "files": "File",
        "parameters": "Parameter",
        "samples": "Sample",
    },
    "Instrument": {"datasets": "Dataset"},
    "Member": {"person": "Person", "affiliation": "Affiliation"},
    "Technique": {},
    "File": {"dataset": "Dataset"},
    "Parameter": {},
    "Sample": {},
    "Person": {},
    "Affiliation": {},
}
TEXT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Document": ("title", "summary"),
    "Dataset": ("title",),
    "Instrument": ("name", "facility"),
    "File": ("name",),
    "Sample": ("name", "description"),
    "Technique": ("name",),
}
SINGLE: Final = frozenset({"instrument", "person", "affiliation", "dataset"})
# What the facility's own people were to the work is not known; whoever is in the byline wrote it.
AUTHOR_ROLE: Final = "author"
CONTRIBUTOR_ROLE: Final = "contributor"


@dataclass(eq=False, slots=True)
class Thing:
    """An object of the model: its kind, its fields, and what it is related to by the name of the relation.

    `above` are the broader terms of a technique, `words` what keywords are looked for in, with their weights.
    """

    kind: str
    fields: dict[str, Any]
    related: dict[str, list[Thing]] = field(default_factory=dict)
    above: tuple[Thing, ...] = ()
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Things:
    """All documents, datasets and instruments, the newest first."""

    documents: tuple[Thing, ...]
    datasets: tuple[Thing, ...]
    instruments: tuple[Thing, ...]


def things_of(records: Iterable[Record], broader: Mapping[str, tuple[Subject, ...]] | None = None) -> Things:
    """Return the objects that records of publications and datasets are; other kinds have no place in the model.

    `broader` gives the broader terms of each technique by its address; without it all of a record's serve for each.
    """
    broader = broader or {}
    known = [record for record in records if record.kind in ("publication", "dataset")]
    known.sort(key=lambda one: one.key)
    known.sort(key=lambda one: one.updated_at, reverse=True)
    instruments: dict[str, Thing] = {}
    documents = {one.key: _document(one) for one in known if one.kind == "publication"}
    datasets = {one.key: _dataset(one, instruments, broader) for one in known if one.kind == "dataset"}
    for record in known:
        for relation in record.relations:
            _link(documents, datasets, record.key, relation.key)
    for thing in datasets.values():
        for instrument in thing.related["instrument"]:
            instrument.related["datasets"].append(thing)
    by_name = sorted(instruments.values(), key=lambda one: (one.fields["name"], one.fields["pid"]))
    return Things(tuple(documents.values()), tuple(datasets.values()), tuple(by_name))


def _link(documents: dict[str, Thing], datasets: dict[str, Thing], one: str, other: str) -> None:
    """Relate a document and a dataset to each other, whichever of the two says so, once."""
    document = documents.get(one) or documents.get(other)
    dataset = datasets.get(one) or datasets.get(other)
    if document is None or dataset is None or dataset in document.related["datasets"]:
        return
    document.related["datasets"].append(dataset)
    dataset.related["documents"].append(document)


def _document(record: Record) -> Thing:
    keywords = [one.text for one in (*record.techniques, *record.subjects)]
    return Thing(
        "Document",
        _filled(
            pid=record.doi or record.key,
            isPublic=True,
            type="publication",
            title=record.title,
            summary=record.description,
            doi=record.doi,
            releaseDate=_moment(record.published_on),
            license=_licence(record),
            keywords=keywords or None,
        ),
        {
            "datasets": [],
            "members": [
                *_members(record.creators, AUTHOR_ROLE),
                *_members(record.contributors, CONTRIBUTOR_ROLE),
            ],
            "parameters": _parameters(record),
        },
        words=_words(record),
    )


def _dataset(record: Record, instruments: dict[str, Thing], broader: Mapping[str, tuple[Subject, ...]]) -> Thing:
    thing = Thing(
        "Dataset",
        _filled(
            pid=record.doi or record.key,
            title=record.title,
            isPublic=record.access not in ("embargoed", "restricted"),
            creationDate=_moment(record.published_on or record.created_at),
            size=record.size_bytes,
        ),
        {
            "documents": [],
            "techniques": [
                _technique(one, broader.get(one.uri, record.broader_techniques)) for one in record.techniques
            ],
            "instrument": [_instrument(record, instruments)] if record.instruments else [],
            "parameters": _parameters(record),
            "samples": [],
        },
        words=_words(record),
    )
    thing.related["files"] = [
        Thing(
            "File",
            _filled(id=number, name=file.path.rpartition("/")[2], path=file.path, size=file.size_bytes),
            {"dataset": [thing]},
        )
        for number, file in enumerate(record.files, start=1)
    ]
    return thing


def _technique(one: Subject, broader: tuple[Subject, ...]) -> Thing:
    return Thing("Technique", _technique_fields(one), above=tuple(_bare_technique(each) for each in broader))


def _bare_technique(one: Subject) -> Thing:
    return Thing("Technique", _technique_fields(one))


def _technique_fields(one: Subject) -> dict[str, Any]:
    panet = one.uri if one.scheme == "PaNET" else ""
    return _filled(pid=one.uri or _local("technique", one.text), name=one.text, panetId=panet)


def _instrument(record: Record, instruments: dict[str, Thing]) -> Thing:
    one = record.instruments[0]
    facility = (one.facility or record.facility or Organisation("")).name
    pid = one.pid or _local("instrument", f"{facility}/{one.name}")
    return instruments.setdefault(
        pid, Thing("Instrument", {"pid": pid, "name": one.name, "facility": facility}, {"datasets": []})
    )


def _members(people: tuple[Person, ...], role: str) -> list[Thing]:
    return [
        Thing("Member", {"id": f"{role}-{number}", "role": role}, _of_member(person))
        for number, person in enumerate(people, start=1)
    ]


def _of_member(person: Person) -> dict[str, list[Thing]]:
    named = _filled(
        id=person.orcid or _local("person", person.name),
        fullName=person.name,
        orcid=person.orcid,
        firstName=person.given,
        lastName=person.family,
    )
    return {
        "person": [Thing("Person", named)],
        "affiliation": [
            Thing("Affiliation", {"id": one.ror or _local("affiliation", one.name), "name": one.name})
            for one in person.affiliations[:1]
        ],
    }


def _parameters(record: Record) -> list[Thing]:
    return [
        Thing("Parameter", _filled(id=number, name=one.name, value=one.value, unit=one.unit))
        for number, one in enumerate(record.quantities, start=1)
    ]


def _words(record: Record) -> tuple[tuple[str, float], ...]:
    """Return what keywords are looked for in: a title weighs more than what is said at length."""
    return (
        (record.title, 4.0),
        (" ".join(one.text for one in (*record.techniques, *record.subjects)), 3.0),
        (" ".join((*(one.name for one in record.creators), *(one.name for one in record.instruments))), 2.0),
        (f"{record.doi} {record.facility.name if record.facility else ''}", 2.0),
        (record.description, 1.0),
    )


def _licence(record: Record) -> str:
    return (record.licence.spdx or record.licence.name) if record.licence else ""


def _moment(at: date | datetime | None) -> str | None:
    if at is None:
        return None
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _local(kind: str, text: str) -> str:
    """Return a stable identifier of our own for what has none."""
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _filled(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {name: value for name, value in values.items() if value not in (None, "")}
