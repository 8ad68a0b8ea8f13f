"""Read an article of Figshare, as it calls data, software and figures alike. Format: https://docs.figshare.com/."""

from __future__ import annotations

import re
from typing import Final

from catalog.exposure.record import Access, File, Organisation
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import Creator, DatasetFacts, Found, Funder, Related
from catalog.sources.licences import licence_name
from catalog.sources.reference import Reference

_DOI: Final = re.compile(r"10\.[0-9]{4,9}/m9\.figshare\.([0-9]{1,12})(?:\.v([0-9]{1,4}))?")
_PAGE: Final = re.compile(r"/articles/(?:[^/]+/){0,3}?([0-9]{4,12})(?:/([0-9]{1,4}))?$")
_TYPES: Final = {
    "dataset": "Dataset",
    "software": "Software",
    "figure": "Image",
    "media": "Audiovisual",
    "journal contribution": "JournalArticle",
    "preprint": "Preprint",
}


class Figshare:
    """Figshare and the repositories of institutions that it runs."""

    name = "Figshare"
    is_git_host = False

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")

    def detect(self, reference: Reference) -> str:
        """Return the article's number, with the version where one is named."""
        match = _DOI.fullmatch(reference.doi)
        if match is None and (reference.host == "figshare.com" or reference.host.endswith(".figshare.com")):
            match = _PAGE.search("/" + "/".join(reference.segments))
        if match is None:
            return ""
        return f"{match[1]}/versions/{match[2]}" if match[2] else match[1]

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the article as data, whatever it is."""
        article = asking.json(f"{self._endpoint}/v2/articles/{place}", about=reference.text)
        facts = read_figshare(tolerant.mapping(article), asked_doi=reference.doi)
        if facts is None:
            raise SourceFailed("metadata-unreachable", doi=reference.text, reason="Figshare's answer is no article")
        return (Found(self.name, datasets=(facts,)),)


def read_figshare(article: dict[str, object], *, asked_doi: str = "") -> DatasetFacts | None:
    """Return the facts of an article, or None when it has no title."""
    title = tolerant.line(article.get("title"), tolerant.MAX_TITLE)
    if not title:
        return None
    published = tolerant.iso_date(article.get("published_date"))
    licence = tolerant.mapping(article.get("license"))
    own = tolerant.doi(article.get("doi"))
    embargo = tolerant.iso_date(article.get("embargo_date"))
    access = _access(article)
    return DatasetFacts(
        title=title,
        # The DOI without a version names the newest; what was asked for is kept.
        doi=asked_doi if asked_doi and own.startswith(f"{asked_doi}.v") else own or asked_doi,
        url=tolerant.web_address(article.get("url_public_html")),
        type=_TYPES.get(tolerant.line(article.get("defined_type_name")).lower(), "Other"),
        description=tolerant.prose(article.get("description")),
        creators=_creators(article.get("authors")),
        publisher=Organisation("figshare") if own.startswith("10.6084/") else None,
        published_on=published[0] if published else None,
        published_precision=published[1] if published else None,
        version=tolerant.line(str(article.get("version") or ""), 80),
        licence=(licence_name(licence.get("url")) or licence_name(licence.get("name")))[:200],
        access=access,
        embargo_until=embargo[0] if embargo and access == "embargoed" else None,
        subjects=tolerant.keywords(article.get("keywords") or article.get("tags")),
        funders=_funders(article.get("funding_list")),
        files=_files(article.get("files")),
        size_bytes=tolerant.size(article.get("size")),
        related=_related(article),
        concept_doi=own.rsplit(".v", 1)[0] if re.search(r"\.v[0-9]+$", own) else "",
        notes=tolerant.cut_note(article.get("files")),
    )


def _access(article: dict[str, object]) -> Access:
    if article.get("is_embargoed") is True:
        return "embargoed"
    if article.get("is_confidential") is True:
        return "restricted"
    return "open" if article.get("is_public") is True else "unknown"


def _creators(value: object) -> tuple[Creator, ...]:
    people = [tolerant.mapping(entry) for entry in tolerant.entries(value, tolerant.MAX_CREATORS)]
    return tuple(
        Creator(
            name,
            tolerant.line(person.get("first_name")),
            tolerant.line(person.get("last_name")),
            tolerant.orcid(person.get("orcid_id")),
        )
        for person in people
        if (name := tolerant.line(person.get("full_name")))
    )


def _funders(value: object) -> tuple[Funder, ...]:
    grants = [tolerant.mapping(entry) for entry in tolerant.entries(value, 50)]
    return tuple(
        Funder(name, "", tolerant.line(grant.get("grant_code"), 100), tolerant.line(grant.get("title"), 500))
        for grant in grants
        if (name := tolerant.line(grant.get("funder_name")))
    )


def _files(value: object) -> tuple[File, ...]:
    files: dict[str, File] = {}
    for item in tolerant.entries(value, tolerant.MAX_FILES):
        entry = tolerant.mapping(item)
        path = tolerant.file_path(entry.get("name"))
        # A link only points elsewhere: size and checksum are of nothing that is kept here.
        is_link = entry.get("is_link_only") is True
        _, md5 = tolerant.checksum(entry.get("computed_md5") or entry.get("supplied_md5"), "md5")
        address = tolerant.web_address(entry.get("download_url"))
        if path:
            size = None if is_link else tolerant.size(entry.get("size"))
            media_type = tolerant.line(entry.get("mimetype"), 100)
            files[path] = File(path, size, media_type, md5="" if is_link else md5, url=address)
    return tuple(files.values())


def _related(article: dict[str, object]) -> tuple[Related, ...]:
    found: dict[Related, None] = {}
    # The paper that an author names for it.
    paper = tolerant.related("IsSupplementTo", article.get("resource_doi"), "JournalArticle")
    if paper is not None:
        found[paper] = None
    for item in tolerant.entries(article.get("related_materials")):
        entry = tolerant.mapping(item)
        one = tolerant.related(tolerant.line(entry.get("relation"), 60), entry.get("identifier"))
        if one is not None and one.relation:
            found[one] = None
    for address in tolerant.entries(article.get("references")):
        one = tolerant.related("References", address)
        if one is not None:
            found[one] = None
    return tuple(found)
