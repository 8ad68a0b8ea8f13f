"""People, organisations, licences and related things as nodes of schema.org, for all JSON-LD that uses its words."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure.record import File, Funding, Identifier, Licence, Organisation, Person, Relation, Subject
from catalog.exposure.words import identifier_url, named

# https://schema.org/ has no word for many relations of DataCite's; those that it has no word for are mentions.
PROPERTIES: Final = {
    "Cites": "citation",
    "References": "citation",
    "IsPartOf": "isPartOf",
    "IsPublishedIn": "isPartOf",
    "HasPart": "hasPart",
    "IsDerivedFrom": "isBasedOn",
    "IsCompiledBy": "isBasedOn",
    "Requires": "isBasedOn",
    "IsNewVersionOf": "isBasedOn",
    "IsVersionOf": "exampleOfWork",
    "HasVersion": "workExample",
    "IsIdenticalTo": "sameAs",
    "IsTranslationOf": "translationOfWork",
    "HasTranslation": "workTranslation",
    "IsReviewedBy": "subjectOf",
    "IsDescribedBy": "subjectOf",
    "IsDocumentedBy": "subjectOf",
    "IsReferencedBy": "subjectOf",
    "IsCitedBy": "subjectOf",
    "IsSupplementTo": "about",
    "Describes": "about",
    "Documents": "about",
    "Reviews": "itemReviewed",
}
_TYPES: Final = {
    "Dataset": "Dataset",
    "ComputationalNotebook": "SoftwareSourceCode",
    "Software": "SoftwareSourceCode",
    "Workflow": "SoftwareSourceCode",
    "JournalArticle": "ScholarlyArticle",
    "ConferencePaper": "ScholarlyArticle",
    "Preprint": "ScholarlyArticle",
    "PeerReview": "Review",
    "Report": "Report",
    "Image": "ImageObject",
    "Book": "Book",
    "Dissertation": "Thesis",
    "Collection": "Collection",
}
_FOR_REVIEWS_ALONE: Final = "itemReviewed"


def person(one: Person) -> dict[str, Any]:
    """Return a person, or a group of people as an organisation."""
    if one.is_group:
        return {"@type": "Organization", "name": one.name}
    return {
        "@type": "Person",
        "@id": f"https://orcid.org/{one.orcid}" if one.orcid else "",
        "name": one.name,
        "givenName": one.given,
        "familyName": one.family,
        "affiliation": [organisation(place) for place in one.affiliations],
    }


def organisation(one: Organisation) -> dict[str, Any]:
    """Return an organisation, named by its ROR where it has one."""
    return {"@type": "Organization", "@id": one.ror, "name": one.name}


def identifier(one: Identifier) -> dict[str, Any]:
    """Return an identifier with its scheme; Google and F-UJI read it so."""
    return {"@type": "PropertyValue", "propertyID": one.scheme, "value": one.value, "url": identifier_url(one)}


def licence(one: Licence) -> str:
    """Return where the terms stand, or their name."""
    return one.url or (f"https://spdx.org/licenses/{one.spdx}" if one.spdx else one.name)


def topic(one: Subject) -> dict[str, Any] | str:
    """Return a keyword, or a term of a vocabulary."""
    if not one.uri:
        return one.text
    terms = {"@type": "DefinedTermSet", "@id": one.scheme_uri, "name": one.scheme} if one.scheme else {}
    return {"@type": "DefinedTerm", "@id": one.uri, "name": one.text, "inDefinedTermSet": terms}


def funding(one: Funding) -> dict[str, Any]:
    """Return a grant with who gave it."""
    funder = {"@type": "Organization", "@id": one.identifier, "name": one.funder}
    return {"@type": "Grant", "identifier": one.award, "name": one.award_title, "funder": funder}


def relations(found: tuple[Relation, ...], *, is_review: bool = False) -> dict[str, list[dict[str, Any]]]:
    """Return what is related by the property that says how; only a review reviews an item there."""
    by_property: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        name = PROPERTIES.get(one.relation, "mentions")
        if name == _FOR_REVIEWS_ALONE and not is_review:
            name = "about"
        by_property.setdefault(name, []).append(related(one))
    return by_property


def related(one: Relation) -> dict[str, Any]:
    """Return what is related as a node of its own, with what lies there where that is a file."""
    node = {
        "@type": _TYPES.get(one.resource_type, "CreativeWork"),
        "@id": identifier_url(one.identifier),
        "name": one.title or named(one.identifier),
        "identifier": identifier(one.identifier),
    }
    return {**media(one.file), **node} if one.file else node


def media(one: File) -> dict[str, Any]:
    """Return a file that can be had."""
    return {
        "@type": "MediaObject",
        "name": one.path,
        "contentUrl": one.url,
        "encodingFormat": one.media_type,
        "contentSize": f"{one.size_bytes} B" if one.size_bytes is not None else "",
        "sha256": one.sha256,
    }
