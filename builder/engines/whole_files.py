"""Files that are seen whole or not at all, whoever writes them at the same time."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write the file in its directory, as UTF-8; of several who do at once the last one stays. Raises OSError.

    Each writes under a name of its own first: two threads of a process, too, which share its number.
    """
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
