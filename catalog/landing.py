"""What programs find at the page of a record: its formats by negotiation, its links, and its data in the page itself.

A page asks `find_landing` for its record. Without one (a draft, a part that is not public) it is a page like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.exposing import stored_record
from catalog.exposure import citation_cff, schema_org, signposting
from catalog.exposure.formats import Format, formats_of, record_address
from catalog.exposure.plain import plain
from catalog.exposure.record import Record, Site
from catalog.exposure.signposting import Link
from catalog.exposure.words import citation
from catalog.this_site import this_site

_LABELS: Final = {
    "bibtex": "BibTeX",
    "csl_json": "CSL JSON",
    "citation_cff": "CITATION.cff",
    "datacite": "DataCite XML",
    "datacite_json": "DataCite JSON",
    "schema_org": "schema.org JSON-LD",
    "codemeta": "CodeMeta",
    "dcat_ap": "DCAT-AP Turtle",
    "oai_dc": "Dublin Core",
    "prov": "PROV-JSON",
    "scholix": "Scholix",
    "ro_crate": "RO-Crate",
}
_MOST_NOTEBOOKS: Final = 3
# What HTML reads as markup, and two signs that end a line in scripts of old.
_IN_PAGE: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
# Harvesters and pages elsewhere may read what everybody may see.
OPEN_HEADERS: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True, slots=True)
class Export:
    """A way to take the record along, by its name and where it is."""

    label: str
    address: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Landing:
    """The public record of a page; what templates show of it is worked out when they ask."""

    record: Record
    datestamp: datetime
    site: Site

    @property
    def links(self) -> tuple[Link, ...]:
        """The links for the head of the page."""
        return signposting.links(self.record, self.site)

    @property
    def data(self) -> SafeString:
        """The record in schema.org's words as a block of data, which browsers neither run nor refuse."""
        written = json.dumps(schema_org.node(self.record, self.site), ensure_ascii=False).translate(_IN_PAGE)
        return format_html('<script type="application/ld+json">{}</script>', SafeString(written))

    @property
    def citation(self) -> str:
        """How to cite it, in one line."""
        return citation(plain(self.record))

    @property
    def exports(self) -> list[Export]:
        """The formats for people, and the citation file of the notebooks where the record itself has none."""
        own = {one.NAME: one for one in formats_of(self.record)}
        shown = [self._export(own[name], self.record.key, label) for name, label in _LABELS.items() if name in own]
        if "citation_cff" not in own:
            keys = dict.fromkeys(one.key for one in self.record.relations if one.key.startswith("notebooks/"))
            notebooks = [key for key in list(keys)[:_MOST_NOTEBOOKS] if find_landing(key)]
            shown += [self._export(citation_cff, key, "CITATION.cff of the notebooks") for key in notebooks]
        return shown

    def _export(self, one: Format, key: str, label: str) -> Export:
        return Export(label, record_address(key, one.SUFFIX, self.site), one.MEDIA_TYPE)


def find_landing(key: str) -> Landing | None:
    """Return what is public under a key, or None where nothing is."""
    stored = stored_record(key)
    if stored is None or stored.record is None:
        return None
    return Landing(stored.record, stored.datestamp, this_site())


def negotiated(request: HttpRequest, landing: Landing | None, own: Sequence[str] = ()) -> HttpResponse | None:
    """Return the format that the visitor asks for by `Accept`, or None where a page is wanted.

    `own` are the media types that the view itself answers with, beside HTML; they come before the formats.
    """
    if landing is None or "format" in request.GET:
        return None
    by_type: dict[str, Format] = {}
    for one in formats_of(landing.record):
        by_type.setdefault(one.MEDIA_TYPE, one)
    own = ("text/html", *own)
    linksets = [signposting.JSON_TYPE, signposting.TEXT_TYPE]
    offered = [*own, *(kind for kind in by_type if kind not in (*own, "application/xml")), *linksets]
    wanted = request.get_preferred_type(offered)
    if wanted is None or wanted in own:
        return None
    suffixes = {signposting.JSON_TYPE: signposting.JSON_SUFFIX, signposting.TEXT_TYPE: signposting.TEXT_SUFFIX}
    suffix = suffixes.get(wanted) or by_type[wanted].SUFFIX
    response = document(request, landing, suffix)
    response.headers["Content-Location"] = record_address(landing.record.key, suffix, landing.site)
    return with_vary(response)


def document(request: HttpRequest, landing: Landing, suffix: str) -> HttpResponse:
    """Return the record in the format with this suffix. Raises LookupError where it has no such format."""
    body, media_type = _written(landing, suffix)
    has_charset = media_type.startswith(("text/", "application/x-bibtex", "application/xml"))
    response = HttpResponse(
        body,
        content_type=f"{media_type}; charset=utf-8" if has_charset else media_type,
        headers={**OPEN_HEADERS, "Cache-Control": "no-cache"},
    )
    response.headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response.headers["Link"] = f'<{landing.record.url}> ; rel="describes"'
    answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    return answer if isinstance(answer, HttpResponse) else response


def _written(landing: Landing, suffix: str) -> tuple[bytes, str]:
    record, site = landing.record, landing.site
    if suffix == signposting.JSON_SUFFIX:
        return signposting.write_linkset_json(record, site), signposting.JSON_TYPE
    if suffix == signposting.TEXT_SUFFIX:
        return signposting.write_linkset_text(record, site), signposting.TEXT_TYPE
    found = next((one for one in formats_of(record) if suffix == one.SUFFIX), None)
    if found is None:
        raise LookupError(suffix)
    return found.write(record, site), found.MEDIA_TYPE


def signposted(response: HttpResponse, landing: Landing | None) -> HttpResponse:
    """Add the links of the record to its page, and say that the page is one of several forms."""
    if landing is not None:
        response.headers["Link"] = signposting.header(landing.links)
    return with_vary(response)


def with_vary(response: HttpResponse) -> HttpResponse:
    """Say that what is answered depends on what was accepted."""
    patch_vary_headers(response, ["Accept"])
    return response
