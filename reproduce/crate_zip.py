"""Write a crate as a ZIP, piece by piece, so that one of any size takes little memory and no disk. Pure."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import BinaryIO, Final

from catalog.artefacts import ArtefactError
from reproduce.crate import CrateFile, is_portable

_CHUNK_BYTES: Final = 1 << 20
_EARLIEST: Final = datetime(1980, 1, 1, tzinfo=UTC)
_READABLE: Final = 0o644 << 16


def zip_chunks(
    texts: Mapping[str, str],
    files: Sequence[CrateFile],
    opened: Callable[[CrateFile], AbstractContextManager[BinaryIO]],
    *,
    at: datetime,
) -> Iterator[bytes]:
    """Yield the ZIP of `texts` (name and content) and `files`, all dated `at`: the same input gives the same bytes.

    Files whose names are not portable are left out. Raises ArtefactError artefact-damaged when a file is not what its
    digest says: what was yielded then is no whole ZIP.
    """
    sink = _Sink()
    moment = max(at.astimezone(UTC), _EARLIEST).timetuple()[:6]
    # A stream that cannot be rewound tells sizes behind the data: some readers take that for deflated data alone.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in texts.items():
            archive.writestr(_entry(name, moment), text.encode())
            yield sink.take()
        for file in files:
            if not is_portable(file.name) or file.name in texts:
                continue
            entry = _entry(file.name, moment)
            entry.file_size = file.size_bytes
            digest = hashlib.sha256()
            with opened(file) as source, archive.open(entry, "w") as target:
                while chunk := source.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    target.write(chunk)
                    yield sink.take()
            if digest.hexdigest() != file.sha256:
                raise ArtefactError("artefact-damaged", digest=file.sha256)
    yield sink.take()


def _entry(name: str, moment: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, moment)  # type: ignore[arg-type]  # six numbers
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _READABLE
    return entry


class _Sink(io.RawIOBase):
    """Collects what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # zipfile writes bytes
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
