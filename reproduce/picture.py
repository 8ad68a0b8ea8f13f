"""Tell what kind of picture some bytes are, by how they begin: an output's MIME type may be that of its text."""

from __future__ import annotations

from typing import Final

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"%PDF-", "application/pdf", "pdf"),
)


def media_type_of(data: bytes) -> str:
    """Return the media type of a picture in bytes; text is taken for SVG, the only picture that is text."""
    return next((kind for start, kind, _ in _BEGINNINGS if data.startswith(start)), "image/svg+xml")


def suffix_of(data: bytes) -> str:
    """Return the suffix of a file that holds the picture, without a dot."""
    return next((suffix for start, _, suffix in _BEGINNINGS if data.startswith(start)), "svg")
