"""Read CSL-JSON, which the resolver of DOIs gives for Crossref and DataCite alike by content negotiation.

Format: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html; media type and negotiation:
https://citation.doi.org/docs.html.
"""

from __future__ import annotations

from catalog.exposure.record import Organisation
from catalog.sources import tolerant
from catalog.sources.facts import Agency, Creator, PublicationFacts
from catalog.sources.licences import licence_name

MEDIA_TYPE = "application/vnd.citationstyles.csl+json"


def read_csl(item: dict[str, object], doi: str) -> PublicationFacts | None:
    """Return the facts of a CSL-JSON item, or None when it has no title."""
    title = tolerant.line(item.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    published = tolerant.csl_date(item.get("issued"))
    agency: Agency = "crossref" if tolerant.line(item.get("source")).lower() == "crossref" else "other"
    return PublicationFacts(
        doi=doi,
        title=title,
        agency=agency,
        creators=tuple(
            creator
            for entry in tolerant.entries(item.get("author"), tolerant.MAX_CREATORS)
            if (creator := read_name(entry)) is not None
        ),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        venue=tolerant.line(item.get("container-title"), 500),
        publisher=tolerant.line(item.get("publisher"), 500),
        licence=licence_of(item),
        abstract=tolerant.prose(item.get("abstract")),
        url=tolerant.web_address(item.get("URL")),
        type=tolerant.line(item.get("type"), 80),
        subjects=tolerant.keywords(item.get("subject")),
    )


def read_name(entry: object) -> Creator | None:
    """Return a creator from a CSL name: family and given names, or a literal."""
    person = tolerant.mapping(entry)
    family, given = tolerant.line(person.get("family")), tolerant.line(person.get("given"))
    particle = tolerant.line(person.get("non-dropping-particle"))
    name = " ".join(part for part in (given, particle, family) if part)
    name = name or tolerant.line(person.get("literal")) or tolerant.line(person.get("name"))
    if not name:
        return None
    return Creator(
        name,
        given,
        " ".join(part for part in (particle, family) if part),
        tolerant.orcid(person.get("ORCID")),
        tuple(
            one
            for entry in tolerant.entries(person.get("affiliation"), 20)
            if (one := _affiliation(tolerant.mapping(entry))) is not None
        ),
        is_group=not family and not given,
    )


def _affiliation(entry: dict[str, object]) -> Organisation | None:
    """Return an affiliation as Crossref gives it, with its ROR id where there is one."""
    ids = [tolerant.mapping(one) for one in tolerant.entries(entry.get("id"), 5)]
    rors = [found for one in ids if (found := tolerant.ror(one.get("id")))]
    return tolerant.affiliation(entry.get("name"), rors[0] if rors else "")


def licence_of(item: dict[str, object]) -> str:
    """Return the licence of the version of record where there is one, else the first that is named."""
    found = [tolerant.mapping(entry) for entry in tolerant.entries(item.get("license"), 20)]
    found.sort(key=lambda entry: entry.get("content-version") != "vor")
    names = [name for entry in found if (name := licence_name(entry.get("URL")))]
    return (names[0] if names else licence_name(item.get("copyright")))[:200]
