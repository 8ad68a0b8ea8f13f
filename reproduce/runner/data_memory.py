"""What is remembered of checked files, so that data are read once and not before every run.

One JSON file for each mounted directory, replaced in one step: of two runs that check at the same time the later one is
kept, and what it does not know is read again. A file is known again by size, both times, inode and device alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from builder.held_directory import held_directory

# A change within the clock's step of the check would not be seen, so what was changed just now is not remembered.
_SETTLED_NS: Final = 2_000_000_000
_SCHEMA: Final = "reprise.data-memory/1"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What of a file changes when its content does."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @staticmethod
    def of(found: os.stat_result) -> Fingerprint:
        """Return that of a file."""
        return Fingerprint(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev)

    def is_settled(self, now_ns: int) -> bool:
        """Whether the last change lies far enough behind that the next would show."""
        return max(self.mtime_ns, self.ctime_ns) + _SETTLED_NS < now_ns


class DataMemory:
    """The digests of the files of one mount that were read before, by path. Without a `folder` nothing is kept."""

    def __init__(self, folder: Path | None, here: str) -> None:
        self._path = None if folder is None else folder / f"{hashlib.sha256(os.fsencode(here)).hexdigest()}.json"
        self._here = here
        self._known: dict[str, Any] = self._read()
        self._has_news = False

    def digest(self, path: str, algorithm: str, found: Fingerprint) -> tuple[str, str] | None:
        """Return (digest, when it was read) of the file if it is the one that was read then."""
        entry = self._known.get(f"{algorithm}:{path}")
        if not isinstance(entry, list) or entry[:5] != list(_numbers(found)):
            return None
        return str(entry[5]), str(entry[6])

    def keep(self, path: str, algorithm: str, found: Fingerprint, digest: str, read_at: str) -> None:
        """Remember what was read, unless the file changed only just now."""
        if found.is_settled(time.time_ns()):
            self._known[f"{algorithm}:{path}"] = [*_numbers(found), digest, read_at]
            self._has_news = True

    def save(self) -> None:
        """Write what is new. A memory that cannot be written costs time alone, so that is no error."""
        if self._path is None or not self._has_news:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with held_directory(".making-", self._path.parent) as made:
                text = json.dumps({"schema": _SCHEMA, "here": self._here, "files": self._known})
                (made / "memory").write_text(text, encoding="utf-8")
                (made / "memory").replace(self._path)
        except OSError:
            return
        self._has_news = False

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            data = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        is_ours = isinstance(data, dict) and data.get("schema") == _SCHEMA and data.get("here") == self._here
        return dict(data["files"]) if is_ours else {}


def _numbers(found: Fingerprint) -> tuple[int, int, int, int, int]:
    return (found.size_bytes, found.mtime_ns, found.ctime_ns, found.inode, found.device)
