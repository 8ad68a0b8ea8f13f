"""Read a record of Zenodo: files with checksums, access, what it supplements.

Format: https://developers.zenodo.org/#records. The DOI of all versions leads to the newest one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from catalog.exposure.record import Access, File, Organisation
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import Creator, DatasetFacts, Found, Funder, Related
from catalog.sources.licences import licence_name
from catalog.sources.reference import Reference

_DOI: Final = re.compile(r"10\.5281/zenodo\.([0-9]{1,12})")
_HOSTS: Final = frozenset({"zenodo.org", "www.zenodo.org"})
_ACCESS: Final[dict[str, Access]] = {
    "open": "open",
    "embargoed": "embargoed",
    "restricted": "restricted",
    "closed": "restricted",
}
_TYPES: Final = {"dataset": "Dataset", "software": "Software", "image": "Image", "video": "Audiovisual"}


class Zenodo:
    """Zenodo, a repository for data, software and papers, and those that are named because they answer as it does."""

    name = "Zenodo"
    is_git_host = False

    def __init__(self, endpoint: str, others: Sequence[str] = ()) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._others = {urlsplit(one).netloc.lower(): one.rstrip("/") for one in others}

    def detect(self, reference: Reference) -> str:
        """Return the address of the record in the API, by a DOI of Zenodo or an address of a page of a record."""
        if match := _DOI.fullmatch(reference.doi):
            return f"{self._endpoint}/api/records/{match[1]}"
        root = self._endpoint if reference.host in _HOSTS else self._others.get(reference.host, "")
        match = re.search(r"/(?:api/)?records?/([0-9]{1,12})(?:/|$)", "/" + "/".join(reference.segments))
        return f"{root}/api/records/{match[1]}" if match and root else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the record as data, whatever it is."""
        record = tolerant.mapping(asking.json(place, about=reference.text))
        facts = read_zenodo(record, asked_doi=reference.doi)
        if facts is None:
            raise SourceFailed("metadata-unreachable", doi=reference.text, reason="the answer is no record")
        if place.startswith(f"{self._endpoint}/"):
            return (Found(self.name, datasets=(replace(facts, publisher=Organisation(self.name)),)),)
        return (Found(urlsplit(place).hostname or self.name, datasets=(facts,)),)


def read_zenodo(record: dict[str, object], *, asked_doi: str = "") -> DatasetFacts | None:
    """Return the facts of a record, or None when it has no title. Asked by the DOI of all versions, it is kept."""
    said = tolerant.mapping(record.get("metadata"))
    title = tolerant.line(said.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    concept, own = tolerant.doi(record.get("conceptdoi")), tolerant.doi(said.get("doi") or record.get("doi"))
    published = tolerant.iso_date(said.get("publication_date"))
    access = _ACCESS.get(tolerant.line(said.get("access_right")), "unknown")
    embargo = tolerant.iso_date(said.get("embargo_date"))
    kind = tolerant.mapping(said.get("resource_type"))
    is_of_all = bool(asked_doi) and asked_doi == concept != own
    files = _files(record.get("files"))
    return DatasetFacts(
        title=title,
        doi=asked_doi if is_of_all else own or asked_doi,
        url=tolerant.web_address(tolerant.mapping(record.get("links")).get("self_html"))
        or tolerant.web_address(tolerant.mapping(record.get("links")).get("html")),
        type=_type(tolerant.line(kind.get("type")), tolerant.line(kind.get("subtype"))),
        description=tolerant.prose(said.get("description")),
        creators=_creators(said.get("creators")),
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        version=tolerant.line(said.get("version"), 80),
        licence=_licence(said.get("license")),
        access=access,
        embargo_until=embargo[0] if embargo and access == "embargoed" else None,
        subjects=tolerant.keywords(said.get("keywords")),
        funders=_funders(said.get("grants")),
        files=files,
        size_bytes=_total(files),
        related=_related(said.get("related_identifiers")),
        concept_doi=concept,
        notes=(*_version_note(asked_doi, own if is_of_all else ""), *tolerant.cut_note(record.get("files"))),
    )


def _version_note(asked: str, own: str) -> tuple[str, ...]:
    return (f"{asked} names all versions; the files are of the newest, {own}.",) if own else ()


def _type(kind: str, subtype: str) -> str:
    if kind == "publication":
        return {"article": "JournalArticle", "preprint": "Preprint", "report": "Report"}.get(subtype, "Text")
    return _TYPES.get(kind, "Other")


def _creators(value: object) -> tuple[Creator, ...]:
    people: list[Creator] = []
    for item in tolerant.entries(value, tolerant.MAX_CREATORS):
        entry = tolerant.mapping(item)
        name = tolerant.line(entry.get("name"))
        # Zenodo writes people as "Family, Given" and groups as they are.
        family, comma, given = (part.strip() for part in name.partition(","))
        work = tolerant.affiliation(entry.get("affiliation"))
        if name:
            people.append(
                Creator(
                    f"{given} {family}".strip() if comma else name,
                    given,
                    family if comma else "",
                    tolerant.orcid(entry.get("orcid")),
                    (work,) if work else (),
                )
            )
    return tuple(people)


def _licence(value: object) -> str:
    said = tolerant.mapping(value).get("id") if isinstance(value, dict) else value
    # The name that Zenodo had for it before it took those of SPDX, and that its forks still have.
    return "CC0-1.0" if said == "cc-zero" else licence_name(said)[:200]


def _funders(value: object) -> tuple[Funder, ...]:
    found = []
    for item in tolerant.entries(value, 50):
        grant = tolerant.mapping(item)
        funder = tolerant.mapping(grant.get("funder"))
        if name := tolerant.line(funder.get("name")):
            doi = tolerant.doi(funder.get("doi"))
            address = f"https://doi.org/{doi}" if doi else tolerant.ror(funder.get("ror"))
            found.append(
                Funder(name, address, tolerant.line(grant.get("code"), 100), tolerant.line(grant.get("title"), 500))
            )
    return tuple(found)


def _files(value: object) -> tuple[File, ...]:
    files: dict[str, File] = {}
    for item in tolerant.entries(value, tolerant.MAX_FILES):
        entry = tolerant.mapping(item)
        path = tolerant.file_path(entry.get("key") or entry.get("filename"))
        kind, _, digest = tolerant.line(entry.get("checksum"), 200).partition(":")
        sha256, md5 = tolerant.checksum(digest, kind)
        links = tolerant.mapping(entry.get("links"))
        address = tolerant.web_address(links.get("self")) or tolerant.web_address(links.get("download"))
        if path:
            files[path] = File(path, tolerant.size(entry.get("size")), sha256=sha256, md5=md5, url=address)
    return tuple(files.values())


def _total(files: tuple[File, ...]) -> int | None:
    sizes = [one.size_bytes for one in files]
    known = [size for size in sizes if size is not None]
    return sum(known) if sizes and len(known) == len(sizes) else None


def _related(value: object) -> tuple[Related, ...]:
    found: dict[Related, None] = {}
    for item in tolerant.entries(value):
        entry = tolerant.mapping(item)
        relation = tolerant.line(entry.get("relation"), 60)
        kind = tolerant.line(entry.get("resource_type"), 60).rsplit("-", 1)[-1]
        one = tolerant.related(relation[:1].upper() + relation[1:], entry.get("identifier"), kind)
        if relation and one is not None:
            found[one] = None
    return tuple(found)
