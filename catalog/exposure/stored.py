"""A Record as text and back: what the store of records keeps, and every format is made of.

The text is JSON with the fields in the order of their declaration, those left out that have their default, so that
equal records have equal texts. Reading is strict: what is no Record raises StoredError.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from catalog.exposure.record import Record

# What XML 1.0 cannot hold in any form (https://www.w3.org/TR/xml/#charsets): most control characters, halves of
# surrogate pairs, and two that are no characters.
FORBIDDEN_IN_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_Reader = Callable[[Any], Any]


class StoredError(ValueError):
    """A text that is no Record; says where and why."""


def write_record(record: Record) -> str:
    """Return the canonical text of a Record, without the characters that XML forbids."""
    return json.dumps(_plain(record), ensure_ascii=False, separators=(",", ":"))


def read_record(text: str) -> Record:
    """Return the Record of a text. Raises StoredError."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise StoredError(f"the stored record is no JSON: {error}") from None
    record: Record = _READ(found)
    return record


def digest_of(record: Record) -> str:
    """Return the SHA-256, in hexadecimal digits, of what a Record says; when it was last updated is not part of it."""
    said = write_record(replace(record, updated_at=record.created_at))
    return hashlib.sha256(said.encode()).hexdigest()


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return FORBIDDEN_IN_XML.sub("", value) if FORBIDDEN_IN_XML.search(value) else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {
            each.name: _plain(held)
            for each in fields(value)
            if (held := getattr(value, each.name)) != each.default or each.default is MISSING
        }
    return value


def _refuse(value: object, wanted: str) -> StoredError:
    return StoredError(f"{str(value)[:80]!r} is no {wanted}")


def _read_plain(kind: type) -> _Reader:
    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if type(value) is not kind:
            raise _refuse(value, kind.__name__)
        return value

    return read


def _read_day(value: Any) -> date:  # noqa: ANN401 - JSON
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise _refuse(value, "date") from None


def _read_moment(value: Any) -> datetime:  # noqa: ANN401 - JSON
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise _refuse(value, "moment") from None
    if found.tzinfo is None:
        raise _refuse(value, "moment in UTC")
    return found


def _read_day_or_moment(value: Any) -> date:  # noqa: ANN401 - JSON
    return _read_moment(value) if type(value) is str and "T" in value else _read_day(value)


def _read_number_or_text(value: Any) -> float | str:  # noqa: ANN401 - JSON
    if type(value) is str:
        return value
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _refuse(value, "number or text")
    return float(value)


def _read_words(words: tuple[str, ...]) -> _Reader:
    allowed = frozenset(words)

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if type(value) is not str or value not in allowed:
            raise _refuse(value, f"one of {', '.join(words)}")
        return value

    return read


def _read_list(read_item: _Reader) -> _Reader:
    def read(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        if type(value) is not list:
            raise _refuse(value, "list")
        return tuple([read_item(item) for item in value])

    return read


def _read_object(kind: type) -> _Reader:
    hints = get_type_hints(kind)
    declared: tuple[Field[Any], ...] = fields(kind)
    # Most fields are texts, of which a call each would take half of the time.
    readers = {each.name: None if hints[each.name] is str else _reader(hints[each.name]) for each in declared}

    def read(value: Any) -> Any:  # noqa: ANN401 - JSON
        if type(value) is not dict:
            raise _refuse(value, kind.__name__)
        try:
            for name, held in value.items():
                reader = readers[name]
                if reader is not None:
                    value[name] = reader(held)
                elif type(held) is not str:
                    raise _refuse(held, "text")
            return kind(**value)
        except KeyError as error:
            raise StoredError(f"{kind.__name__} has no field {error}") from None
        except TypeError as error:
            raise StoredError(str(error)) from None

    return read


def _reader(hint: Any) -> _Reader:  # noqa: ANN401 - a type as typing has it
    parts = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        if set(parts) == {date, datetime}:
            return _read_day_or_moment
        if set(parts) == {float, str}:
            return _read_number_or_text
        # The default is left out, so that None itself is never read.
        (hint,) = (part for part in parts if part is not types.NoneType)
        return _reader(hint)
    if get_origin(hint) is Literal:
        return _read_words(parts)
    if get_origin(hint) is tuple:
        return _read_list(_reader(parts[0]))
    if hint is datetime:
        return _read_moment
    if hint is date:
        return _read_day
    kind: type = hint
    return _read_object(kind) if is_dataclass(kind) else _read_plain(kind)


_READ: Final = _read_object(Record)
