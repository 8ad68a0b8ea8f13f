"""Root file systems of images made by hand: a small one whose programs run, and every kind of hostile one."""

from __future__ import annotations

import functools
import io
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from builder.engines.containers.roots import RootStore
from builder.engines.progress import Progress
from builder.engines.protocol import Root

DIGEST = "sha256:" + "1" * 64
QUIET = Progress(lambda line: None)
_PROGRAMS = ("/bin/sh", "/bin/cat", "/bin/ls", "/usr/bin/touch", "/usr/bin/env", "/usr/bin/id")


class ImageTar:
    """A tar under construction. Each call adds one entry, whatever sense it makes."""

    def __init__(self) -> None:
        self._entries: list[tuple[tarfile.TarInfo, bytes]] = []

    def add(self, name: str, kind: bytes = tarfile.REGTYPE, *, text: bytes = b"", **fields: object) -> ImageTar:
        entry = tarfile.TarInfo(name)
        entry.type, entry.size, entry.mode = kind, len(text), 0o644
        for field, value in fields.items():
            setattr(entry, field, value)
        self._entries.append((entry, text))
        return self

    def file(self, name: str, text: bytes = b"", **fields: object) -> ImageTar:
        return self.add(name, text=text, **fields)

    def folder(self, name: str, **fields: object) -> ImageTar:
        return self.add(name, tarfile.DIRTYPE, **{"mode": 0o755, **fields})

    def link(self, name: str, to: str) -> ImageTar:
        return self.add(name, tarfile.SYMTYPE, linkname=to)

    def hard_link(self, name: str, to: str) -> ImageTar:
        return self.add(name, tarfile.LNKTYPE, linkname=to)

    def programs(self) -> ImageTar:
        """Add a shell and a few programs with the libraries that they need."""
        for name, content in _programs().items():
            self.file(name.lstrip("/"), content, mode=0o755)
        return self

    @property
    def content(self) -> bytes:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for entry, text in self._entries:
                tar.addfile(entry, io.BytesIO(text))
        return content.getvalue()

    def export(self) -> AbstractContextManager[IO[bytes]]:
        return stream_of(self.content)()

    def unpacked(self, folder: Path, *, repository: str = "") -> Root:
        return RootStore(folder).put(self.export, digest=DIGEST, repository=repository, progress=QUIET)


def stream_of(content: bytes) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    """An export of these bytes."""

    @contextmanager
    def export() -> Iterator[IO[bytes]]:
        yield io.BytesIO(content)

    return export


@functools.cache
def _programs() -> Mapping[str, bytes]:
    files = {}
    for program in _PROGRAMS:
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in (program, *re.findall(r"(/\S+) \(0x", told)):
            files[path] = Path(path).read_bytes()
    return files
