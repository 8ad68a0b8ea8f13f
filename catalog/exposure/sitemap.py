"""Sitemaps and robots.txt: which pages there are, and since when (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from catalog.exposure.record import Site
from catalog.exposure.words import day_text

MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
# The protocol's limit for one file.
MOST_ADDRESSES: Final = 50_000
# What is made for one visitor, changes all the time or is asked for by a button.
_NOT_FOR_ROBOTS: Final = (
    "/admin/",
    "/api/",
    "/login",
    "/signup",
    "/mine",
    "/tokens",
    "/password",
    "/edit/",
    "/register",
)


def write_sitemap(pages: Iterable[tuple[str, datetime]]) -> bytes:
    """Return one file of at most 50,000 addresses, each with the moment of its last change."""
    return _write("urlset", "url", pages)


def write_index(files: Iterable[tuple[str, datetime]]) -> bytes:
    """Return the list of the files, each with its last change."""
    return _write("sitemapindex", "sitemap", files)


def write_robots(site: Site) -> bytes:
    """Return what robots are asked to leave, and where the sitemap stands."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_ROBOTS), ""]
    return "\n".join([*lines, f"Sitemap: {site.url}/sitemap.xml", ""]).encode()


def _write(root: str, name: str, entries: Iterable[tuple[str, datetime]]) -> bytes:
    rows = (
        f"  <{name}><loc>{escape(address)}</loc><lastmod>{day_text(changed)}</lastmod></{name}>\n"
        for address, changed in entries
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    return f"{head}{''.join(rows)}</{root}>\n".encode()
