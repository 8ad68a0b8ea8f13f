"""Archives of images, rewritten before an engine loads them: one image, what belongs to it, no name, a known size.

A name in an archive would be taken from whatever image has it; a small archive may unfold without end.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import json
import lzma
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from builder.engines.limits import in_words
from builder.engines.progress import Progress
from builder.errors import BuildError

_INDEX_BYTES: Final = 4 << 20
_CHUNK: Final = 1 << 20
_ENTRIES: Final = 10_000
_LIST: Final = "manifest.json"
_UNREADABLE: Final = (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError)
_DAMAGED: Final = (*_UNREADABLE, KeyError, ValueError, TypeError, IndexError, AttributeError, RecursionError)


def nameless_archive(path: Path, target: Path, *, limit_bytes: int, progress: Progress) -> Path:
    """Write the one image of an archive of Docker or OCI to `target`, without its names, and return `target`.

    Raises BuildError image-refused for what is no such archive, image-too-large where it unfolds beyond the limit.
    """
    try:
        listed = _listed(path)
        wanted = frozenset(_name(name) for name in (listed["Config"], *listed["Layers"]))
        text = json.dumps([{**listed, "RepoTags": None}]).encode()
        room = _Room(limit_bytes, progress)
        with _opened(path) as source, tarfile.open(target, "w") as archive:
            for member in _members(source):
                _copy(source, member, archive, room, is_wanted=_name(member.name) in wanted)
            entry = tarfile.TarInfo(_LIST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    except _DAMAGED as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise BuildError("disk-full", path=target.parent) from error
        raise BuildError("image-refused", reason=f"{path.name} is no archive of an image: {_told(error)}") from error
    return target


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as file, _unfolded(file) or nullcontext(file) as stream:
        careful = _Careful(stream)
        with tarfile.open(fileobj=careful, mode="r:") as archive:  # type: ignore[call-overload] # what it calls is there
            yield archive


class _Careful:
    """A file that gives little at once: what claims to be a huge header is not read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._stream.read(size)


class _Room:
    """Counts what an image unfolds to. Raises BuildError image-too-large beyond the limit."""

    def __init__(self, limit_bytes: int, progress: Progress) -> None:
        self._limit_bytes = self._left_bytes = limit_bytes
        self._progress = progress

    def take(self, size_bytes: int) -> None:
        self._progress.check()
        self._left_bytes -= size_bytes
        if self._left_bytes < 0:
            raise BuildError("image-too-large", limit=in_words(self._limit_bytes))

    def drain(self, stream: IO[bytes]) -> None:
        """Count what the stream holds."""
        while chunk := stream.read(_CHUNK):
            self.take(len(chunk))


def _copy(
    source: tarfile.TarFile, member: tarfile.TarInfo, archive: tarfile.TarFile, room: _Room, *, is_wanted: bool
) -> None:
    # Docker writes a layer that is there already as a link to it, and follows it only inside the archive.
    if member.issym():
        archive.addfile(_plain(member, member.linkname))
    elif member.isfile() and (is_wanted or member.name.endswith("/layer.tar")):
        content = source.extractfile(member)
        assert content is not None  # noqa: S101 - a plain file has one
        room.take(member.size)
        archive.addfile(_plain(member), content)
        content.seek(0)
        unfolded = _unfolded(content)
        if unfolded is not None:
            with unfolded:
                room.drain(unfolded)


def _plain(member: tarfile.TarInfo, to: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(_name(member.name))
    entry.size, entry.mode, entry.type, entry.linkname = member.size, 0o644, member.type, to
    return entry


def _unfolded(stream: IO[bytes]) -> IO[bytes] | None:
    """Return what a compressed layer unfolds to; None for one that is not compressed in a way known here."""
    begin = stream.read(6)
    stream.seek(0)
    if begin.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if begin.startswith(b"BZh"):
        return cast(IO[bytes], bz2.BZ2File(stream))
    return cast(IO[bytes], lzma.LZMAFile(stream)) if begin == b"\xfd7zXZ\0" else None


def _listed(path: Path) -> dict[str, Any]:
    """Return the last image of an archive as Docker lists it: the paths of its configuration and of its layers."""
    with _opened(path) as archive:
        texts = _texts(archive)
    if _LIST in texts:
        found: dict[str, Any] = json.loads(texts[_LIST])[-1]
        return {"Config": str(found["Config"]), "Layers": [str(layer) for layer in found["Layers"]]}
    manifest = json.loads(texts["index.json"])
    while "manifests" in manifest:  # an index of platforms
        digest = _for_this_machine(manifest["manifests"])["digest"]
        manifest = json.loads(texts.pop(_blob_path(digest)))
    return {
        "Config": _blob_path(manifest["config"]["digest"]),
        "Layers": [_blob_path(layer["digest"]) for layer in manifest["layers"]],
    }


def _texts(archive: tarfile.TarFile) -> dict[str, bytes]:
    """Return the small files that may be lists: each of a moderate size, and not too many."""
    texts: dict[str, bytes] = {}
    size_bytes = 0
    for member in _members(archive):
        if (
            member.isfile()
            and member.size <= _INDEX_BYTES // 16
            and (member.name.startswith("blobs/") or "/" not in _name(member.name))
        ):
            content = archive.extractfile(member)
            texts[_name(member.name)] = content.read() if content else b""
            size_bytes += member.size
        if size_bytes > _INDEX_BYTES:
            raise ValueError("its lists are too long")
    return texts


def _members(archive: tarfile.TarFile) -> Iterable[tarfile.TarInfo]:
    for number, member in enumerate(archive):
        if number > _ENTRIES:
            raise ValueError("it has too many entries")
        yield member


def _name(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError("an entry lies outside")
    return "/".join(parts)


def _for_this_machine(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    fitting = [each for each in manifests if each.get("platform", {}).get("os", "linux") == "linux"]
    amd64 = [each for each in fitting if each.get("platform", {}).get("architecture") == "amd64"]
    return (amd64 or fitting)[0]


def _blob_path(digest: str) -> str:
    kind, _, value = digest.partition(":")
    if kind != "sha256" or len(value) != 64 or not all(sign in "0123456789abcdef" for sign in value):
        raise ValueError("what should be a digest is none")
    return f"blobs/sha256/{value}"


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {ascii(str(error))[:100]}"
