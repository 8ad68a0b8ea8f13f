"""The formats that records are harvested in, one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from catalog.exposure import datacite_xml, oai_datacite, oai_dc, oai_openaire, ro_crate_link
from catalog.exposure.record import Record, Site


@dataclass(frozen=True, slots=True)
class Format:
    """A format, as OAI-PMH lists it. `bit` stands for it in the store: it is never given to another format."""

    bit: int
    prefix: str
    namespace: str
    schema: str
    element: Callable[[Record, Site], Any]
    is_for: Callable[[Record], bool]


def _of(module: Any, bit: int) -> Format:  # noqa: ANN401 - a module
    return Format(1 << bit, module.NAME, module.NAMESPACE, module.SCHEMA, module.element, module.is_for)


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
