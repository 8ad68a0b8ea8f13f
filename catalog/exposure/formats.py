"""Every format in which a record can be had, in one table, and where."""

from __future__ import annotations

from typing import Final, Protocol
from urllib.parse import quote

from lxml import etree

from catalog.exposure import (
    bibtex,
    citation_cff,
    codemeta,
    csl_json,
    datacite_json,
    datacite_xml,
    dcat_ap,
    dcat_ap_json,
    oai_datacite,
    oai_dc,
    oai_openaire,
    prov,
    ro_crate,
    ro_crate_link,
    schema_org,
    scholix,
)
from catalog.exposure.record import Record, Site


class Format(Protocol):
    """What each module of a format has: `NAME` as OAI-PMH names it, `SUFFIX` of its address, `MEDIA_TYPE`."""

    @property
    def NAME(self) -> str: ...
    @property
    def SUFFIX(self) -> str: ...
    @property
    def MEDIA_TYPE(self) -> str: ...
    def is_for(self, record: Record) -> bool:
        """Tell whether the record can be had in this format."""

    def write(self, record: Record, site: Site) -> bytes:
        """Return the whole document."""


class XmlFormat(Format, Protocol):
    """A format that OAI-PMH carries."""

    @property
    def NAMESPACE(self) -> str: ...
    @property
    def SCHEMA(self) -> str: ...
    def element(self, record: Record, site: Site) -> etree._Element:
        """Return the root, to be put into a reply."""


XML_FORMATS: Final[tuple[XmlFormat, ...]] = (oai_dc, oai_datacite, datacite_xml, oai_openaire, ro_crate_link)
FORMATS: Final[tuple[Format, ...]] = (
    schema_org,
    datacite_xml,
    datacite_json,
    csl_json,
    bibtex,
    citation_cff,
    codemeta,
    dcat_ap,
    dcat_ap_json,
    prov,
    scholix,
    ro_crate,
    oai_dc,
    oai_datacite,
    oai_openaire,
    ro_crate_link,
)
_PATH_SIGNS: Final = "/~:@!$&'()*+,;="
BY_SUFFIX: Final = {one.SUFFIX: one for one in FORMATS}


def formats_of(record: Record) -> tuple[Format, ...]:
    """Return the formats in which a record can be had."""
    return tuple(one for one in FORMATS if one.is_for(record))


def record_address(key: str, suffix: str, site: Site) -> str:
    """Return the stable address of a record in one format; Django quotes the path in the same way."""
    return f"{site.url}/records/{quote(key, safe=_PATH_SIGNS)}.{suffix}"
