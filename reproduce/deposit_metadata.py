"""From the record of a certificate to what Zenodo's deposit API takes of its evidence. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Any, Final

from catalog.exposure.record import Person, Record

# As Zenodo names them (https://developers.zenodo.org/#representation), by DataCite's name.
_RELATIONS: Final = {
    "Reviews": "reviews",
    "IsDerivedFrom": "isDerivedFrom",
    "References": "references",
    "Obsoletes": "obsoletes",
}
_TITLE: Final = 250
_MOST_RELATED: Final = 100

Json = dict[str, Any]  # Any: JSON


def deposit_metadata(record: Record, publication: Record, *, mark: str, community: str) -> Json:
    """Return the metadata of the evidence behind the certificate `record` of a publication, which names a licence.

    `mark` is the address of the bundle here: by it a deposition is found again.
    """
    terms = publication.licence
    said: Json = {
        "title": f"Evidence: {record.title}"[:_TITLE],
        "upload_type": "other",
        "publication_date": (record.published_on or record.created_at.date()).isoformat(),
        "description": f"<p>{html.escape(record.description or record.title)}</p>",
        "creators": [_person(one) for one in record.creators],
        "contributors": [{**_person(one), "type": "RelatedPerson"} for one in publication.creators],
        "access_right": "open",
        "license": terms.spdx.lower() if terms else "",
        "keywords": list(dict.fromkeys(one.text for one in (*record.techniques, *publication.subjects) if one.text)),
        "related_identifiers": list(_related(record, publication, mark)),
    }
    if community:
        said["communities"] = [{"identifier": community}]
    return {name: value for name, value in said.items() if value}


def _person(person: Person) -> Json:
    name = f"{person.family}, {person.given}" if person.family and person.given else person.name
    places = "; ".join(place.name for place in person.affiliations)
    return {
        "name": name,
        **({"affiliation": places} if places else {}),
        **({"orcid": person.orcid} if person.orcid else {}),
    }


def _related(record: Record, publication: Record, mark: str) -> Iterator[Json]:
    yield {"identifier": mark, "relation": "isAlternateIdentifier"}
    yield {"identifier": record.doi or record.url, "relation": "isSupplementTo"}
    seen: set[tuple[str, str]] = set()
    for relation, identifier in _named(record, publication):
        if (relation, identifier) not in seen and len(seen) < _MOST_RELATED:
            seen.add((relation, identifier))
            yield {"identifier": identifier, "relation": relation}


def _named(record: Record, publication: Record) -> Iterable[tuple[str, str]]:
    for one in record.relations:
        if one.relation in _RELATIONS:
            yield _RELATIONS[one.relation], one.identifier.value
        if one.key.startswith("notebooks/"):
            yield "isDerivedFrom", one.identifier.value
    for one in publication.relations:
        if one.key.startswith("dataset/"):
            yield "isDerivedFrom", one.identifier.value
