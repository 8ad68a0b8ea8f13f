"""The Citation File Format 1.2.0 (https://citation-file-format.github.io), which knows software and datasets alone."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from catalog.exposure.documents import filled_object
from catalog.exposure.plain import plain
from catalog.exposure.record import Identifier, Person, Record, Site
from catalog.exposure.words import identifier_url, issued, main_identifier, named, other_identifiers

NAME: Final = "citation_cff"
SUFFIX: Final = "cff"
MEDIA_TYPE: Final = "application/vnd.citation-file-format+yaml"
_DOI: Final = re.compile(r"10\.\d{4,9}(?:\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")
_REFERENCES: Final = {
    "JournalArticle": "article",
    "ConferencePaper": "conference-paper",
    "Dataset": "data",
    "ComputationalNotebook": "software-code",
    "Software": "software",
    "Report": "report",
}
# Its schema lists the ids of the SPDX list of May 2021. Of those, the licences that data and notebooks carry; any other
# is named by its address.
_LICENCES: Final = frozenset(
    {"0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0"}
    | {"CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0"}
    | {"CC-BY-SA-4.0", "CC0-1.0", "CECILL-2.1", "EUPL-1.2", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only"}
    | {"GPL-3.0-or-later", "ISC", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"}
    | {"MIT", "MPL-2.0", "ODbL-1.0", "PDDL-1.0", "Unlicense", "Zlib"}
)


def is_for(record: Record) -> bool:
    """Data and software have it."""
    return record.kind in {"dataset", "notebooks", "environment"}


def write(record: Record, site: Site) -> bytes:
    """Return the whole file."""
    document = filled_object(_document(plain(record)))
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    return text.encode()


def _document(record: Record) -> dict[str, Any]:
    licence = record.licence
    is_listed = bool(licence and licence.spdx in _LICENCES)
    known = issued(record)
    return {
        "cff-version": "1.2.0",
        "message": "Please cite it by this metadata.",
        "title": record.title,
        "type": "dataset" if record.kind == "dataset" else "software",
        # The schema asks for one author at least.
        "authors": [_author(one) for one in record.creators] or [{"name": "(:unav)"}],
        "abstract": record.description,
        "doi": record.doi if _DOI.fullmatch(record.doi) else "",
        "url": record.url,
        "repository-code": record.code_repository,
        "commit": record.commit,
        "version": record.version,
        "date-released": known if len(known) == 10 else "",
        "license": licence.spdx if licence and is_listed else "",
        "license-url": licence.url if licence and not is_listed else "",
        "keywords": list(dict.fromkeys(one.text for one in (*record.techniques, *record.subjects))),
        "identifiers": [_identifier(one) for one in _identifiers(record)],
        "references": [
            {
                "type": _REFERENCES.get(one.resource_type, "generic"),
                "title": one.title or named(one.identifier),
                "authors": [{"name": "(:unav)"}],
                "identifiers": [_identifier(one.identifier)],
                "scope": one.relation,
            }
            for one in record.relations
        ],
    }


def _author(one: Person) -> dict[str, Any]:
    orcid = f"https://orcid.org/{one.orcid}" if one.orcid else ""
    if not one.family:
        return {"name": one.name, "orcid": orcid}
    places = "; ".join(place.name for place in one.affiliations)
    return {"family-names": one.family, "given-names": one.given, "orcid": orcid, "affiliation": places}


def _identifiers(record: Record) -> list[Identifier]:
    is_told = _DOI.fullmatch(record.doi) or not record.doi
    return [*(() if is_told else (main_identifier(record),)), *other_identifiers(record)]


def _identifier(one: Identifier) -> dict[str, str]:
    if one.scheme == "DOI" and _DOI.fullmatch(one.value):
        return {"type": "doi", "value": one.value}
    if one.scheme == "SWHID":
        return {"type": "swh", "value": one.value.partition(";")[0]}
    url = identifier_url(one)
    return {"type": "url", "value": url} if url else {"type": "other", "value": one.value}
