"""Read a DOI of DataCite's REST API. Format: https://support.datacite.org/docs/api-get-doi and the schema 4.

The same attributes are made of DataCite's XML by catalog.sources.datacite_xml, so that both are read alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import quote

from catalog.exposure.record import Access, Instrument, Organisation, Subject
from catalog.sources import tolerant
from catalog.sources.facts import Creator, DatasetFacts, Funder, Precision, PublicationFacts, Related
from catalog.sources.licences import licence_name

_ACCESS: Final[Mapping[str, Access]] = {
    "openaccess": "open",
    "embargoedaccess": "embargoed",
    "restrictedaccess": "restricted",
    "closedaccess": "restricted",
    "c_abf2": "open",
    "c_f1cf": "embargoed",
    "c_16ec": "restricted",
    "c_14cb": "restricted",
}


def doi_record_url(endpoint: str, doi: str) -> str:
    """Return the address of the record of `doi`, with the identifiers of affiliations."""
    return f"{endpoint.rstrip('/')}/dois/{quote(doi, safe='')}?affiliation=true&publisher=true"


def naming_url(endpoint: str, doi: str, most: int) -> str:
    """Return the address of the first `most` records that name `doi` among what is related to them."""
    # Some repositories register the address in place of the bare DOI.
    query = quote(f'relatedIdentifiers.relatedIdentifier:("{doi}" OR "https://doi.org/{doi}")', safe="")
    return f"{endpoint.rstrip('/')}/dois?query={query}&page[size]={most}&affiliation=true&publisher=true"


def publication_of(found: dict[str, object], doi: str) -> PublicationFacts | None:
    """Return what the attributes of a record say of it as a publication, or None when they have no title."""
    title = _title(found)
    if not title:
        return None
    published = _published(found)
    return PublicationFacts(
        doi=doi,
        title=title,
        agency="datacite",
        creators=_creators(found),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        venue=tolerant.line(tolerant.mapping(found.get("container")).get("title"), 500),
        publisher=_publisher(found),
        licence=_licence(found.get("rightsList")),
        abstract=_abstract(found.get("descriptions")),
        url=tolerant.web_address(found.get("url")),
        type=resource_type_of(found),
        subjects=_subjects(found)[0],
        related=_related(found.get("relatedIdentifiers")),
        funders=_funders(found.get("fundingReferences")),
    )


def dataset_of(found: dict[str, object], doi: str) -> DatasetFacts | None:
    """Return what the attributes of a record say of it as data, or None when they have no title."""
    title = _title(found)
    if not title:
        return None
    published = _published(found)
    publisher = _publisher(found)
    subjects, techniques = _subjects(found)
    embargo_until = _available(found)
    related = _related(found.get("relatedIdentifiers"))
    versions = [one for one in related if one.relation == "IsVersionOf" and one.identifier.startswith("10.")]
    return DatasetFacts(
        title=title,
        doi=doi,
        url=tolerant.web_address(found.get("url")),
        type=resource_type_of(found) or "Dataset",
        description=_abstract(found.get("descriptions")),
        creators=_creators(found),
        publisher=Organisation(publisher, _publisher_ror(found)) if publisher else None,
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        version=tolerant.line(found.get("version"), 80),
        licence=_licence(found.get("rightsList")),
        access=_access(found.get("rightsList")),
        embargo_until=embargo_until,
        instruments=_instruments(found),
        techniques=techniques,
        subjects=subjects,
        funders=_funders(found.get("fundingReferences")),
        related=related,
        concept_doi=versions[0].identifier if len(versions) == 1 else "",
    )


def _title(found: dict[str, object]) -> str:
    titles = [tolerant.mapping(entry) for entry in tolerant.entries(found.get("titles"), 50)]
    # A title without a type is the main one.
    titles.sort(key=lambda entry: bool(entry.get("titleType")))
    return next((text for entry in titles if (text := tolerant.line(entry.get("title"), tolerant.MAX_TITLE))), "")


def _publisher(found: dict[str, object]) -> str:
    publisher = found.get("publisher")
    # A text until 2023, an object with a name since.
    return tolerant.line(publisher, 500) or tolerant.line(tolerant.mapping(publisher).get("name"), 500)


def _publisher_ror(found: dict[str, object]) -> str:
    return tolerant.ror(tolerant.mapping(found.get("publisher")).get("publisherIdentifier"))


def resource_type_of(found: dict[str, object]) -> str:
    """Return the resourceTypeGeneral of a record ("Dataset", "Software"), or "" when it says none."""
    return tolerant.line(tolerant.mapping(found.get("types")).get("resourceTypeGeneral"), 80)


def attributes_of(body: bytes) -> dict[str, object]:
    """Return the attributes in the answer of /dois/{doi}; an empty object where there are none."""
    return tolerant.mapping(tolerant.mapping((tolerant.parse_object(body) or {}).get("data")).get("attributes"))


def _creators(found: dict[str, object]) -> tuple[Creator, ...]:
    people = (_creator(tolerant.mapping(one)) for one in tolerant.entries(found.get("creators"), tolerant.MAX_CREATORS))
    return tuple(creator for creator in people if creator is not None)


def _creator(entry: dict[str, object]) -> Creator | None:
    given, family = tolerant.line(entry.get("givenName")), tolerant.line(entry.get("familyName"))
    name = f"{given} {family}".strip() if family else tolerant.line(entry.get("name"))
    if not name:
        return None
    identifiers = [tolerant.mapping(one) for one in tolerant.entries(entry.get("nameIdentifiers"), 20)]
    iris = (tolerant.orcid(one.get("nameIdentifier")) for one in identifiers)
    return Creator(
        name,
        given,
        family,
        next((iri for iri in iris if iri), None),
        tuple(
            one for entry in tolerant.entries(entry.get("affiliation"), 20) if (one := _affiliation(entry)) is not None
        ),
        is_group=entry.get("nameType") == "Organizational",
    )


def _affiliation(entry: object) -> Organisation | None:
    # A text, or with ?affiliation=true an object.
    known = tolerant.mapping(entry)
    return tolerant.affiliation(known.get("name") if known else entry, known.get("affiliationIdentifier"))


def _subjects(found: dict[str, object]) -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    """Return the subjects and, apart from them, the techniques of PaNET."""
    subjects: dict[Subject, None] = {}
    techniques: dict[Subject, None] = {}
    for item in tolerant.entries(found.get("subjects")):
        entry = tolerant.mapping(item)
        text = tolerant.line(entry.get("subject") if entry else item)
        iri = tolerant.web_address(entry.get("valueUri") or entry.get("valueURI"))
        technique = tolerant.technique(text, iri)
        if technique is not None and technique.uri:
            techniques[technique] = None
        elif text:
            scheme_uri = tolerant.web_address(entry.get("schemeUri") or entry.get("schemeURI"))
            subjects[Subject(text, iri, tolerant.line(entry.get("subjectScheme"), 200), scheme_uri)] = None
    return tuple(subjects), tuple(techniques)


def _instruments(found: dict[str, object]) -> tuple[Instrument, ...]:
    """Return what the data were collected with, where DataCite 4.6 and later say so by IsCollectedBy."""
    instruments: dict[Instrument, None] = {}
    for item in tolerant.entries(found.get("relatedItems"), 50):
        entry = tolerant.mapping(item)
        if entry.get("relationType") != "IsCollectedBy" or entry.get("relatedItemType") != "Instrument":
            continue
        titles = [tolerant.mapping(one) for one in tolerant.entries(entry.get("titles"), 5)]
        name = next((text for one in titles if (text := tolerant.line(one.get("title")))), "")
        pid = tolerant.line(tolerant.mapping(entry.get("relatedItemIdentifier")).get("relatedItemIdentifier"))
        if name:
            instruments[Instrument(name, pid)] = None
    return tuple(instruments)


def _access(value: object) -> Access:
    """Read the access right, which OpenAIRE and COAR put among the rights (info:eu-repo/semantics/openAccess)."""
    for item in tolerant.entries(value, 20):
        for text in tolerant.mapping(item).values():
            last = text.rstrip("/").rsplit("/", 1)[-1].lower().replace(" ", "") if isinstance(text, str) else ""
            if last in _ACCESS:
                return _ACCESS[last]
    return "unknown"


def _available(found: dict[str, object]) -> date | None:
    """Return the day on which embargoed data become available; of other data the date says no embargo."""
    if _access(found.get("rightsList")) != "embargoed":
        return None
    for item in tolerant.entries(found.get("dates"), 50):
        entry = tolerant.mapping(item)
        day = tolerant.iso_date(entry.get("date"))
        if tolerant.line(entry.get("dateType")).lower() == "available" and day and day[1] == "day":
            return day[0]
    return None


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
            tolerant.line(reference.get("awardTitle"), 500),
        )
        for reference in references
        if (name := tolerant.line(reference.get("funderName")))
    )
