"""Read a DOI of DataCite's REST API. Format: https://support.datacite.org/docs/api-get-doi and the schema 4."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from catalog.sources import tolerant
from catalog.sources.facts import Creator, Funder, Precision, PublicationFacts, Related
from catalog.sources.licences import licence_name


def doi_record_url(endpoint: str, doi: str) -> str:
    """Return the address of the record of `doi`."""
    return f"{endpoint.rstrip('/')}/dois/{quote(doi, safe='')}"


def read_record(body: bytes, doi: str) -> PublicationFacts | None:
    """Return the facts in the answer of /dois/{doi}, or None when it holds no record with a title."""
    found = _attributes(body)
    titles = [tolerant.mapping(entry) for entry in tolerant.entries(found.get("titles"), 50)]
    # A title without a type is the main one.
    titles.sort(key=lambda entry: bool(entry.get("titleType")))
    title = next((text for entry in titles if (text := tolerant.line(entry.get("title"), tolerant.MAX_TITLE))), "")
    if not title:
        return None
    published = _published(found)
    publisher = found.get("publisher")
    return PublicationFacts(
        doi=doi,
        title=title,
        agency="datacite",
        creators=tuple(
            creator
            for entry in tolerant.entries(found.get("creators"), tolerant.MAX_CREATORS)
            if (creator := _creator(tolerant.mapping(entry))) is not None
        ),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        venue=tolerant.line(tolerant.mapping(found.get("container")).get("title"), 500),
        # A text until 2023, an object with a name since.
        publisher=tolerant.line(publisher, 500) or tolerant.line(tolerant.mapping(publisher).get("name"), 500),
        licence=_licence(found.get("rightsList")),
        abstract=_abstract(found.get("descriptions")),
        url=tolerant.web_address(found.get("url")),
        type=tolerant.line(tolerant.mapping(found.get("types")).get("resourceTypeGeneral"), 80),
        related=_related(found.get("relatedIdentifiers")),
        funders=_funders(found.get("fundingReferences")),
    )


def read_resource_type(body: bytes) -> str:
    """Return the resourceTypeGeneral of a record ("Dataset", "Software"), or "" when it says none."""
    return tolerant.line(tolerant.mapping(_attributes(body).get("types")).get("resourceTypeGeneral"), 80)


def _attributes(body: bytes) -> dict[str, object]:
    return tolerant.mapping(tolerant.mapping((tolerant.parse_object(body) or {}).get("data")).get("attributes"))


def _creator(entry: dict[str, object]) -> Creator | None:
    given, family = tolerant.line(entry.get("givenName")), tolerant.line(entry.get("familyName"))
    name = f"{given} {family}".strip() if family else tolerant.line(entry.get("name"))
    if not name:
        return None
    identifiers = [tolerant.mapping(one) for one in tolerant.entries(entry.get("nameIdentifiers"), 20)]
    iris = (tolerant.orcid(one.get("nameIdentifier")) for one in identifiers)
    return Creator(name, given, family, next((iri for iri in iris if iri), None))


def _published(found: dict[str, object]) -> tuple[date, Precision] | None:
    year = tolerant.partial_date(found.get("publicationYear"))
    for wished in ("issued", "available"):
        for entry in tolerant.entries(found.get("dates"), 50):
            stated = tolerant.mapping(entry)
            if tolerant.line(stated.get("dateType")).lower() != wished:
                continue
            day = tolerant.iso_date(stated.get("date"))
            # The publication year is what is cited; a date that contradicts it is of something else.
            if day and (year is None or day[0].year == year[0].year):
                return day
    return year


def _licence(value: object) -> str:
    for entry in tolerant.entries(value, 20):
        rights = tolerant.mapping(entry)
        for field in ("rightsIdentifier", "rightsUri"):
            if name := licence_name(rights.get(field)):
                return name[:200]
    return ""


def _abstract(value: object) -> str:
    for entry in tolerant.entries(value, 50):
        described = tolerant.mapping(entry)
        if tolerant.line(described.get("descriptionType")).lower() == "abstract":
            return tolerant.prose(described.get("description"))
    return ""


def _related(value: object) -> tuple[Related, ...]:
    found: dict[Related, None] = {}
    for item in tolerant.entries(value):
        entry = tolerant.mapping(item)
        relation = tolerant.line(entry.get("relationType"), 60)
        one = tolerant.related(relation, entry.get("relatedIdentifier"), entry.get("resourceTypeGeneral"))
        if relation and one is not None:
            found[one] = None
    return tuple(found)


def _funders(value: object) -> tuple[Funder, ...]:
    references = [tolerant.mapping(entry) for entry in tolerant.entries(value, 50)]
    return tuple(
        Funder(
            name,
            tolerant.web_address(reference.get("funderIdentifier")),
            tolerant.line(reference.get("awardNumber")),
        )
        for reference in references
        if (name := tolerant.line(reference.get("funderName")))
    )
