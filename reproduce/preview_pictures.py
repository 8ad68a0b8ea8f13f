"""Pictures of files' default plots: drawn once, kept while there is room, the least recently asked for going first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from django.conf import settings

from reproduce.errors import RunError
from reproduce.preview.question import Question
from reproduce.preview_files import PreviewFile
from reproduce.preview_room import make_room, preview_directory
from reproduce.previewing import fingerprint_of, look

MOST_BYTES: Final = 4 * 2**20
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def picture_of(file: PreviewFile) -> bytes:
    """Return the picture of a file's default plot, as PNG. Raises as `look` does."""
    kept = preview_directory() / "pictures" / f"{fingerprint_of(file)}.png"
    try:
        picture = kept.read_bytes()
        os.utime(kept)
    except OSError:
        picture = look(file, Question("plot", file.path.rpartition("/")[2]))
        if not picture.startswith(_PNG) or len(picture) > MOST_BYTES:
            raise RunError("preview-unreadable", path=file.path, reason="what was drawn of it is no picture") from None
        _keep(picture, kept)
    return picture


def _keep(picture: bytes, kept: Path) -> None:
    most = settings.REPRISE_PREVIEW.kept_bytes
    if len(picture) > most:
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f".{secrets.token_hex(8)}.png")
    try:
        partial.write_bytes(picture)
        partial.replace(kept)
    finally:
        partial.unlink(missing_ok=True)
    make_room(kept.parent, most)
