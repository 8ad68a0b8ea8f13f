"""Read the `scientificMetadata` of SciCat's datasets, which have no schema: what was measured or set, by any name.

A quantity is a number, a text, or an object that holds one as `value` or `v`, with its `unit` or `u`; any other object
is a section with more of them. These are the forms in the tests of SciCat's backend and of its ingestor
(https://github.com/SciCatProject).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from catalog.exposure.record import Quantity
from catalog.sources import tolerant

MOST_QUANTITIES: Final = 200
_MOST_LOOKED_AT: Final = 5_000
_DEEPEST: Final = 6
_LONGEST: Final = 300
_GREATEST: Final = 1e300


class _Value(NamedTuple):
    """A value as it stands below its sections; `value` is None where it is none that can be kept."""

    path: tuple[str, ...]
    value: float | str | None
    unit: str


def read_scientific_metadata(datasets: Iterable[object]) -> tuple[tuple[Quantity, ...], tuple[str, ...]]:
    """Return the quantities in the metadata of several datasets, each once, and a note on what was left out.

    One is called by its own name, or with its sections before it where another section has that name too.
    """
    quantities: dict[Quantity, None] = {}
    left_out = 0
    is_cut = False
    for said in datasets:
        values = _values(tolerant.mapping(said))
        found = list(islice(values, _MOST_LOOKED_AT))
        is_cut = next(values, None) is not None or is_cut
        named = Counter(one.path[-1] for one in found)
        for one in found:
            name = one.path[-1] if named[one.path[-1]] == 1 else ": ".join(one.path)
            if one.value is None or not one.path[-1] or len(name) > _LONGEST:
                left_out += 1
            else:
                quantities[Quantity(name, one.value, one.unit)] = None
    kept = tuple(quantities)[:MOST_QUANTITIES]
    return kept, _notes(left_out, len(quantities) - len(kept), is_cut)


def _notes(left_out: int, too_many: int, is_cut: bool) -> tuple[str, ...]:
    notes = []
    if left_out:
        notes.append(f"Of its scientific metadata {left_out} values were left out: no number and no text of one line.")
    if too_many or is_cut:
        notes.append(f"Of its scientific metadata only the first {MOST_QUANTITIES} quantities were read.")
    return tuple(notes)


def _values(section: dict[str, object]) -> Iterator[_Value]:
    """Yield the values in the order in which they stand; a section that lies too deep is one that cannot be kept."""
    waiting: list[Iterator[tuple[tuple[str, ...], object]]] = [_members((), section)]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            continue
        path, value = following
        if isinstance(value, dict) and not _is_quantity(value) and len(path) < _DEEPEST:
            waiting.append(_members(path, value))
        else:
            yield _value(path, value)


def _members(path: tuple[str, ...], section: dict[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    return (((*path, tolerant.line(name)), value) for name, value in section.items())


def _is_quantity(said: dict[str, object]) -> bool:
    return any(name in said and not isinstance(said[name], dict) for name in ("value", "v"))


def _value(path: tuple[str, ...], value: object) -> _Value:
    unit = ""
    if isinstance(value, dict):
        unit = tolerant.line(value.get("unit", value.get("u")), 60)
        value = value.get("value", value.get("v"))
    if isinstance(value, bool):
        return _Value(path, None, "")
    if isinstance(value, int | float):
        # An integer of a thousand digits is more than a float can be.
        return _Value(path, float(value) if abs(value) < _GREATEST else None, unit)
    if isinstance(value, str) and len(value) <= _LONGEST and "\n" not in value.strip():
        return _Value(path, tolerant.line(value) or None, unit)
    return _Value(path, None, "")
