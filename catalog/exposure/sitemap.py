"""Sitemaps and robots.txt: which pages there are, and since when (https://www.sitemaps.org/protocol.html)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from catalog.exposure.record import Site
from catalog.exposure.words import day_text

MEDIA_TYPE: Final = "application/xml"
NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
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


def write_sitemap(pages: Iterable[tuple[str, datetime]], *, home: str = "") -> bytes:
    """Return one file of at most 50,000 addresses, each with the moment of its last change.

    `home` is an address that is listed first, without one: a file without any address would not be valid.
    """
    first = (_entry("url", home, None),) if home else ()
    return _write("urlset", (*first, *(_entry("url", address, changed) for address, changed in pages)))


def write_index(files: Iterable[tuple[str, datetime]]) -> bytes:
    """Return the list of the files, each with its last change."""
    return _write("sitemapindex", (_entry("sitemap", address, changed) for address, changed in files))


def write_robots(site: Site) -> bytes:
    """Return what robots are asked to leave, and where the sitemap stands."""
    below = urlsplit(site.url).path
    lines = ["User-agent: *", *(f"Disallow: {below}{path}" for path in _NOT_FOR_ROBOTS), ""]
    return "\n".join([*lines, f"Sitemap: {site.url}/sitemap.xml", ""]).encode()


def _entry(name: str, address: str, changed: datetime | None) -> str:
    last = f"<lastmod>{day_text(changed)}</lastmod>" if changed else ""
    return f"  <{name}><loc>{escape(address)}</loc>{last}</{name}>\n"


def _write(root: str, entries: Iterable[str]) -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    return f"{head}{''.join(entries)}</{root}>\n".encode()
