"""Read a dataset of a Dataverse installation.

Format: https://guides.dataverse.org/en/latest/api/native-api.html, "Get JSON Representation of a Dataset". Nothing in a
DOI says that it is of a Dataverse: the address that it leads to does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from catalog.exposure.record import Access, File, Organisation, Subject
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import Creator, DatasetFacts, Found, Funder, Related
from catalog.sources.licences import licence_name
from catalog.sources.reference import Reference

_PAGES: Final = re.compile(r"/(?:dataset\.xhtml|citation|file\.xhtml)$")


class Dataverse:
    """Dataverse installations: those that are named, and all whose pages look like one."""

    name = "Dataverse"
    is_git_host = False

    def __init__(self, endpoints: Sequence[str] = ()) -> None:
        self._hosts = {urlsplit(one).netloc.lower() for one in endpoints}

    def detect(self, reference: Reference) -> str:
        """Return the installation's address, where the page of a dataset with a DOI is at one."""
        if not reference.doi or not reference.url:
            return ""
        parts = urlsplit(reference.url)
        is_page = bool(_PAGES.search(parts.path)) and "persistentId=" in parts.query
        return f"{parts.scheme}://{parts.netloc}" if is_page or reference.host in self._hosts else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the newest published version of the dataset."""
        url = f"{place}/api/datasets/:persistentId/?persistentId=doi:{quote(reference.doi, safe='/')}"
        answer = asking.json(url, about=reference.text)
        facts = read_dataverse(tolerant.mapping(tolerant.mapping(answer).get("data")), reference.doi, place)
        if facts is None:
            raise SourceFailed("metadata-unreachable", doi=reference.text, reason="its answer is no dataset")
        return (Found(self.name, datasets=(facts,)),)


def read_dataverse(data: dict[str, object], doi: str, place: str) -> DatasetFacts | None:
    """Return the facts of a dataset, or None when it has no title. `place` is the installation's address."""
    version = tolerant.mapping(data.get("latestVersion"))
    blocks = tolerant.mapping(version.get("metadataBlocks"))
    citation = _fields(tolerant.mapping(blocks.get("citation")))
    title = tolerant.line(citation.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    published = tolerant.iso_date(data.get("publicationDate") or version.get("releaseTime"))
    descriptions = [tolerant.prose(one.get("dsDescriptionValue")) for one in _compounds(citation.get("dsDescription"))]
    files = _files(version.get("files"), place)
    publisher = tolerant.line(data.get("publisher"), 500)
    licence = version.get("license")
    numbers = [version.get("versionNumber"), version.get("versionMinorNumber")]
    return DatasetFacts(
        title=title,
        doi=doi,
        url=tolerant.web_address(data.get("persistentUrl")),
        description="\n\n".join(text for text in descriptions if text)[: tolerant.MAX_ABSTRACT],
        creators=_creators(_compounds(citation.get("author"))),
        publisher=Organisation(publisher) if publisher else None,
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        version=".".join(str(one) for one in numbers if isinstance(one, int))[:80],
        licence=_licence(licence),
        access=_access(version.get("files")),
        subjects=_subjects(citation),
        funders=_funders(_compounds(citation.get("grantNumber"))),
        files=files,
        size_bytes=sum(one.size_bytes or 0 for one in files) if files else None,
        related=_related(_compounds(citation.get("publication"))),
        notes=tolerant.cut_note(version.get("files")),
    )


def _fields(block: dict[str, object]) -> dict[str, object]:
    """Return the values of a metadata block by the names of their types."""
    found = [tolerant.mapping(entry) for entry in tolerant.entries(block.get("fields"))]
    return {tolerant.line(one.get("typeName"), 80): one.get("value") for one in found}


def _compounds(value: object) -> list[dict[str, object]]:
    """Return the entries of a compound field, each as values by name."""
    found = []
    for item in tolerant.entries(value, tolerant.MAX_CREATORS):
        entry = tolerant.mapping(item)
        found.append({name: tolerant.mapping(one).get("value") for name, one in entry.items()})
    return found


def _creators(entries: Iterable[dict[str, object]]) -> tuple[Creator, ...]:
    people: list[Creator] = []
    for entry in entries:
        name = tolerant.line(entry.get("authorName"))
        family, comma, given = (part.strip() for part in name.partition(","))
        work = tolerant.affiliation(_plain(entry.get("authorAffiliation")))
        orcid = tolerant.orcid(entry.get("authorIdentifier"))
        if name:
            shown = f"{given} {family}".strip() if comma else name
            people.append(Creator(shown, given, family if comma else "", orcid, (work,) if work else ()))
    return tuple(people)


def _plain(value: object) -> object:
    """Take an affiliation out of the brackets that the pages put around it."""
    return value.strip().removeprefix("(").removesuffix(")") if isinstance(value, str) else value


def _licence(value: object) -> str:
    said = tolerant.mapping(value)
    if said:
        return (licence_name(said.get("uri")) or licence_name(said.get("name")))[:200]
    # Before Dataverse 5.10: "CC0" or "NONE".
    return "CC0-1.0" if value == "CC0" else ""


def _access(value: object) -> Access:
    files = [tolerant.mapping(entry) for entry in tolerant.entries(value, tolerant.MAX_FILES)]
    closed = [one.get("restricted") for one in files]
    if not closed or not all(isinstance(one, bool) for one in closed):
        return "unknown"
    return "restricted" if any(closed) else "open"


def _subjects(citation: dict[str, object]) -> tuple[Subject, ...]:
    words = [one.get("keywordValue") for one in _compounds(citation.get("keyword"))]
    return tolerant.keywords([*words, *tolerant.entries(citation.get("subject"))])


def _funders(entries: Iterable[dict[str, object]]) -> tuple[Funder, ...]:
    return tuple(
        Funder(name, "", tolerant.line(entry.get("grantNumberValue"), 100))
        for entry in entries
        if (name := tolerant.line(entry.get("grantNumberAgency")))
    )


def _files(value: object, place: str) -> tuple[File, ...]:
    files: dict[str, File] = {}
    for item in tolerant.entries(value, tolerant.MAX_FILES):
        entry = tolerant.mapping(item)
        data = tolerant.mapping(entry.get("dataFile"))
        path = tolerant.file_path(entry.get("directoryLabel"), data.get("filename") or entry.get("label"))
        said = tolerant.mapping(data.get("checksum"))
        sha256, md5 = tolerant.checksum(said.get("value"), said.get("type"))
        if not sha256 and not md5:
            _, md5 = tolerant.checksum(data.get("md5"), "md5")
        number = data.get("id")
        address = f"{place}/api/access/datafile/{number}" if isinstance(number, int) and number > 0 else ""
        media_type = tolerant.line(data.get("contentType"), 100)
        if path:
            files[path] = File(path, tolerant.size(data.get("filesize")), media_type, sha256, md5, address)
    return tuple(files.values())


def _related(entries: Iterable[dict[str, object]]) -> tuple[Related, ...]:
    found: dict[Related, None] = {}
    for entry in entries:
        scheme = tolerant.line(entry.get("publicationIDType")).lower()
        number = entry.get("publicationIDNumber") if scheme in {"", "doi"} else None
        relation = tolerant.line(entry.get("publicationRelationType"), 60) or "IsSupplementTo"
        one = tolerant.related(relation, number, "JournalArticle") or tolerant.related(
            relation, entry.get("publicationURL"), "JournalArticle"
        )
        if one is not None:
            found[one] = None
    return tuple(found)
