"""DataCite's metadata in JSON, as its REST API takes and gives the attributes of a DOI."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure.datacite_words import (
    SCHEME_URIS,
    UNAVAILABLE,
    contributors,
    funder_scheme,
    rights,
    topics,
)
from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Organisation, Person, Record, Site
from catalog.exposure.words import family_first, media_types, moments, other_identifiers, sizes, type_words, year

NAME: Final = "datacite_json"
SUFFIX: Final = "datacite.json"
MEDIA_TYPE: Final = "application/vnd.datacite.datacite+json"


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return json_document(attributes(record))


def attributes(record: Record) -> dict[str, Any]:
    """Return the attributes of the record's DOI, those that are empty included."""
    record = plain(record)
    return {
        "doi": record.doi,
        "url": record.url,
        "types": {"resourceTypeGeneral": record.resource_type, "resourceType": type_words(record)},
        "creators": [_person(one) for one in record.creators] or [{"name": UNAVAILABLE}],
        "titles": [{"title": record.title, "lang": record.language}],
        "publisher": _publisher(record.publisher),
        "publicationYear": year(record),
        "subjects": [
            {"subject": one.text, "subjectScheme": one.scheme, "schemeUri": one.scheme_uri, "valueUri": one.uri}
            for one in topics(record)
        ],
        "contributors": [{**_person(one), "contributorType": kind} for kind, one in contributors(record)],
        "dates": [{"date": one.text, "dateType": one.kind, "dateInformation": one.note} for one in moments(record)],
        "language": record.language,
        "alternateIdentifiers": [
            {"alternateIdentifier": one.value, "alternateIdentifierType": one.scheme}
            for one in other_identifiers(record)
        ],
        "relatedIdentifiers": [
            {
                "relatedIdentifier": one.identifier.value,
                "relatedIdentifierType": one.identifier.scheme,
                "relationType": one.relation,
                "resourceTypeGeneral": one.resource_type,
            }
            for one in record.relations
        ],
        "sizes": sizes(record),
        "formats": media_types(record),
        "version": record.version,
        "rightsList": [
            {
                "rights": name,
                "rightsUri": uri,
                "rightsIdentifier": spdx.lower(),
                "rightsIdentifierScheme": "SPDX" if spdx else "",
                "schemeUri": SCHEME_URIS["SPDX"] if spdx else "",
            }
            for name, uri, spdx in rights(record)
        ],
        "descriptions": [{"description": record.description, "descriptionType": "Abstract"}]
        if record.description
        else [],
        "fundingReferences": [
            {
                "funderName": one.funder,
                "funderIdentifier": one.identifier,
                "funderIdentifierType": funder_scheme(one.identifier) if one.identifier else "",
                "awardNumber": one.award,
                "awardTitle": one.award_title,
            }
            for one in record.funding
        ],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }


def _person(one: Person) -> dict[str, Any]:
    orcid = {
        "nameIdentifier": f"https://orcid.org/{one.orcid}",
        "nameIdentifierScheme": "ORCID",
        "schemeUri": SCHEME_URIS["ORCID"],
    }
    return {
        "name": family_first(one),
        "nameType": "Organizational" if one.is_group else "Personal",
        "givenName": one.given,
        "familyName": one.family,
        "nameIdentifiers": [orcid] if one.orcid else [],
        "affiliation": [
            {
                "name": place.name,
                "affiliationIdentifier": place.ror,
                "affiliationIdentifierScheme": "ROR" if place.ror else "",
                "schemeUri": SCHEME_URIS["ROR"] if place.ror else "",
            }
            for place in one.affiliations
        ],
    }


def _publisher(one: Organisation | None) -> dict[str, str]:
    if one is None:
        return {"name": UNAVAILABLE}
    scheme = {"publisherIdentifierScheme": "ROR", "schemeUri": SCHEME_URIS["ROR"]} if one.ror else {}
    return {"name": one.name, "publisherIdentifier": one.ror, **scheme}
