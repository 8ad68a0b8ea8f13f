"""Where previews keep what they keep, and how room is made there."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def preview_directory() -> Path:
    """Return where previews keep what they keep."""
    return Path(settings.REPRISE_DATA) / "previews"


def make_room(folder: Path, most: int) -> None:
    """Take away the files of a folder that are the oldest, until the others have no more than `most` bytes."""
    found = []
    for path in folder.iterdir():
        try:
            facts = path.stat()
        except OSError:
            continue
        found.append((facts.st_mtime_ns, facts.st_size, path))
    left = sum(size for _, size, _ in found) - most
    for _, size, path in sorted(found):
        if left <= 0:
            return
        path.unlink(missing_ok=True)
        left -= size
