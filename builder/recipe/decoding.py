"""Read the text files of a repository, whatever editor wrote them."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from builder.errors import BuildError

_SIZE_LIMIT: Final = 2**20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path, *, name: str, limit: int = _SIZE_LIMIT) -> str:
    """Return the text of `path` with plain line ends; byte order marks, UTF-16 and Latin-1 are understood.

    Raises BuildError recipe-unreadable when it is no text or larger than `limit` (1 MiB).
    """
    try:
        if path.stat().st_size > limit:
            raise BuildError("recipe-unreadable", file=name, reason=f"it is larger than {limit // 2**20} MiB")
        raw = path.read_bytes()
    except OSError as error:
        raise BuildError("recipe-unreadable", file=name, reason=error.strerror or "no such file") from error
    return decode(raw, name=name)


def decode(raw: bytes, *, name: str) -> str:
    """Return `raw` as text with plain line ends. Raises BuildError recipe-unreadable when it is none."""
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError as error:
        raise BuildError("recipe-unreadable", file=name, reason=f"it is not text ({error.reason})") from error
    if "\0" in text:
        raise BuildError("recipe-unreadable", file=name, reason="it holds null characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    # "pip freeze > requirements.txt" in a Windows PowerShell writes UTF-16; some editors drop its mark.
    if len(raw) >= 4 and raw[1] == 0 and raw[3] == 0:
        return "utf-16-le"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
