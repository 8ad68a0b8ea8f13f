"""Arrays that figure libraries write into JSON as base64: decoded to lists of numbers, within a budget."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

MAX_DECODED_BYTES: Final = 64 * 2**20
# Plotly's short names and numpy's own.
_TYPES: Final = {
    **{f"{kind}{size}": f"<{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)},
    "f4": "<f4",
    "f8": "<f8",
    "uint8c": "<u1",
    **{f"{sign}int{8 * size}": f"<{sign[:1] or 'i'}{size}" for sign in ("", "u") for size in (1, 2, 4)},
    "float32": "<f4",
    "float64": "<f8",
    "bool": "|b1",
}


class UnreadableFigureError(Exception):
    """A figure is not what its library writes, or too large to look into."""


@dataclass(slots=True)
class Decoder:
    """Decodes the arrays of one figure; together they may take `left` bytes."""

    left: int = MAX_DECODED_BYTES

    def decode(self, text: Any, kind: Any, shape: Any = None, *, is_big_endian: bool = False) -> list[Any]:  # noqa: ANN401 - JSON
        """Return nested lists of `shape`. Raises UnreadableFigureError."""
        if not isinstance(text, str) or not isinstance(kind, str) or kind not in _TYPES:
            raise UnreadableFigureError("it has an array of an unknown type")
        try:
            raw = self._unpacked(base64.b64decode(text, validate=True))
            found = np.frombuffer(raw, np.dtype(_TYPES[kind].replace("<", ">" if is_big_endian else "<")))
            return list((found if shape is None else found.reshape(_shape(shape))).tolist())
        except (ValueError, TypeError, OverflowError, binascii.Error, zlib.error) as error:
            raise UnreadableFigureError("it has an array that cannot be decoded") from error

    def _unpacked(self, raw: bytes) -> bytes:
        if raw[:2] == b"\x1f\x8b":
            unpacker = zlib.decompressobj(wbits=31)
            raw = unpacker.decompress(raw, self.left + 1)
        self.left -= len(raw)
        if self.left < 0:
            raise UnreadableFigureError("its arrays are too large to look into")
        return raw


def _shape(value: Any) -> tuple[int, ...]:  # noqa: ANN401 - JSON
    """Read [2, 3], or "2, 3" as Plotly writes it."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(int(part) for part in parts)
