"""OpenAIRE's guidelines for literature repositories, version 4.0 (namespace http://namespace.openaire.eu/schema/oaire/).

Its schema is older than DataCite 4.7: relations and identifiers that it has no word for are left out.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from catalog.exposure.datacite_words import topics
from catalog.exposure.documents import XML_LANG, child, root, xml_document
from catalog.exposure.funding_elements import add_funding
from catalog.exposure.plain import plain
from catalog.exposure.record import Identifier, Person, Record, Site
from catalog.exposure.words import (
    ACCESS,
    MOST_FILES,
    family_first,
    main_identifier,
    media_types,
    moments,
    other_identifiers,
    year,
)

NAME: Final = "oai_openaire"
SUFFIX: Final = "oai_openaire.xml"
MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "http://namespace.openaire.eu/schema/oaire/"
SCHEMA: Final = "https://www.openaire.eu/schema/repo-lit/4.0/openaire.xsd"
VERSION: Final = 1
_DATACITE: Final = "http://datacite.org/schema/kernel-4"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_COAR: Final = "http://purl.org/coar/resource_type/"
# Of COAR's vocabulary of resource types 1.1, which the schema lists.
_TYPES: Final = {
    "JournalArticle": ("journal article", "c_6501"),
    "ConferencePaper": ("conference paper", "c_5794"),
    "ConferenceProceeding": ("conference proceedings", "c_f744"),
    "Book": ("book", "c_2f33"),
    "BookChapter": ("book part", "c_3248"),
    "Dissertation": ("thesis", "c_46ec"),
    "Preprint": ("preprint", "c_816b"),
    "PeerReview": ("review", "c_efa0"),
    "Report": ("report", "c_93fc"),
    "Text": ("text", "c_18cf"),
}
_OTHER_TYPE: Final = ("other", "c_1843")
_RELATED_SCHEMES: Final = frozenset({"DOI", "URL", "ARK", "Handle", "URN", "arXiv"})
_NEWER_RELATIONS: Final = frozenset(
    {"IsPublishedIn", "Obsoletes", "IsObsoletedBy", "Collects", "IsCollectedBy", "HasTranslation"}
    | {"IsTranslationOf", "Other"}
)
_RELATED_TYPES: Final = frozenset(
    {"Audiovisual", "Collection", "DataPaper", "Dataset", "Event", "Image", "InteractiveResource", "Model"}
    | {"PhysicalObject", "Service", "Software", "Sound", "Text", "Workflow", "Other"}
)


def is_for(record: Record) -> bool:
    """Literature has it: publications and certificates."""
    return record.kind in {"publication", "certificate"}


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return xml_document(element(record, site))


def element(record: Record, site: Site) -> etree._Element:
    """Return the root, to be put into a reply."""
    record = plain(record)
    resource = root("resource", NAMESPACE, SCHEMA, datacite=_DATACITE, dc=_DC)
    titles = _cited(resource, "titles")
    child(titles, "title", record.title, **{XML_LANG: record.language})
    _add_people(resource, record)
    add_funding(resource, record)
    _add_identifiers(resource, record)
    _add_dates(resource, record)
    for name, text in (
        ("language", record.language),
        ("publisher", record.publisher.name if record.publisher else ""),
        ("description", record.description),
        *(("format", media_type) for media_type in media_types(record)),
    ):
        if text:
            child(resource, f"{{{_DC}}}{name}", text)
    words, term = _TYPES.get(record.resource_type, _OTHER_TYPE)
    general = "literature" if record.resource_type in _TYPES else "other research product"
    child(resource, "resourceType", words, resourceTypeGeneral=general, uri=_COAR + term)
    access = ACCESS[record.access]
    _cited(resource, "rights", access.label, rightsURI=access.coar)
    _add_subjects(resource, record)
    if record.venue:
        child(resource, "citationTitle", record.venue)
    if record.licence:
        child(resource, "licenseCondition", record.licence.name, uri=record.licence.url)
    for one in record.files[:MOST_FILES]:
        if one.url:
            child(resource, "file", one.url, mimeType=one.media_type, accessRightsURI=access.coar)
    return resource


def _cited(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    return child(parent, f"{{{_DATACITE}}}{name}", text, **attributes)


def _add_people(resource: etree._Element, record: Record) -> None:
    if record.creators:
        parent = _cited(resource, "creators")
        for person in record.creators:
            _add_person(_cited(parent, "creator"), "creatorName", person)
    if record.contributors:
        parent = _cited(resource, "contributors")
        for person in record.contributors:
            _add_person(_cited(parent, "contributor", contributorType="Other"), "contributorName", person)


def _add_person(parent: etree._Element, name: str, person: Person) -> None:
    child(parent, name, family_first(person), nameType="Organizational" if person.is_group else "Personal")
    for part, text in (("givenName", person.given), ("familyName", person.family)):
        if text:
            child(parent, part, text)
    if person.orcid:
        orcid = f"https://orcid.org/{person.orcid}"
        child(parent, "nameIdentifier", orcid, nameIdentifierScheme="ORCID", schemeURI="https://orcid.org")
    for one in person.affiliations:
        child(parent, "affiliation", one.name)


def _add_identifiers(resource: etree._Element, record: Record) -> None:
    identifier: Identifier = main_identifier(record)
    _cited(resource, "identifier", identifier.value, identifierType=identifier.scheme)
    others = other_identifiers(record)
    if others:
        parent = _cited(resource, "alternateIdentifiers")
        for one in others:
            child(parent, "alternateIdentifier", one.value, alternateIdentifierType=one.scheme)
    told = [
        relation
        for relation in record.relations
        if relation.identifier.scheme in _RELATED_SCHEMES and relation.relation not in _NEWER_RELATIONS
    ]
    if told:
        parent = _cited(resource, "relatedIdentifiers")
        for relation in told:
            child(
                parent,
                "relatedIdentifier",
                relation.identifier.value,
                relatedIdentifierType=relation.identifier.scheme,
                relationType=relation.relation,
                resourceTypeGeneral=relation.resource_type if relation.resource_type in _RELATED_TYPES else "",
            )


def _add_dates(resource: etree._Element, record: Record) -> None:
    """The date of issue is mandatory there; a year stands for it where only another date is known."""
    dates = _cited(resource, "dates")
    found = moments(record)
    if not any(moment.kind == "Issued" for moment in found):
        child(dates, "date", year(record), dateType="Issued", dateInformation="not known; the first date on record")
    for moment in found:
        child(dates, "date", moment.text, dateType=moment.kind, dateInformation=moment.note)


def _add_subjects(resource: etree._Element, record: Record) -> None:
    if topics(record):
        subjects = _cited(resource, "subjects")
        for topic in topics(record):
            named = {"subjectScheme": topic.scheme, "schemeURI": topic.scheme_uri, "valueURI": topic.uri}
            child(subjects, "subject", topic.text, **named)
