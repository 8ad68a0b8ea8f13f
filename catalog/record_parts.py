"""From what is kept of publications and data to the parts of a record: people, funding, licences, techniques."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from catalog.exposure.media_types import media_type_of
from catalog.exposure.record import (
    File,
    Funding,
    Identifier,
    Instrument,
    Licence,
    Organisation,
    Person,
    Quantity,
    Relation,
    Subject,
)
from catalog.exposure.relations import OPPOSITES
from catalog.identifiers import is_doi
from catalog.models import Dataset, Facility, Publication, Technique
from catalog.sources.licences import licence_address, licence_name

# Who makes what no author makes: environments and certificates.
SERVICE: Final = Person("Reprise", is_group=True)
PANET: Final = "PaNET"
PANET_URI: Final = "http://purl.org/pan-science/PaNET/PaNET.owl"
_KINDS: Final = {"dataset": "Dataset", "software": "Software", "repository": "Software", "publication": "Text"}

Entry = Mapping[str, Any]


def persons(kept: Iterable[object]) -> tuple[Person, ...]:
    """Return people and groups in their order; an entry that has no name is left out."""
    return tuple(
        Person(
            name=str(one["name"]),
            given=str(one.get("given") or ""),
            family=str(one.get("family") or ""),
            orcid=str(one.get("orcid") or ""),
            affiliations=tuple(
                Organisation(str(place["name"]), str(place.get("ror") or ""))
                for place in _entries(one.get("affiliations") or ())
                if place.get("name")
            ),
            is_group=bool(one.get("is_group")),
        )
        for one in _entries(kept)
        if one.get("name")
    )


def keywords(kept: Iterable[object]) -> tuple[Subject, ...]:
    """Return keywords, and terms of vocabularies other than PaNET."""
    return tuple(
        Subject(*(str(one.get(name) or "") for name in ("text", "uri", "scheme", "scheme_uri")))
        for one in _entries(kept)
        if one.get("text")
    )


def funding(kept: Iterable[object]) -> tuple[Funding, ...]:
    """Return who paid, and by which award."""
    return tuple(
        Funding(*(str(one.get(name) or "") for name in ("funder", "identifier", "award", "award_title")))
        for one in _entries(kept)
        if one.get("funder")
    )


def quantities(kept: Any) -> tuple[Quantity, ...]:  # noqa: ANN401 - JSON
    """Return what was measured or set with data, as far as it is a number or a text."""
    return tuple(
        Quantity(
            str(one["name"]), float(value) if isinstance(value, int | float) else str(value), str(one.get("unit") or "")
        )
        for one in _entries(kept)
        if one.get("name") and isinstance(value := one.get("value"), int | float | str) and not isinstance(value, bool)
    )


def files(dataset: Dataset) -> tuple[File, ...]:
    """Return the files of a dataset that everybody may have; of what no source tells the type, the name does."""
    return tuple(
        File(
            path=str(one["path"]),
            size_bytes=one.get("size_bytes"),
            media_type=str(one.get("media_type") or "") or media_type_of(str(one["path"])),
            sha256=str(one.get("sha256") or ""),
            md5=str(one.get("md5") or ""),
            url=str(one.get("url") or ""),
        )
        for one in _entries(dataset.files)
        if one.get("path")
    )


def licence(kept: str) -> Licence | None:
    """Return the terms, by SPDX id where they have one."""
    if not kept:
        return None
    name = licence_name(kept)
    if name.startswith(("http://", "https://")):
        return Licence(name, name)
    return Licence(name, licence_address(name), name) if name else Licence(kept)


def organisation(facility: Facility | None) -> Organisation | None:
    """Return a facility as an organisation."""
    return Organisation(facility.name, facility.ror) if facility else None


def techniques_of(thing: Publication | Dataset) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    """Return the techniques, and all that are broader than they are."""
    own = list(thing.techniques.all())
    broader = (
        Technique.objects.filter(below__technique__in=[one.pk for one in own])
        .exclude(pk__in=[one.pk for one in own])
        .distinct()
        .order_by("panet_id", "name")
    )
    return tuple(map(_term, own)), tuple(map(_term, broader))


def instruments_of(thing: Publication | Dataset) -> tuple[Instrument, ...]:
    """Return the instruments with their facilities."""
    return tuple(
        Instrument(one.name, one.pid, organisation(one.facility))
        for one in thing.instruments.select_related("facility")
    )


def related(kept: Iterable[object], keys: Mapping[str, str]) -> tuple[Relation, ...]:
    """Return what the source says of other things; `keys` are those of records here, by DOI.

    What has a record here is left out: the record's own room says how it is related, both ways.
    """
    return tuple(
        Relation(
            relation=str(one["relation"]),
            identifier=Identifier("DOI" if is_doi(name) else "URL", name),
            resource_type=_KINDS.get(str(one.get("kind")), ""),
        )
        for one in _entries(kept)
        if one.get("relation") in OPPOSITES and (name := str(one.get("identifier") or "")) and name not in keys
    )


def _term(technique: Technique) -> Subject:
    if not technique.panet_id:
        return Subject(technique.name)
    return Subject(technique.name, technique.iri, PANET, PANET_URI)


def _entries(kept: Iterable[object]) -> list[Entry]:
    return [one for one in kept if isinstance(one, Mapping)]
