"""Ask PaNOSC Search APIs, which facilities put in front of SciCat and ICAT, of a dataset or a document.

Format: https://github.com/panosc-eu/search-api (doc/data-model.md, doc/query.md).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import quote

from catalog.exposure.record import Access, File, Instrument, Quantity
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import Creator, DatasetFacts, Found, Related
from catalog.sources.licences import licence_name
from catalog.sources.reference import Reference

MOST_QUANTITIES: Final = 200
_MEMBERS: Final = {"relation": "members", "scope": {"include": [{"relation": "person"}, {"relation": "affiliation"}]}}
_OF_DATASET: Final = {
    "include": [
        {"relation": "documents", "scope": {"include": [_MEMBERS]}},
        {"relation": "techniques"},
        {"relation": "instrument"},
        {"relation": "files"},
        {"relation": "parameters"},
    ]
}
_OF_DOCUMENT: Final = {"include": [{"relation": "datasets"}, _MEMBERS]}


class PanoscSearch:
    """The PaNOSC Search APIs that this installation names."""

    name = "PaNOSC Search"
    is_git_host = False

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = [one.rstrip("/") for one in endpoints]

    def detect(self, reference: Reference) -> str:
        """Every DOI may be that of a facility's data; it is asked for once it turned out to be of data."""
        return reference.doi if self._endpoints and reference.is_data else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the dataset, or the document with its datasets, of the first API that knows it."""
        failures: list[SourceFailed] = []
        for endpoint in self._endpoints:
            for kind, wish in (("Datasets", _OF_DATASET), ("Documents", _OF_DOCUMENT)):
                url = f"{endpoint}/{kind}/{quote(place, safe='')}?filter={quote(json.dumps(wish))}"
                try:
                    answer = tolerant.mapping(asking.json(url, about=reference.text))
                except SourceFailed as failure:
                    failures.append(failure)
                    if failure.kind_id != "reference-unknown":
                        break
                    continue
                facts = read_dataset(answer, place) if kind == "Datasets" else read_document(answer, place)
                if facts is not None:
                    return (Found(self.name, datasets=(facts,)),)
        said = [failure for failure in failures if failure.kind_id != "reference-unknown"]
        if said:
            raise said[0]
        return ()


def read_dataset(dataset: dict[str, object], doi: str) -> DatasetFacts | None:
    """Return the facts of a Dataset with what it includes, or None when it has no title."""
    title = tolerant.line(dataset.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    documents = [tolerant.mapping(one) for one in tolerant.entries(dataset.get("documents"), 20)]
    instrument = tolerant.mapping(dataset.get("instrument"))
    facility = tolerant.affiliation(instrument.get("facility"))
    name = tolerant.line(instrument.get("name"))
    techniques = [tolerant.mapping(one) for one in tolerant.entries(dataset.get("techniques"), 50)]
    found = [tolerant.technique(one.get("name"), one.get("panetId") or one.get("pid")) for one in techniques]
    related = [tolerant.related("IsPartOf", one.get("doi") or one.get("pid")) for one in documents]
    main = documents[0] if documents else {}
    access = _access(dataset)
    return DatasetFacts(
        title=title,
        doi=doi,
        description=tolerant.prose(main.get("summary")),
        creators=_members(main),
        licence=licence_name(main.get("license"))[:200],
        access=access,
        embargo_until=_released(main) if access == "restricted" else None,
        facility=facility,
        instruments=(Instrument(name, tolerant.line(instrument.get("pid")), facility),) if name else (),
        techniques=tuple(dict.fromkeys(one for one in found if one is not None)),
        subjects=tolerant.keywords(main.get("keywords")),
        quantities=_quantities(dataset.get("parameters")),
        files=_files(dataset.get("files")),
        size_bytes=tolerant.size(dataset.get("size")) or None,
        related=tuple(dict.fromkeys(one for one in related if one is not None and one.identifier != doi)),
        notes=tolerant.cut_note(dataset.get("files")),
    )


def read_document(document: dict[str, object], doi: str) -> DatasetFacts | None:
    """Return the facts of a Document (a proposal or an investigation with its datasets), or None without a title."""
    title = tolerant.line(document.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    parts = [tolerant.mapping(one) for one in tolerant.entries(document.get("datasets"))]
    related: dict[Related, None] = {}
    for part in parts:
        one = tolerant.related("HasPart", part.get("pid"), "Dataset")
        if one is not None:
            related[one] = None
    sizes = [size for part in parts if (size := tolerant.size(part.get("size"))) is not None]
    released = tolerant.iso_date(document.get("releaseDate"))
    access = _access(document)
    return DatasetFacts(
        title=title,
        doi=doi,
        type="Collection",
        description=tolerant.prose(document.get("summary")),
        creators=_members(document),
        published_on=released[0] if released else None,
        published_precision=released[1] if released else None,
        licence=licence_name(document.get("license"))[:200],
        access=access,
        embargo_until=_released(document) if access == "restricted" else None,
        subjects=tolerant.keywords(document.get("keywords")),
        size_bytes=sum(sizes) if parts and len(sizes) == len(parts) else None,
        related=tuple(related),
    )


def _quantities(said: object) -> tuple[Quantity, ...]:
    """Return the parameters that are a number or a text of one line."""
    found: list[Quantity] = []
    for item in tolerant.entries(said, MOST_QUANTITIES):
        parameter = tolerant.mapping(item)
        name, unit, value = (
            tolerant.line(parameter.get("name")),
            tolerant.line(parameter.get("unit")),
            parameter.get("value"),
        )
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
            found += [Quantity(name, float(value), unit)] if name else []
        elif (text := tolerant.line(value)) and name:
            found.append(Quantity(name, text, unit))
    return tuple(found)


def _access(said: dict[str, object]) -> Access:
    is_public = said.get("isPublic")
    return "unknown" if not isinstance(is_public, bool) else "open" if is_public else "restricted"


def _released(document: dict[str, object]) -> date | None:
    """Return when a document that is not public becomes so."""
    day = tolerant.iso_date(document.get("releaseDate"))
    return day[0] if day and day[1] == "day" else None


def _members(document: dict[str, object]) -> tuple[Creator, ...]:
    people: dict[str, Creator] = {}
    for item in tolerant.entries(document.get("members"), tolerant.MAX_CREATORS):
        member = tolerant.mapping(item)
        person = tolerant.mapping(member.get("person"))
        given, family = tolerant.line(person.get("firstName")), tolerant.line(person.get("lastName"))
        name = tolerant.line(person.get("fullName")) or f"{given} {family}".strip()
        work = tolerant.mapping(member.get("affiliation"))
        organisation = tolerant.affiliation(work.get("name"), work.get("pid"))
        orcid = tolerant.orcid(person.get("orcid") or person.get("pid"))
        if name and name not in people:
            people[name] = Creator(name, given, family, orcid, (organisation,) if organisation else ())
    return tuple(people.values())


def _files(value: object) -> tuple[File, ...]:
    files: dict[str, File] = {}
    for item in tolerant.entries(value, tolerant.MAX_FILES):
        entry = tolerant.mapping(item)
        # `path` is the directory by some APIs, with the name by others.
        name, directory = tolerant.line(entry.get("name"), 500), tolerant.line(entry.get("path"), 1000)
        path = tolerant.file_path(directory) if directory.endswith(name) else tolerant.file_path(directory, name)
        if path and name:
            files[path] = File(path, tolerant.size(entry.get("size")))
    return tuple(files.values())
