"""Ask SciCat installations of what they published, without an account.

Format: the OpenAPI description that each installation shows at /explorer (https://github.com/SciCatProject/backend):
`publisheddata/{doi}` and, for the files, `datasets/{pid}/origdatablocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from catalog.exposure.record import File
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import Creator, DatasetFacts, Found, Related
from catalog.sources.reference import Reference

MOST_DATASETS: Final = 5


class SciCat:
    """The SciCat installations that this one names, by the address of their API (https://…/api/v3)."""

    name = "SciCat"
    is_git_host = False

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = [one.rstrip("/") for one in endpoints]

    def detect(self, reference: Reference) -> str:
        """Return the DOI, once it turned out to be of data, or when it stands in an address of an installation."""
        is_page = any(urlsplit(one).netloc.lower() == reference.host for one in self._endpoints)
        return reference.doi if self._endpoints and (reference.is_data or is_page) else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the publication of data of the first installation that knows it, with the files that are public."""
        failure: SourceFailed | None = None
        for endpoint in self._endpoints:
            try:
                answer = asking.json(f"{endpoint}/publisheddata/{quote(place, safe='')}", about=reference.text)
            except SourceFailed as error:
                failure = error if error.kind_id != "reference-unknown" else failure
                continue
            said = _flat(tolerant.mapping(answer))
            pids = [pid for one in tolerant.entries(said.get("pidArray")) if (pid := tolerant.line(one))]
            blocks = [self._blocks(endpoint, pid, reference, asking) for pid in pids[:MOST_DATASETS]]
            facts = read_published(said, place, [one for several in blocks for one in several])
            if facts is not None:
                return (Found(self.name, datasets=(facts,)),)
        if failure is not None:
            raise failure
        return ()

    def _blocks(self, endpoint: str, pid: str, reference: Reference, asking: Asking) -> list[object]:
        try:
            answer = asking.json(f"{endpoint}/datasets/{quote(pid, safe='')}/origdatablocks", about=reference.text)
        except SourceFailed:
            # Many installations show files to accounts alone.
            return []
        return tolerant.entries(answer, tolerant.MAX_FILES)


def _flat(said: dict[str, object]) -> dict[str, object]:
    """Return published data as the API had them before its version 4, which puts some fields into `metadata`."""
    renamed = {"creator": "creators", "pidArray": "datasetPids", "relatedPublications": "relatedIdentifiers"}
    known = {**tolerant.mapping(said.get("metadata")), **said}
    newer = {old: known[new] for old, new in renamed.items() if new in known}
    return {**newer, **known}


def _named(value: object, field: str) -> object:
    """Return a text, or that of an object under `field`."""
    return tolerant.mapping(value).get(field) if isinstance(value, dict) else value


def read_published(said: dict[str, object], doi: str, blocks: Sequence[object]) -> DatasetFacts | None:
    """Return the facts of published data with the files in `blocks`, or None when they have no title."""
    said = _flat(said)
    title = tolerant.line(said.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    published = tolerant.partial_date(said.get("publicationYear"))
    registered = tolerant.iso_date(said.get("registeredTime"))
    if registered and (published is None or registered[0].year == published[0].year):
        published = registered
    people = tolerant.entries(said.get("creator"), tolerant.MAX_CREATORS)
    names = [tolerant.line(_named(one, "name")) for one in people]
    related = [_related(one) for one in tolerant.entries(said.get("relatedPublications"))]
    work = tolerant.affiliation(said.get("affiliation"))
    return DatasetFacts(
        title=title,
        doi=doi,
        url=tolerant.web_address(said.get("url")) or tolerant.web_address(said.get("downloadLink")),
        description=tolerant.prose(said.get("abstract")) or tolerant.prose(said.get("dataDescription")),
        creators=tuple(Creator(name, affiliations=(work,) if work else ()) for name in names if name),
        publisher=tolerant.affiliation(_named(said.get("publisher"), "name")),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        access="open" if tolerant.line(said.get("status")).lower() == "registered" else "unknown",
        files=read_blocks(blocks),
        size_bytes=tolerant.size(said.get("sizeOfArchive")) or None,
        related=tuple(dict.fromkeys(one for one in related if one is not None)),
    )


def _related(value: object) -> Related | None:
    said = tolerant.line(_named(value, "relationType"), 60) if isinstance(value, dict) else ""
    return tolerant.related(said or "IsSupplementTo", _named(value, "relatedIdentifier"))


def read_blocks(blocks: Sequence[object]) -> tuple[File, ...]:
    """Return the files of OrigDatablocks; a checksum counts where its algorithm is one that is known."""
    files: dict[str, File] = {}
    for item in blocks:
        block = tolerant.mapping(item)
        for entry in tolerant.entries(block.get("dataFileList"), tolerant.MAX_FILES):
            said = tolerant.mapping(entry)
            path = tolerant.file_path(said.get("path"))
            sha256, md5 = tolerant.checksum(said.get("chk"), block.get("chkAlg"))
            if path and len(files) < tolerant.MAX_FILES:
                files[path] = File(path, tolerant.size(said.get("size")), sha256=sha256, md5=md5)
    return tuple(files.values())
