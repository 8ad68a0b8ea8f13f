"""Whether an object meets the conditions of a question, as LoopBack's memory connector has it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from catalog.exposure.panosc.filters import Condition, Where
from catalog.exposure.panosc.things import Thing
from catalog.exposure.panosc.units import converted, is_unit

_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].*)?")
_MISSING: Final = object()


def meets(thing: Thing, where: Where) -> bool:
    """Tell whether the object meets the conditions. A field that it does not have equals null."""
    if thing.kind == "Technique":
        # Whoever looks for a technique wants all narrower ones too.
        return _meets(_with_above(thing), where)
    if thing.kind == "Parameter":
        return measured(thing, where) is not None
    return _meets(thing.fields, where)


def _with_above(thing: Thing) -> dict[str, Any]:
    """Return each field with its values of the technique and of all broader ones: one has to fit, none to be denied."""
    terms = (thing, *thing.above)
    return {name: [each.fields[name] for each in terms if name in each.fields] for name in ("pid", "name", "panetId")}


def measured(thing: Thing, where: Where) -> Mapping[str, Any] | None:
    """Return the fields of a parameter that meets the conditions, in the unit that they name, else None."""
    wanted = _named_unit(where)
    unit, value = str(thing.fields.get("unit", "")), thing.fields.get("value")
    if wanted is None or wanted == unit or not is_unit(wanted) or not isinstance(value, int | float):
        return thing.fields if _meets(thing.fields, where) else None
    number = converted(value, unit, wanted)
    if number is None:
        return None
    fields = {**thing.fields, "value": number, "unit": wanted}
    return fields if _meets(fields, where) else None


def _named_unit(where: Where) -> str | None:
    """Return the unit that the conditions ask for: what is compared with it is converted, and so it always fits."""
    for part in where.parts:
        found = _named_unit(part) if isinstance(part, Where) else None
        if isinstance(part, Condition) and (part.name, part.operator) == ("unit", "eq") and isinstance(part.value, str):
            found = part.value
        if found is not None:
            return found
    return None


def _meets(fields: Mapping[str, Any], where: Where) -> bool:
    met = (
        _meets(fields, part) if isinstance(part, Where) else _meets_one(fields.get(part.name, _MISSING), part)
        for part in where.parts
    )
    return any(met) if where.join == "or" else all(met)


def _meets_one(held: Any, condition: Condition) -> bool:  # noqa: ANN401 - JSON
    if isinstance(held, list):
        # Of a list of keywords one has to fit, or none where it is denied.
        found = [_OPERATORS[condition.operator](one, condition.value) for one in held]
        return all(found) if condition.operator in _DENYING else any(found)
    held = None if held is _MISSING else held
    return _OPERATORS[condition.operator](held, condition.value)


def _equals(held: Any, value: Any) -> bool:  # noqa: ANN401 - JSON
    one, other = _comparable(held, value)
    return type(one) is type(other) and bool(one == other)


def _comparable(held: Any, value: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """Return both as what they are compared as: moments where both are, numbers as numbers, else as they are."""
    if isinstance(held, str) and isinstance(value, str) and _MOMENT.fullmatch(held) and _MOMENT.fullmatch(value):
        one, other = _moment(held), _moment(value)
        if one is not None and other is not None:
            return one, other
    if _is_number(held) and _is_number(value):
        return _number(held), _number(value)
    return held, value


def _number(value: float) -> float:
    """Return a number as one that all are compared as; what is larger than any of these is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(held: Any, value: Any) -> bool:  # noqa: ANN401 - JSON
        one, other = _comparable(held, value)
        if type(one) is not type(other) or not isinstance(one, str | float | datetime):
            return False
        return compare(one, other)

    return compared


_at_least = _ordered(lambda one, other: one >= other)
_at_most = _ordered(lambda one, other: one <= other)

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": _equals,
    "neq": lambda held, value: not _equals(held, value),
    "gt": _ordered(lambda one, other: one > other),
    "gte": _at_least,
    "lt": _ordered(lambda one, other: one < other),
    "lte": _at_most,
    "between": lambda held, value: _at_least(held, value[0]) and _at_most(held, value[1]),
    "inq": lambda held, value: any(_equals(held, one) for one in value),
    "nin": lambda held, value: not any(_equals(held, one) for one in value),
    "like": lambda held, value: isinstance(held, str) and value.is_in(held),
    "nlike": lambda held, value: not (isinstance(held, str) and value.is_in(held)),
    "ilike": lambda held, value: isinstance(held, str) and value.is_in(held),
    "nilike": lambda held, value: not (isinstance(held, str) and value.is_in(held)),
    "regexp": lambda held, value: isinstance(held, str) and value.is_in(held),
}
_DENYING: Final = frozenset({"neq", "nin", "nlike", "nilike"})
