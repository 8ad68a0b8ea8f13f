"""What a record has behind its header, as XML: written when the record is put, and kept."""

from __future__ import annotations

from lxml import etree

from catalog.exposure.harvested import FORMATS, Format
from catalog.exposure.oai.envelope import write_provenance
from catalog.exposure.record import Record, Site


def write_forms(record: Record, site: Site) -> dict[int, str]:
    """Return the XML of a record in each format that it has, by the bit of the format."""
    return {each.bit: write_form(record, each, site) for each in FORMATS.values() if each.is_for(record)}


def write_form(record: Record, wanted: Format, site: Site) -> str:
    """Return the XML of a record in one format: its metadata, and where they were harvested before."""
    metadata = etree.tostring(wanted.element(record, site), encoding="unicode")
    about = write_provenance(record.harvested) if record.harvested else ""
    return f"<metadata>{metadata}</metadata>{about}"
