"""The filter that a question carries: conditions, what to include, how many. In LoopBack 3's notation.

https://loopback.io/doc/en/lb3/Querying-data.html, and PaNOSC's own additions (doc/query.md of its Search API).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.exposure.panosc.patterns import Pattern, PatternError, read_pattern, read_regexp
from catalog.exposure.panosc.things import RELATIONS, TEXT_FIELDS

LONGEST: Final = 20_000
DEEPEST: Final = 12
MOST_CONDITIONS: Final = 200
MOST_LISTED: Final = 1000
LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 100
COMPARE: Final = frozenset({"eq", "neq", "gt", "gte", "lt", "lte"})
LISTS: Final = frozenset({"inq", "nin"})
PATTERNS: Final = frozenset({"like", "nlike", "ilike", "nilike"})
_JOINS: Final = ("and", "or")


class FilterError(ValueError):
    """A filter that cannot be understood; says what is wrong and what is known."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That a field compares to a value by an operator. Of `like` and `regexp` the value is a Pattern."""

    name: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Where:
    """All of `parts` ("and"), or one of them ("or"). Without parts everything meets it."""

    join: str = "and"
    parts: tuple[Where | Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Include:
    """Related objects that are shown; with a scope of its own, only what has some that meet it is found."""

    relation: str
    where: Where = Where()
    include: tuple[Include, ...] = ()
    is_scoped: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for. `query` are keywords; what has none of them is not found."""

    where: Where = Where()
    include: tuple[Include, ...] = ()
    limit: int = USUAL_PAGE
    skip: int = 0
    query: str = ""


@dataclass(slots=True)
class _Budget:
    conditions: int = field(default=0)

    def spend(self) -> None:
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise FilterError(f"a filter may have at most {MOST_CONDITIONS} conditions")


def read_filter(text: str, kind: str) -> Filter:
    """Return the filter of a question about objects of `kind`; all of them without a text. Raises FilterError."""
    data = _object(_json(text), "the filter") if text.strip() else {}
    unknown = sorted(set(data) - {"where", "include", "limit", "skip", "offset", "query", "order", "fields"})
    if unknown:
        raise FilterError(f"the filter has “{unknown[0]}”; known are where, include, limit, skip and query")
    if data.get("order") or data.get("fields"):
        raise FilterError("order and fields are not supported; leave them out")
    budget = _Budget()
    query = data.get("query", "")
    if not isinstance(query, str):
        raise FilterError("query is a text of keywords")
    return Filter(
        where=_where(data.get("where"), kind, budget, 0),
        include=_includes(data.get("include"), kind, budget, 0),
        limit=_whole(data.get("limit"), "limit", USUAL_PAGE, LARGEST_PAGE),
        skip=_whole(data.get("skip", data.get("offset")), "skip", 0, 10**9),
        query=query[:500],
    )


def read_where(text: str, kind: str) -> Where:
    """Return the conditions of a question how many there are. Raises FilterError."""
    return _where(_json(text) if text.strip() else None, kind, _Budget(), 0)


def _json(text: str) -> Any:  # noqa: ANN401 - JSON
    if len(text) > LONGEST:
        raise FilterError(f"a filter may have at most {LONGEST} signs")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise FilterError("the filter is no JSON") from None


def _where(data: Any, kind: str, budget: _Budget, depth: int) -> Where:  # noqa: ANN401 - JSON
    if data is None:
        return Where()
    if depth > DEEPEST:
        raise FilterError(f"a filter may be nested {DEEPEST} times at most")
    parts: list[Where | Condition] = []
    for name, value in _object(data, "where").items():
        if name in _JOINS:
            if not isinstance(value, list):
                raise FilterError(f"“{name}” joins a list of conditions")
            parts.append(Where(name, tuple(_where(one, kind, budget, depth + 1) for one in value)))
        elif name == "text":
            parts.append(_text(value, kind, budget))
        else:
            parts.append(_field(name, value, budget))
    return Where("and", tuple(parts))


def _text(value: Any, kind: str, budget: _Budget) -> Where:  # noqa: ANN401 - JSON
    if not isinstance(value, str):
        raise FilterError("“text” looks for a text")
    budget.spend()
    pattern = _pattern(f"%{value}%", is_case_kept=False)
    return Where("or", tuple(Condition(name, "ilike", pattern) for name in TEXT_FIELDS.get(kind, ("name",))))


def _field(name: str, value: Any, budget: _Budget) -> Where | Condition:  # noqa: ANN401 - JSON
    if not isinstance(value, Mapping):
        budget.spend()
        return Condition(name, "eq", _scalar(value, name))
    parts = []
    for operator, operand in value.items():
        if operator == "options":
            continue
        budget.spend()
        parts.append(Condition(name, operator, _operand(name, operator, operand)))
    return Where("and", tuple(parts))


def _operand(name: str, operator: str, operand: Any) -> Any:  # noqa: ANN401 - JSON
    if operator in COMPARE:
        return _scalar(operand, name)
    if operator == "between":
        if not isinstance(operand, list) or len(operand) != 2:
            raise FilterError(f"“between” of “{name}” takes a list of two values")
        return tuple(_scalar(one, name) for one in operand)
    if operator in LISTS:
        if not isinstance(operand, list) or len(operand) > MOST_LISTED:
            raise FilterError(f"“{operator}” of “{name}” takes a list of at most {MOST_LISTED} values")
        return tuple(_scalar(one, name) for one in operand)
    if operator in PATTERNS:
        if not isinstance(operand, str):
            raise FilterError(f"“{operator}” of “{name}” takes a text")
        return _pattern(operand, is_case_kept=operator in ("like", "nlike"))
    if operator == "regexp":
        if not isinstance(operand, str):
            raise FilterError(f"“regexp” of “{name}” takes a text")
        try:
            return read_regexp(operand)
        except PatternError as error:
            raise FilterError(str(error)) from None
    known = ", ".join(sorted({*COMPARE, *LISTS, *PATTERNS, "between", "regexp"}))
    raise FilterError(f"there is no operator “{operator[:40]}”; known are {known}")


def _pattern(text: str, *, is_case_kept: bool) -> Pattern:
    try:
        return read_pattern(text, is_case_kept=is_case_kept)
    except PatternError as error:
        raise FilterError(str(error)) from None


def _includes(data: Any, kind: str, budget: _Budget, depth: int) -> tuple[Include, ...]:  # noqa: ANN401 - JSON
    if data is None:
        return ()
    if depth > DEEPEST:
        raise FilterError(f"a filter may be nested {DEEPEST} times at most")
    rows = data if isinstance(data, list) else [data]
    return tuple(_include(row, kind, budget, depth) for row in rows)


def _include(row: Any, kind: str, budget: _Budget, depth: int) -> Include:  # noqa: ANN401 - JSON
    budget.spend()
    if isinstance(row, str):
        row = {"relation": row}
    given = _object(row, "include")
    relation = given.get("relation")
    known = RELATIONS[kind]
    if not isinstance(relation, str) or relation not in known:
        raise FilterError(f"{kind} has no relation “{str(relation)[:40]}”; it has {', '.join(known) or 'none'}")
    scope = given.get("scope")
    scope = _object(scope, "scope") if scope is not None else {}
    inner = known[relation]
    where = _where(scope.get("where"), inner, budget, depth + 1)
    include = _includes(scope.get("include"), inner, budget, depth + 1)
    return Include(relation, where, include, is_scoped=bool(where.parts or any(one.is_scoped for one in include)))


def _object(data: Any, what: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(data, dict):
        raise FilterError(f"{what} is a JSON object")
    return data


def _scalar(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict | list):
        raise FilterError(f"“{name}” is compared with a text, a number, true, false or null")
    return value


def _whole(value: Any, name: str, usual: int, most: int) -> int:  # noqa: ANN401 - JSON
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FilterError(f"“{name}” is a whole number from 0 on")
    return min(value, most)
