"""DCAT-AP 3.0.1 in JSON-LD: the same graph as in Turtle."""

from __future__ import annotations

from typing import Final

from catalog.exposure import dcat_ap, rdf
from catalog.exposure.record import Record, Site

NAME: Final = "dcat_ap_json"
SUFFIX: Final = "dcat.json"
MEDIA_TYPE: Final = 'application/ld+json;profile="http://data.europa.eu/r5r/"'


def is_for(record: Record) -> bool:
    """The same records have it as have the Turtle."""
    return dcat_ap.is_for(record)


def write(record: Record, site: Site) -> bytes:
    """Return the whole document."""
    return rdf.json_ld(dcat_ap.graph(record, site), dcat_ap.PREFIXES)
