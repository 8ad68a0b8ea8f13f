"""CSL-JSON, which reference managers and citation processors read (https://citationstyles.org)."""

from __future__ import annotations

from typing import Any, Final

from catalog.exposure.documents import json_document
from catalog.exposure.plain import plain
from catalog.exposure.record import Person, Record, Site
from catalog.exposure.words import issued, page_or_doi, type_words

NAME: Final = "csl_json"
SUFFIX: Final = "csl.json"
MEDIA_TYPE: Final = "application/vnd.citationstyles.csl+json"
_TYPES: Final = {
    "JournalArticle": "article-journal",
    "ConferencePaper": "paper-conference",
    "Preprint": "article",
    "Book": "book",
    "BookChapter": "chapter",
    "Dissertation": "thesis",
    "Report": "report",
    "PeerReview": "review",
    "Dataset": "dataset",
    "ComputationalNotebook": "software",
    "Software": "software",
    "Workflow": "software",
    "Standard": "standard",
    "Image": "graphic",
    "Collection": "collection",
}


def is_for(record: Record) -> bool:
    """Every record has it."""
    return True


def write(record: Record, site: Site) -> bytes:
    """Return the whole document: a list of one item."""
    return json_document([item(record)])


def item(record: Record) -> dict[str, Any]:
    """Return the item, those variables included that are empty."""
    record = plain(record)
    known = issued(record)
    return {
        "type": _TYPES.get(record.resource_type, "document"),
        "id": page_or_doi(record),
        "title": record.title,
        "author": [_name(one) for one in record.creators],
        "contributor": [_name(one) for one in record.contributors],
        "issued": {"date-parts": [[int(part) for part in known.split("-")]]} if known else {},
        "container-title": record.venue,
        "publisher": record.publisher.name if record.publisher else "",
        "DOI": record.doi,
        "URL": record.url,
        "abstract": record.description,
        "version": record.version,
        "language": record.language,
        "genre": type_words(record),
        "keyword": ", ".join(one.text for one in (*record.techniques, *record.subjects)),
    }


def _name(one: Person) -> dict[str, str]:
    return {"family": one.family, "given": one.given} if one.family else {"literal": one.name}
