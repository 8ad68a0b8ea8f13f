"""Read CITATION.cff: who made the repository, under which licence, and for which paper.

Format: Citation File Format 1.2.0, https://github.com/citation-file-format/citation-file-format/blob/main/schema-guide.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from catalog.exposure.record import Subject
from catalog.sources import tolerant
from catalog.sources.facts import Creator
from catalog.sources.licences import licence_name
from catalog.sources.safe_yaml import read_mapping

FILE_NAME: Final = "CITATION.cff"


@dataclass(frozen=True, slots=True)
class Citation:
    """What CITATION.cff says: `doi` is the repository's own, `paper_doi` that of preferred-citation."""

    title: str
    creators: tuple[Creator, ...]
    keywords: tuple[Subject, ...] = ()
    licence: str = ""
    abstract: str = ""
    doi: str = ""
    paper_doi: str = ""
    paper_title: str = ""
    released_on: date | None = None


def read_citation(directory: Path) -> Citation | None:
    """Return what CITATION.cff in `directory` says, or None when there is no such file.

    Raises ManifestError (recipe-unreadable) when it is there and cannot be read.
    """
    path = directory / FILE_NAME
    if not path.exists() and not path.is_symlink():
        return None
    return citation_of(read_mapping(path))


def citation_of(found: dict[str, object]) -> Citation:
    """Return what the mapping in a CITATION.cff says."""
    paper = tolerant.mapping(found.get("preferred-citation"))
    released = tolerant.iso_date(found.get("date-released"))
    return Citation(
        title=tolerant.line(found.get("title"), tolerant.MAX_TITLE),
        creators=_creators(found.get("authors")),
        keywords=tolerant.keywords(found.get("keywords")),
        licence=_licence(found),
        abstract=tolerant.prose(found.get("abstract")),
        doi=_own_doi(found),
        paper_doi=tolerant.doi(paper.get("doi")),
        paper_title=tolerant.line(paper.get("title"), tolerant.MAX_TITLE),
        released_on=released[0] if released else None,
    )


def _creators(value: object) -> tuple[Creator, ...]:
    people: list[Creator] = []
    for entry in tolerant.entries(value, tolerant.MAX_CREATORS):
        author = tolerant.mapping(entry)
        given = tolerant.line(author.get("given-names"))
        family = " ".join(
            part
            for field in ("name-particle", "family-names", "name-suffix")
            if (part := tolerant.line(author.get(field)))
        )
        # An entity has a name, someone who goes by one only an alias.
        name = f"{given} {family}".strip() or tolerant.line(author.get("name")) or tolerant.line(author.get("alias"))
        if name:
            work = tolerant.affiliation(author.get("affiliation"))
            orcid = tolerant.orcid(author.get("orcid"))
            people.append(Creator(name, given, family, orcid, (work,) if work else (), is_group="name" in author))
    return tuple(people)


def _licence(found: dict[str, object]) -> str:
    # Several licences are alternatives by the schema guide.
    names = [name for entry in tolerant.entries(found.get("license"), 10) if (name := licence_name(entry))]
    return (" OR ".join(names) or tolerant.web_address(found.get("license-url")))[:200]


def _own_doi(found: dict[str, object]) -> str:
    if doi := tolerant.doi(found.get("doi")):
        return doi
    for entry in tolerant.entries(found.get("identifiers"), 20):
        identifier = tolerant.mapping(entry)
        if identifier.get("type") == "doi" and (doi := tolerant.doi(identifier.get("value"))):
            return doi
    return ""
