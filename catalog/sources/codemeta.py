"""Read codemeta.json: who made the software, under which licence, and for which paper.

Format: CodeMeta 2 and 3, https://codemeta.github.io/terms/. The terms are read by their names; the context of the
JSON-LD is not fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalog.exposure.record import Subject
from catalog.sources import tolerant
from catalog.sources.facts import Creator, Funder, Related
from catalog.sources.licences import licence_name

FILE_NAME: Final = "codemeta.json"


@dataclass(frozen=True, slots=True)
class CodeMeta:
    """What codemeta.json says: `doi` is the software's own, `paper_doi` that of its referencePublication."""

    name: str = ""
    description: str = ""
    licence: str = ""
    creators: tuple[Creator, ...] = ()
    keywords: tuple[Subject, ...] = ()
    repository: str = ""
    version: str = ""
    doi: str = ""
    paper_doi: str = ""
    paper_title: str = ""
    related: tuple[Related, ...] = ()
    funders: tuple[Funder, ...] = ()


def codemeta_of(found: dict[str, object]) -> CodeMeta:
    """Return what the object in a codemeta.json says."""
    papers = [_named(one) for one in tolerant.entries(found.get("referencePublication"), 20)]
    papers = [one for one in papers if one[0]]
    licences = [name for one in tolerant.entries(found.get("license"), 10) if (name := _licence(one))]
    identifiers = [tolerant.doi(_identifier(one)) for one in tolerant.entries(found.get("identifier"), 20)]
    own = [tolerant.doi(found.get("@id")), *identifiers]
    related = [tolerant.related("References", doi, "JournalArticle") for doi, _ in papers[1:]]
    funders = [tolerant.line(tolerant.mapping(one).get("name")) for one in tolerant.entries(found.get("funder"), 20)]
    return CodeMeta(
        name=tolerant.line(found.get("name"), tolerant.MAX_TITLE),
        description=tolerant.prose(found.get("description")),
        licence=" OR ".join(licences)[:200],
        creators=creators_of(found.get("author")),
        keywords=tolerant.keywords(found.get("keywords")),
        repository=tolerant.web_address(found.get("codeRepository")),
        version=tolerant.line(found.get("version") or found.get("softwareVersion"), 80),
        doi=next((one for one in own if one), ""),
        paper_doi=papers[0][0] if papers else "",
        paper_title=papers[0][1] if papers else "",
        related=tuple(one for one in related if one is not None),
        funders=tuple(Funder(name) for name in funders if name),
    )


def creators_of(value: object) -> tuple[Creator, ...]:
    """Return the people and organisations in a schema.org author, one or a list."""
    people: list[Creator] = []
    for item in tolerant.entries(value, tolerant.MAX_CREATORS):
        entry = tolerant.mapping(item)
        given, family = tolerant.line(entry.get("givenName")), tolerant.line(entry.get("familyName"))
        name = f"{given} {family}".strip() or tolerant.line(entry.get("name") if entry else item)
        works = [tolerant.mapping(one) for one in tolerant.entries(entry.get("affiliation"), 20)]
        places = (tolerant.affiliation(one.get("name"), one.get("@id")) for one in works)
        if name:
            people.append(
                Creator(
                    name,
                    given,
                    family,
                    tolerant.orcid(entry.get("@id")) or tolerant.orcid(entry.get("identifier")),
                    tuple(one for one in places if one is not None),
                    is_group=entry.get("@type") == "Organization",
                )
            )
    return tuple(people)


def _licence(value: object) -> str:
    entry = tolerant.mapping(value)
    return licence_name(entry.get("url") or entry.get("@id") or entry.get("name")) if entry else licence_name(value)


def _identifier(value: object) -> object:
    entry = tolerant.mapping(value)
    return (entry.get("value") or entry.get("@id")) if entry else value


def _named(value: object) -> tuple[str, str]:
    """Return DOI and title of a publication that is given as an object or as an address."""
    entry = tolerant.mapping(value)
    if not entry:
        return tolerant.doi(value), ""
    told = [entry.get("@id"), entry.get("url"), *map(_identifier, tolerant.entries(entry.get("identifier"), 10))]
    doi = next((found for one in told if (found := tolerant.doi(one))), "")
    return doi, tolerant.line(entry.get("name") or entry.get("headline"), tolerant.MAX_TITLE)
