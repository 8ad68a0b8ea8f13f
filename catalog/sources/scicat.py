"""Ask SciCat installations of what they published, without an account.

Format: the OpenAPI description that each installation shows at /explorer (https://github.com/SciCatProject/backend):
`publisheddata/{doi}` and, of each of its datasets, `datasets/{pid}` for what was measured or set and
`datasets/{pid}/origdatablocks` for the files.
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
from catalog.sources.scientific_metadata import read_scientific_metadata

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
            addresses = [f"{endpoint}/datasets/{quote(pid, safe='')}" for pid in pids[:MOST_DATASETS]]
            blocks = [_asked(f"{one}/origdatablocks", reference, asking) for one in addresses]
            datasets = [tolerant.mapping(_asked(one, reference, asking)) for one in addresses]
            listed = [one for several in blocks for one in tolerant.entries(several, tolerant.MAX_FILES)]
            facts = read_published(said, place, listed, [one.get("scientificMetadata") for one in datasets])
            if facts is not None:
                return (Found(self.name, datasets=(facts,)),)
        if failure is not None:
            raise failure
        return ()


def _asked(address: str, reference: Reference, asking: Asking) -> object:
    try:
        return asking.json(address, about=reference.text)
    except SourceFailed:
        # Many installations show datasets and files to accounts alone.
        return None


def _flat(said: dict[str, object]) -> dict[str, object]:
    """Return published data as the API had them before its version 4, which puts some fields into `metadata`."""
    renamed = {"creator": "creators", "pidArray": "datasetPids", "relatedPublications": "relatedIdentifiers"}
    known = {**tolerant.mapping(said.get("metadata")), **said}
    newer = {old: known[new] for old, new in renamed.items() if new in known}
    return {**newer, **known}


def _named(value: object, field: str) -> object:
    """Return a text, or that of an object under `field`."""
    return tolerant.mapping(value).get(field) if isinstance(value, dict) else value


def read_published(
    said: dict[str, object], doi: str, blocks: Sequence[object], scientific: Sequence[object] = ()
) -> DatasetFacts | None:
    """Return the facts of published data, or None when they have no title.

    The files are those in `blocks`, the quantities those of the metadata of its datasets in `scientific`.
    """
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
    quantities, notes = read_scientific_metadata(scientific)
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
        quantities=quantities,
        files=read_blocks(blocks),
        size_bytes=tolerant.size(said.get("sizeOfArchive")) or None,
        related=tuple(dict.fromkeys(one for one in related if one is not None)),
        notes=notes,
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
