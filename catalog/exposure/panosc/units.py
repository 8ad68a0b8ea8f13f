"""Quantities in different units, compared in those of the SI. Units are read by pint (https://pint.readthedocs.io)."""

from __future__ import annotations

import functools
import math
import re
from typing import Any, Final

import pint

# The units of a question are short words; what is longer or holds arithmetic of its own is none.
_UNIT: Final = re.compile(
    r"[A-Za-zµμÅ°%]{1,20}(?:(?:\^|\*\*)?-?\d)?(?:\s?[*/·]\s?[A-Za-zµμÅ°]{1,20}(?:(?:\^|\*\*)?-?\d)?){0,4}"
)
# What photon and neutron sources write and pint calls otherwise.
_SPELLED: Final = {"Å": "angstrom", "µm": "um", "μm": "um", "°C": "degC", "deg": "degree", "A": "ampere"}


@functools.cache
def _registry() -> Any:  # noqa: ANN401 - pint's registry is made of classes at run time
    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)


@functools.lru_cache(maxsize=512)
def _unit(name: str) -> Any | None:  # noqa: ANN401
    text = name.strip()
    if not _UNIT.fullmatch(text):
        return None
    try:
        return _registry().Unit(_SPELLED.get(text, text).replace("·", "*").replace("μ", "µ"))
    except Exception:  # noqa: BLE001 - pint fails on what is no unit in many ways
        return None


def is_unit(name: str) -> bool:
    """Tell whether `name` is a unit that is known."""
    return _unit(name) is not None


def converted(value: float, unit: str, wanted: str) -> float | None:
    """Return `value` in `unit` as a number of `wanted`; None where one is unknown or they measure something else."""
    one, other = _unit(unit), _unit(wanted)
    if one is None or other is None or isinstance(value, bool) or not math.isfinite(value):
        return None
    try:
        found = float(_registry().Quantity(float(value), one).to(other).magnitude)
    except Exception:  # noqa: BLE001 - of other dimensions, or beyond what a number holds
        return None
    return found if math.isfinite(found) else None
