"""Read a work of Crossref's REST API: what content negotiation leaves out.

Format: https://github.com/CrossRef/rest-api-doc/blob/master/api_format.md, etiquette ("mailto" for the polite pool):
https://www.crossref.org/documentation/retrieve-metadata/rest-api/.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from catalog.identifiers import doi_url
from catalog.sources import tolerant
from catalog.sources.csl import read_csl
from catalog.sources.facts import Funder, PublicationFacts, Related


def work_url(endpoint: str, doi: str, contact: str) -> str:
    """Return the address of the work, with the e-mail address in `contact` where it is one."""
    mailto = f"?mailto={quote(contact, safe='@')}" if "@" in contact else ""
    return f"{endpoint.rstrip('/')}/works/{quote(doi, safe='')}{mailto}"


def read_work(body: bytes, doi: str) -> PublicationFacts | None:
    """Return the facts in the answer of /works/{doi}, or None when it holds no work with a title."""
    work = tolerant.mapping((tolerant.parse_object(body) or {}).get("message"))
    # The fields that CSL-JSON has too were named after it.
    facts = read_csl(work, doi)
    if facts is None:
        return None
    funders = [tolerant.mapping(entry) for entry in tolerant.entries(work.get("funder"), 50)]
    return replace(
        facts,
        agency="crossref",
        related=_relations(work.get("relation")),
        funders=tuple(
            Funder(
                name,
                doi_url(tolerant.line(funder.get("DOI"))) if funder.get("DOI") else "",
                ", ".join(tolerant.line(award) for award in tolerant.entries(funder.get("award"), 20))[:300],
            )
            for funder in funders
            if (name := tolerant.line(funder.get("name")))
        ),
    )


def _relations(value: object) -> tuple[Related, ...]:
    """Read {"is-supplemented-by": [{"id-type": "doi", "id": …}]}, the relations under DataCite's names."""
    found: dict[Related, None] = {}
    for name, things in list(tolerant.mapping(value).items())[:50]:
        relation = "".join(word.capitalize() for word in name[:60].split("-"))
        for thing in tolerant.entries(things):
            entry = tolerant.related(relation, tolerant.mapping(thing).get("id"))
            if entry is not None and len(found) < tolerant.MAX_RELATED:
                found[entry] = None
    return tuple(found)
