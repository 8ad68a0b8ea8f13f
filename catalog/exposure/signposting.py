"""Signposting, levels 1 and 2 (https://signposting.org/FAIR/): the links of a page for machines.

One list of links becomes the header of the page, the elements of its head, and the linkset of RFC 9264 as JSON and as
text, so that all of them say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from catalog.exposure.documents import json_document
from catalog.exposure.formats import formats_of, record_address
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.words import MOST_FILES, identifier_url, page_or_doi

JSON_SUFFIX: Final = "linkset.json"
TEXT_SUFFIX: Final = "linkset.txt"
JSON_TYPE: Final = "application/linkset+json"
TEXT_TYPE: Final = "application/linkset"
# Servers in front of this one refuse an answer whose headers are longer than a few kB.
MOST_HEADER_BYTES: Final = 3500
# The DOI of a paper or of data is its publisher's, and names what lies there; these are ours and name what lies here.
_OWN: Final = frozenset({"notebooks", "certificate"})
_TYPES: Final = {
    "publication": "https://schema.org/ScholarlyArticle",
    "dataset": "https://schema.org/Dataset",
    "notebooks": "https://schema.org/SoftwareSourceCode",
    "environment": "https://schema.org/SoftwareApplication",
    "certificate": "https://schema.org/Review",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link from the page: `type` is the media type of what it leads to, `profile` the form that this has."""

    rel: str
    href: str
    type: str = ""
    profile: str = ""


def links(record: Record, site: Site) -> tuple[Link, ...]:
    """Return the links of a record's page, those that matter most first."""
    record = plain(record)
    found = [
        Link("cite-as", page_or_doi(record) if record.kind in _OWN else record.url),
        Link("linkset", record_address(record.key, JSON_SUFFIX, site), JSON_TYPE),
        Link("linkset", record_address(record.key, TEXT_SUFFIX, site), TEXT_TYPE),
        Link("type", "https://schema.org/AboutPage"),
        Link("type", _TYPES[record.kind]),
    ]
    for one in formats_of(record):
        media_type, _, profile = one.MEDIA_TYPE.partition(";profile=")
        address = record_address(record.key, one.SUFFIX, site)
        namespace = getattr(one, "NAMESPACE", "")
        found.append(Link("describedby", address, media_type, profile.strip('"') or namespace))
    if record.licence and record.licence.url:
        found.append(Link("license", record.licence.url))
    found += [Link("author", f"https://orcid.org/{one.orcid}") for one in record.creators if one.orcid]
    parents = [identifier_url(one.identifier) for one in record.relations if one.relation == "IsPartOf"]
    found += [Link("collection", address) for address in parents if address]
    own = [one.file for one in record.relations if one.relation == "HasPart" and one.file]
    items = [one for one in (*record.files, *own) if one.url]
    found += [Link("item", one.url, one.media_type) for one in items[:MOST_FILES]]
    return tuple(dict.fromkeys(found))


def header(found: tuple[Link, ...]) -> str:
    """Return the value of the header `Link`, as many as have room; the linkset has all of them."""
    written: list[str] = []
    length = 0
    for link in found:
        text = _written(link)
        length += len(text) + 2
        if length > MOST_HEADER_BYTES:
            break
        written.append(text)
    return ", ".join(written)


def write_linkset_json(record: Record, site: Site) -> bytes:
    """Return all links of the page, and those that lead back to it, as a linkset in JSON.

    Without `profile`: RFC 9264 has it as a list, at which F-UJI 3.5.1 fails.
    """
    found = links(record, site)
    own: dict[str, Any] = {"anchor": plain(record).url}
    for link in found:
        if link.rel != "linkset":
            own.setdefault(link.rel, []).append({"href": link.href, "type": link.type})
    return json_document(
        {"linkset": [own, *({"anchor": at, rel: [{"href": to}]} for at, rel, to in _back(found, own))]}
    )


def write_linkset_text(record: Record, site: Site) -> bytes:
    """Return the same links as a linkset in the form of the header."""
    page = plain(record).url
    found = links(record, site)
    lines = [_written(link) + f' ; anchor="{page}"' for link in found if link.rel != "linkset"]
    lines += [f'<{to}> ; rel="{rel}" ; anchor="{at}"' for at, rel, to in _back(found, {"anchor": page})]
    return (",\n".join(lines) + "\n").encode()


def _back(found: tuple[Link, ...], own: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what leads back: a format describes the page, a file is one of its collection."""
    rels = {"describedby": "describes", "item": "collection"}
    return [(link.href, rels[link.rel], str(own["anchor"])) for link in found if link.rel in rels]


def _written(link: Link) -> str:
    more = "".join(f' ; {name}="{value}"' for name, value in (("type", link.type), ("profile", link.profile)) if value)
    return f'<{link.href}> ; rel="{link.rel}"{more}'
