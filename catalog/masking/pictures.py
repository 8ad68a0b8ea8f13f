"""Pictures without the words that lie beside their pixels: authors, comments, places. The pixels stay as they are."""

from __future__ import annotations

import struct
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
# What changes how a PNG looks (PNG specification, 11.2 and 11.3); texts, times, Exif and profiles are left out.
_SEEN: Final = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs")
)


class PictureError(ValueError):
    """It is no picture whose words can be left out; it is not shown then."""


def without_words(data: bytes) -> bytes:
    """Return a PNG, JPEG or GIF without its metadata. Raises PictureError for anything else."""
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:6] in (b"GIF87a", b"GIF89a") and b"!\xfe" not in data and b"XMP Data" not in data:
        return data
    raise PictureError("no PNG, JPEG or plain GIF")


def _png(data: bytes) -> bytes:
    kept, place = [_PNG], len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, end = data[place + 4 : place + 8], place + 12 + length
        if end > len(data):
            break
        if kind in _SEEN:
            kept.append(data[place:end])
        place = end
        if kind == b"IEND":
            return b"".join(kept)
    raise PictureError("a PNG that is cut")


def _jpeg(data: bytes) -> bytes:
    """Leave out comments and application segments but JFIF and Adobe's, which say how colours are meant."""
    kept, place = [data[:2]], 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xDA:
            # From here on there are pixels, up to the end of the picture; what follows that is nobody's.
            last = data.rfind(b"\xff\xd9")
            if last < place:
                break
            return b"".join([*kept, data[place : last + 2]])
        is_word = marker == 0xFE or (0xE1 <= marker <= 0xEF and marker != 0xEE)
        if not is_word:
            kept.append(data[place:end])
        place = end
    raise PictureError("a JPEG that is cut")
