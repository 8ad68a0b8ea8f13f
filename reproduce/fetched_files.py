"""Files that were fetched from their addresses: where one lies here, and how its content is taken and checked.

Each is kept for its own dataset and path under the checksum that the dataset lists. What one dataset was given is never
shown for another, whoever else lists the same checksum.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from django.conf import settings

from reproduce.data_locations import listed_file
from reproduce.errors import RunError
from reproduce.preview_room import make_room, preview_directory

_READ_ONLY: Final = 0o444
_WEB: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file can be fetched, and by what it is checked: SHA-256 before MD5."""

    path: str
    url: str
    kind: str
    digest: str
    size_bytes: int | None

    @property
    def host(self) -> str:
        """The host that keeps it, for people."""
        return urlsplit(self.url).hostname or ""


def source_of(entry: Mapping[str, Any], doi: str) -> Source | None:
    """Return where the file of an entry of a dataset's list can be fetched, None where it has no address.

    Raises RunError preview-not-fetched where it has one and may not be fetched, and data-not-here for a broken entry.
    """
    url = entry.get("url")
    limits = settings.REPRISE_PREVIEW
    most = limits.fetch_bytes
    if not isinstance(url, str) or not url.startswith(_WEB) or most == 0 or limits.at_a_time == 0:
        return None
    file = listed_file(entry, doi)
    kind, digest = ("sha256", file.sha256) if file.sha256 else ("md5", file.md5)
    if not digest:
        raise RunError("preview-not-fetched", path=file.path, reason="its dataset lists no checksum to compare it with")
    if file.size_bytes is not None and file.size_bytes > most:
        raise RunError(
            "preview-not-fetched", path=file.path, reason=f"it is larger than the {_megabytes(most)} allowed"
        )
    return Source(file.path, url, kind, digest, file.size_bytes)


def kept_file(doi: str, source: Source) -> Path:
    """Return where a fetched file is or would be."""
    name = hashlib.sha256(f"{doi}\n{source.path}\n{source.kind}:{source.digest}".encode()).hexdigest()
    return _directory() / name


@contextmanager
def incoming(doi: str, source: Source) -> Iterator[Incoming]:
    """Take a file's content and keep it, if it is the listed one when all of it is there; nothing half-done stays.

    Raises RunError preview-not-fetched.
    """
    folder = preview_directory() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / secrets.token_hex(16)
    try:
        with partial.open("xb") as stream:
            taken = Incoming(source, stream)
            yield taken
        taken.check()
        partial.chmod(_READ_ONLY)
        kept = kept_file(doi, source)
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(kept)
    except OSError as error:
        raise _no_room(source) from error
    finally:
        partial.unlink(missing_ok=True)
    make_room(_directory(), settings.REPRISE_PREVIEW.fetched_bytes)


class Incoming:
    """The content of a file as it comes in."""

    def __init__(self, source: Source, stream: BinaryIO) -> None:
        self._source = source
        self._stream = stream
        self._digest = hashlib.new(source.kind, usedforsecurity=False)
        self._size_bytes = 0

    def write(self, data: bytes, /) -> None:
        """Take the next piece. Raises RunError preview-not-fetched where the disk takes no more."""
        self._digest.update(data)
        self._size_bytes += len(data)
        try:
            self._stream.write(data)
        except OSError as error:
            raise _no_room(self._source) from error

    def check(self) -> None:
        """Raise RunError preview-not-fetched unless what came is what the dataset lists."""
        source = self._source
        if source.size_bytes not in (None, self._size_bytes):
            reason = f"{source.host} gives {self._size_bytes} bytes, and its dataset lists {source.size_bytes}"
            raise RunError("preview-not-fetched", path=source.path, reason=reason)
        if self._digest.hexdigest() != source.digest:
            reason = f"what {source.host} gives has another checksum than its dataset lists"
            raise RunError("preview-not-fetched", path=source.path, reason=reason)


def forget_partial(*, before: float) -> None:
    """Take away what workers that were lost left of files, begun before that second."""
    folder = preview_directory() / "incoming"
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if path.stat().st_mtime < before:
                path.unlink()
        except OSError:
            continue


def _directory() -> Path:
    return preview_directory() / "fetched"


def _no_room(source: Source) -> RunError:
    return RunError("preview-not-fetched", path=source.path, reason="the disk of this service does not take it")


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.3g} MB"
