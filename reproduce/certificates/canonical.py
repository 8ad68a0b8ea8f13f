"""JSON read with bounds and written in the one form that is signed (RFC 8785), without numbers that have fractions.

A certificate holds strings, whole numbers, booleans, lists and objects alone; measured values are strings. So the
rules of ECMAScript for floating-point numbers, where implementations differ, are never needed.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

MOST_BYTES: Final = 4 << 20
MOST_DEPTH: Final = 32
# Whole numbers beyond this are not the same in every language that reads JSON.
_MOST_INTEGER: Final = 2**53 - 1


class MalformedError(ValueError):
    """What should be a certificate, or a part of the proof of one, is not; its text says why."""


def canonical(value: object) -> bytes:
    """Return `value` in the canonical form. Raises MalformedError for what has none here."""
    try:
        return _written(value, 0).encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("it holds half a surrogate pair, which is no character") from None


def read_json(data: bytes, *, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Return the object in `data`, which came from outside.

    Raises MalformedError when it is too long, too deep, no JSON object in UTF-8, names a key twice, or holds anything
    that `canonical` refuses.
    """
    if len(data) > most_bytes:
        raise MalformedError(f"it is larger than {most_bytes} bytes")
    try:
        parsed = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_float=_refuse_float,
            parse_int=_integer,
            parse_constant=_refuse_float,
        )
    except MalformedError:
        raise
    except (ValueError, RecursionError):
        raise MalformedError("it is not JSON in UTF-8") from None
    if not isinstance(parsed, dict):
        raise MalformedError("it is not a JSON object")
    canonical(parsed)
    return parsed


def _written(value: object, depth: int) -> str:
    if depth > MOST_DEPTH:
        raise MalformedError(f"it is nested more than {MOST_DEPTH} deep")
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > _MOST_INTEGER:
            raise MalformedError(f"the number {value} is not the same in every language")
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(part, depth + 1) for part in value) + "]"
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise MalformedError("a name in it is not a string")
        # By UTF-16 code units, as RFC 8785 says; a lone half sorts somewhere and is refused when encoded.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        parts = (f"{json.dumps(name, ensure_ascii=False)}:{_written(value[name], depth + 1)}" for name in names)
        return "{" + ",".join(parts) + "}"
    raise MalformedError(f"it holds a {type(value).__name__}, and numbers with fractions are not signed")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("an object in it names a key twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > 17:
        raise MalformedError("a number in it is too long")
    if digits == "-0":
        raise MalformedError("it holds minus zero, which has no form of its own")
    return int(digits)


def _refuse_float(_: str) -> NoReturn:
    raise MalformedError("it holds a number with a fraction, and these are not signed")
