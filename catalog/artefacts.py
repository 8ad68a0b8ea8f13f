"""The store of artefacts: notebooks, images and logs are kept once, named by the SHA-256 of their content."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from catalog.causes import CausedError

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES: Final = 1 << 20
_READ_ONLY: Final = 0o444
# A file is written in one go: one that has not grown for so long is nobody's.
_INCOMING_S: Final = 3600.0


class ArtefactError(CausedError):
    """The store cannot keep or give back an artefact."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """What names a kept file: its digest in lower-case hexadecimal digits, and its size."""

    sha256: str
    size_bytes: int


class ArtefactStore:
    """Files under `root`, each at ab/cd/<sha256>, read-only, written whole or not at all.

    Safe for several writers at once, in threads and processes: each writes a file of its own and renames it, and two
    that keep the same content leave the same file.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_bytes(self, data: bytes) -> Artefact:
        """Keep `data`. Raises ArtefactError (disk-full, or artefact-unwritable)."""
        artefact = Artefact(hashlib.sha256(data).hexdigest(), len(data))
        if not self._has(artefact):
            with self._fresh_file() as (handle, name):
                handle.write(data)
                self._publish(handle, name, artefact)
        return artefact

    def put_file(self, source: Path) -> Artefact:
        """Keep the content of the file `source` as it is when read. Raises ArtefactError as put_bytes does."""
        digest = hashlib.sha256()
        size_bytes = 0
        with source.open("rb") as reader, self._fresh_file() as (handle, name):
            while chunk := reader.read(_CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
                handle.write(chunk)
            artefact = Artefact(digest.hexdigest(), size_bytes)
            if not self._has(artefact):
                self._publish(handle, name, artefact)
        return artefact

    def path(self, sha256: str) -> Path:
        """Return where the artefact is or would be. Raises ArtefactError (digest-malformed)."""
        if not _SHA256.fullmatch(sha256):
            raise ArtefactError("digest-malformed", digest=repr(sha256[:80]))
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """Open the artefact for reading. Raises ArtefactError (digest-malformed, artefact-missing)."""
        path = self.path(sha256)
        try:
            return path.open("rb")
        except FileNotFoundError:
            raise ArtefactError("artefact-missing", digest=sha256) from None

    def has(self, sha256: str) -> bool:
        """Tell whether the artefact is kept here. Raises ArtefactError (digest-malformed)."""
        return self.path(sha256).is_file()

    def verify(self, sha256: str) -> Artefact:
        """Read the artefact and return what it is.

        Raises ArtefactError: digest-malformed, artefact-missing, or artefact-damaged when its content has changed.
        """
        digest = hashlib.sha256()
        size_bytes = 0
        with self.open(sha256) as reader:
            while chunk := reader.read(_CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
        if digest.hexdigest() != sha256:
            raise ArtefactError("artefact-damaged", digest=sha256)
        return Artefact(sha256, size_bytes)

    def sweep(self, older_than_s: float = _INCOMING_S) -> int:
        """Remove what writers that were killed left unfinished so long ago; return how many files."""
        count = 0
        for left in (self.root / "incoming").glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > older_than_s:
                    left.unlink()
                    count += 1
        return count

    def _has(self, artefact: Artefact) -> bool:
        # A size that differs tells of damage that writing again repairs.
        path = self.path(artefact.sha256)
        return path.is_file() and path.stat().st_size == artefact.size_bytes

    @contextmanager
    def _fresh_file(self) -> Iterator[tuple[BinaryIO, Path]]:
        """Give a new file beside the artefacts, gone afterwards unless it was published."""
        name: Path | None = None
        try:
            incoming = self.root / "incoming"
            incoming.mkdir(parents=True, exist_ok=True)
            descriptor, text = tempfile.mkstemp(dir=incoming)
            name = Path(text)
            with os.fdopen(descriptor, "wb") as handle:
                yield handle, name
        except OSError as error:
            raise self._refusal(error) from error
        finally:
            if name is not None:
                name.unlink(missing_ok=True)

    def _publish(self, handle: BinaryIO, name: Path, artefact: Artefact) -> None:
        handle.flush()
        os.fchmod(handle.fileno(), _READ_ONLY)
        os.fsync(handle.fileno())
        target = self.path(artefact.sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        name.replace(target)
        # The rename itself must outlive a power cut, or the database would name a file that is not there.
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _refusal(self, error: OSError) -> ArtefactError:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return ArtefactError("disk-full", path=self.root)
        return ArtefactError("artefact-unwritable", path=self.root, reason=error.strerror or type(error).__name__)
