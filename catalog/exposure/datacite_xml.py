"""DataCite's metadata kernel 4.7 in XML (https://schema.datacite.org/meta/kernel-4.7/)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from catalog.exposure.datacite_words import (
    SCHEME_URIS,
    UNAVAILABLE,
    contributors,
    rights,
    topics,
)
from catalog.exposure.documents import XML_LANG, child, root, xml_document
from catalog.exposure.funding_elements import add_funding
from catalog.exposure.plain import plain
from catalog.exposure.record import Person, Record, Site
from catalog.exposure.words import (
    family_first,
    main_identifier,
    media_types,
    moments,
    other_identifiers,
    sizes,
    type_words,
    year,
)

NAME: Final = "datacite"
SUFFIX: Final = "datacite.xml"
MEDIA_TYPE: Final = "application/vnd.datacite.datacite+xml"
NAMESPACE: Final = "http://datacite.org/schema/kernel-4"
SCHEMA: Final = "https://schema.datacite.org/meta/kernel-4.7/metadata.xsd"
VERSION: Final = 1


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return xml_document(element(record, site))


def element(record: Record, site: Site) -> etree._Element:
    """Return the root, to be put into an envelope."""
    record = plain(record)
    resource = root("resource", NAMESPACE, SCHEMA)
    identifier = main_identifier(record)
    child(resource, "identifier", identifier.value, identifierType=identifier.scheme)
    _add_creators(resource, record)
    titles = child(resource, "titles")
    child(titles, "title", record.title, **{XML_LANG: record.language})
    _add_publisher(resource, record)
    child(resource, "publicationYear", year(record))
    child(resource, "resourceType", type_words(record), resourceTypeGeneral=record.resource_type)
    _add_subjects(resource, record)
    _add_contributors(resource, record)
    _add_dates(resource, record)
    if record.language:
        child(resource, "language", record.language)
    _add_identifiers(resource, record)
    _add_texts(resource, "sizes", "size", sizes(record))
    _add_texts(resource, "formats", "format", media_types(record))
    if record.version:
        child(resource, "version", record.version)
    _add_rights(resource, record)
    if record.description:
        descriptions = child(resource, "descriptions")
        child(descriptions, "description", record.description, descriptionType="Abstract")
    add_funding(resource, record)
    return resource


def _add_creators(resource: etree._Element, record: Record) -> None:
    creators = child(resource, "creators")
    for person in record.creators:
        _add_person(child(creators, "creator"), "creatorName", person)
    if not record.creators:
        child(child(creators, "creator"), "creatorName", UNAVAILABLE)


def _add_person(parent: etree._Element, name: str, person: Person) -> None:
    child(parent, name, family_first(person), nameType="Organizational" if person.is_group else "Personal")
    for part, text in (("givenName", person.given), ("familyName", person.family)):
        if text:
            child(parent, part, text)
    if person.orcid:
        orcid = f"https://orcid.org/{person.orcid}"
        child(parent, "nameIdentifier", orcid, nameIdentifierScheme="ORCID", schemeURI=SCHEME_URIS["ORCID"])
    for one in person.affiliations:
        ror = {"affiliationIdentifierScheme": "ROR", "schemeURI": SCHEME_URIS["ROR"]} if one.ror else {}
        child(parent, "affiliation", one.name, affiliationIdentifier=one.ror, **ror)


def _add_publisher(resource: etree._Element, record: Record) -> None:
    one = record.publisher
    ror = {"publisherIdentifierScheme": "ROR", "schemeURI": SCHEME_URIS["ROR"]} if one and one.ror else {}
    child(
        resource,
        "publisher",
        one.name if one else UNAVAILABLE,
        publisherIdentifier=one.ror if one else "",
        **ror,
    )


def _add_subjects(resource: etree._Element, record: Record) -> None:
    if topics(record):
        subjects = child(resource, "subjects")
        for topic in topics(record):
            named = {"subjectScheme": topic.scheme, "schemeURI": topic.scheme_uri, "valueURI": topic.uri}
            child(subjects, "subject", topic.text, **named)


def _add_contributors(resource: etree._Element, record: Record) -> None:
    found = contributors(record)
    if found:
        parent = child(resource, "contributors")
        for kind, person in found:
            _add_person(child(parent, "contributor", contributorType=kind), "contributorName", person)


def _add_dates(resource: etree._Element, record: Record) -> None:
    found = moments(record)
    if found:
        dates = child(resource, "dates")
        for moment in found:
            child(dates, "date", moment.text, dateType=moment.kind, dateInformation=moment.note)


def _add_identifiers(resource: etree._Element, record: Record) -> None:
    others = other_identifiers(record)
    if others:
        parent = child(resource, "alternateIdentifiers")
        for one in others:
            child(parent, "alternateIdentifier", one.value, alternateIdentifierType=one.scheme)
    if record.relations:
        parent = child(resource, "relatedIdentifiers")
        for relation in record.relations:
            child(
                parent,
                "relatedIdentifier",
                relation.identifier.value,
                relatedIdentifierType=relation.identifier.scheme,
                relationType=relation.relation,
                resourceTypeGeneral=relation.resource_type,
            )


def _add_texts(resource: etree._Element, wrapper: str, name: str, texts: tuple[str, ...]) -> None:
    if texts:
        parent = child(resource, wrapper)
        for text in texts:
            child(parent, name, text)


def _add_rights(resource: etree._Element, record: Record) -> None:
    found = rights(record)
    if found:
        parent = child(resource, "rightsList")
        for name, uri, spdx in found:
            scheme = {"rightsIdentifierScheme": "SPDX", "schemeURI": SCHEME_URIS["SPDX"]} if spdx else {}
            child(parent, "rights", name, rightsURI=uri, rightsIdentifier=spdx.lower(), **scheme)
