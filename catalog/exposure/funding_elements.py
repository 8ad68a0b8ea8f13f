"""Who paid, in the elements that DataCite's XML and OpenAIRE's have in common."""

from __future__ import annotations

from lxml import etree

from catalog.exposure.datacite_words import funder_scheme
from catalog.exposure.documents import child
from catalog.exposure.record import Record


def add_funding(resource: etree._Element, record: Record) -> None:
    """Add the funding of a record to its element, in the element's namespace."""
    if not record.funding:
        return
    parent = child(resource, "fundingReferences")
    for one in record.funding:
        reference = child(parent, "fundingReference")
        child(reference, "funderName", one.funder)
        if one.identifier:
            child(reference, "funderIdentifier", one.identifier, funderIdentifierType=funder_scheme(one.identifier))
        if one.award:
            child(reference, "awardNumber", one.award)
        if one.award_title:
            child(reference, "awardTitle", one.award_title)
