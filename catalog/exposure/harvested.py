"""The formats that records are harvested in, one line each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from catalog.exposure import datacite_xml, oai_datacite, oai_dc, oai_openaire, ro_crate_link
from catalog.exposure.record import Record, Site


@dataclass(frozen=True, slots=True)
class Format:
    """A format, as OAI-PMH lists it. `bit` stands for it in the store: it is never given to another format.

    `version` is raised when the format begins to write something else of the same record.
    """

    bit: int
    prefix: str
    namespace: str
    schema: str
    version: int
    element: Callable[[Record, Site], Any]
    is_for: Callable[[Record], bool]


def _of(module: Any, bit: int) -> Format:  # noqa: ANN401 - a module
    return Format(1 << bit, module.NAME, module.NAMESPACE, module.SCHEMA, module.VERSION, module.element, module.is_for)


_ALL: Final = (
    _of(oai_dc, 0),
    _of(oai_datacite, 1),
    _of(datacite_xml, 2),
    _of(oai_openaire, 3),
    _of(ro_crate_link, 4),
)
FORMATS: Final = {each.prefix: each for each in _ALL}


def formats_of(record: Record) -> int:
    """Return the bits of all formats that can say what a record says."""
    return sum(each.bit for each in FORMATS.values() if each.is_for(record))


def fingerprint_of(site: Site) -> str:
    """Return what tells whether something was written by these formats for this site, in hexadecimal digits."""
    said = json.dumps([asdict(site), {each.prefix: each.version for each in FORMATS.values()}], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
