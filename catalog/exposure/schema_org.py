"""schema.org in JSON-LD, as search engines, PaN-training and F-UJI read it from pages."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure import linked
from catalog.exposure.documents import filled_object, json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Outcome, Record, Site
from catalog.exposure.words import (
    MOST_FILES,
    PUBLIC_METADATA,
    day_text,
    issued,
    main_identifier,
    other_identifiers,
    page_or_doi,
    sizes,
    summary,
    type_words,
)

NAME: Final = "schema_org"
SUFFIX: Final = "jsonld"
MEDIA_TYPE: Final = "application/ld+json"
# Google takes a description of a dataset of 50 to 5000 signs.
LEAST_DESCRIPTION: Final = 50
MOST_DESCRIPTION: Final = 5000
_KINDS: Final = {
    "publication": "ScholarlyArticle",
    "dataset": "Dataset",
    "notebooks": "SoftwareSourceCode",
    "environment": "SoftwareApplication",
    "certificate": "Review",
}
_GOOD: Final = frozenset({"identical", "reproduced"})


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return json_document(node(record, site))


def node(record: Record, site: Site) -> dict[str, Any]:
    """Return the record as one object, to be written or to be put into a page."""
    record = plain(record)
    of_its_kind = _of_its_kind(record)
    for name, nodes in linked.relations(record.relations, is_review=record.kind == "certificate").items():
        of_its_kind[name] = [*of_its_kind.get(name, []), *nodes]
    return filled_object({**_about(record, site), **_rights(record), **of_its_kind})


def _about(record: Record, site: Site) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": _KINDS[record.kind],
        "@id": page_or_doi(record),
        "name": record.title,
        "headline": record.title if record.kind == "publication" else "",
        "description": _description(record, site),
        "url": record.url,
        "identifier": [linked.identifier(one) for one in (main_identifier(record), *other_identifiers(record))],
        "additionalType": type_words(record),
        "author": [linked.person(one) for one in record.creators],
        "contributor": [linked.person(one) for one in record.contributors],
        "publisher": linked.organisation(record.publisher) if record.publisher else {},
        "datePublished": issued(record),
        "dateCreated": _day(record, "Created"),
        "dateModified": _day(record, "Updated"),
        "inLanguage": record.language,
        "version": record.version,
        "keywords": [linked.topic(one) for one in (*record.techniques, *record.subjects)],
        "sourceOrganization": linked.organisation(record.facility) if record.facility else {},
        "funding": [linked.funding(one) for one in record.funding],
        "includedInDataCatalog": {"@type": "DataCatalog", "name": site.name, "url": site.url}
        if record.kind == "dataset"
        else {},
        "sdDatePublished": day_text(record.updated_at),
        "sdPublisher": {"@type": "Organization", "name": site.operator.name if site.operator else site.name},
        "sdLicense": PUBLIC_METADATA,
        "size": ", ".join(sizes(record)),
    }


def _description(record: Record, site: Site) -> str:
    text = summary(record, site)
    if len(text) < LEAST_DESCRIPTION:
        text = f"{text} {type_words(record)} “{record.title}”, in the catalogue of {site.name}."
    if len(text) < LEAST_DESCRIPTION:
        text = f"{text} What is known of it stands at {record.url}."
    return text if len(text) <= MOST_DESCRIPTION else text[: MOST_DESCRIPTION - 1].rstrip() + "…"


def _day(record: Record, kind: str) -> str:
    return next((day_text(day.at) for day in record.days if day.kind == kind), "")


def _rights(record: Record) -> dict[str, Any]:
    is_free = {"open": True, "embargoed": False, "restricted": False, "unknown": None}[record.access]
    until = f" until {record.embargo_until}" if record.access == "embargoed" and record.embargo_until else ""
    return {
        "license": linked.licence(record.licence) if record.licence else "",
        "isAccessibleForFree": is_free,
        "conditionsOfAccess": "" if record.access == "unknown" else record.access + until,
    }


def _of_its_kind(record: Record) -> dict[str, Any]:
    if record.kind == "publication":
        venue = [{"@type": "Periodical", "name": record.venue}] if record.venue else []
        return {"isPartOf": venue, "hasPart": _parts(record)}
    if record.kind == "dataset":
        return {
            "distribution": [{**linked.media(one), "@type": "DataDownload"} for one in record.files[:MOST_FILES]],
            "measurementTechnique": [linked.topic(one) for one in record.techniques],
        }
    if record.kind == "certificate":
        return {**_review(record), "hasPart": _parts(record)}
    is_source = record.kind == "notebooks"
    return {
        "hasPart": _parts(record),
        "codeRepository": record.code_repository if is_source else "",
        "programmingLanguage": record.programming_language if is_source else "",
        "softwareRequirements": [f"{one.name} {one.version}".strip() for one in record.software],
        "subjectOf": [_outcome(one) for one in record.outcomes],
    }


def _parts(record: Record) -> list[dict[str, Any]]:
    """Return the files that can be had of what is no dataset, which alone has distributions there."""
    return [linked.media(one) for one in record.files[:MOST_FILES] if one.url]


def _review(record: Record) -> dict[str, Any]:
    outcomes = record.outcomes
    is_good = all(one.verdict in _GOOD for one in outcomes)
    return {
        "reviewAspect": "computational reproducibility",
        "reviewBody": " ".join(f"{one.claim}: {one.sentence or one.verdict}" for one in outcomes),
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": int(is_good),
            "worstRating": 0,
            "bestRating": 1,
            "ratingExplanation": ", ".join(dict.fromkeys(one.verdict for one in outcomes)),
        }
        if outcomes
        else {},
        "expires": day_text(record.valid_until) if record.valid_until else "",
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "@type": "Review",
        "@id": one.url,
        "name": f"{one.claim}: {one.verdict}",
        "reviewBody": one.sentence or one.verdict,
        "datePublished": day_text(one.seen_at),
    }
