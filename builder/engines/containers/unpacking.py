"""Unpack the root file system of an image, whatever is in it: only what a kernel can use, and only below one directory.

Nothing but directories, plain files and links is made. Owners, setuid bits, devices, pipes and extended attributes are
left out, because a kernel needs none of them and each of them could harm. All parts of a path above an entry must be
directories that were made here, so no link is ever followed, and the tree needs no sandbox of its own to be made in.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Literal

from builder.engines.containers.root_binds import OPENED_DIRECTORIES
from builder.engines.progress import Progress
from builder.errors import BuildError

_CHUNK_BYTES: Final = 1 << 20
_PATH_BYTES: Final = 4096
_BLOCK_BYTES: Final = 4096
# What the sandbox shows entry by entry must fit on its command line.
_SHOWN_SINGLY_BYTES: Final = 1 << 20
_SHOWN_EACH_BYTES: Final = 500
# What the file system answers to a name, a link or a time that it cannot hold.
_UNMAKEABLE: Final = frozenset(
    {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.ENOENT, errno.EMLINK, errno.ELOOP}
)
_LEFT_OUT: Final = frozenset({"proc", "sys", "dev", ".dockerenv"})

EntryKind = Literal["directory", "file", "program", "link"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a root: `content` is the SHA-256 of a file, where a link leads to, and empty for a directory."""

    path: str
    kind: EntryKind
    size_bytes: int
    content: str


@dataclass(frozen=True, slots=True)
class RootLimits:
    """What a root may take of the disk: bytes in whole blocks, and paths."""

    size_bytes: int = 20 * 2**30
    entries: int = 1_000_000


def unpack(stream: IO[bytes], target: Path, *, limits: RootLimits, progress: Progress) -> list[Entry]:
    """Unpack the tar `stream` into the empty directory `target`; return what was made, sorted by path.

    Files become readable to all and writable to nobody, directories writable to their owner. Raises BuildError
    image-too-large, or image-refused for an archive that no engine writes.
    """
    unpacker = _Unpacker(target, limits)
    try:
        for member, source in _members(stream, limits, progress):
            unpacker.take(member, source)
        return unpacker.finish()
    except (tarfile.TarError, EOFError, UnicodeError, ValueError, OverflowError) as error:
        raise BuildError("image-refused", reason=f"its archive cannot be read: {error}") from error
    except OSError as error:
        if error.errno not in _UNMAKEABLE:
            raise
        raise BuildError("image-refused", reason=f"an entry cannot be made here: {error.strerror}") from error


def entries_of(target: Path, progress: Progress) -> Iterator[Entry]:
    """Read a tree as it lies there, each file with its checksum; in no order."""
    pending = [""]
    while pending:
        folder = pending.pop()
        progress.check()
        with os.scandir(target / folder) as found:
            for each in found:
                path = f"{folder}/{each.name}" if folder else each.name
                state = each.stat(follow_symlinks=False)
                if stat.S_ISLNK(state.st_mode):
                    yield Entry(path, "link", 0, os.readlink(each.path))  # noqa: PTH115 - called for each file
                elif stat.S_ISDIR(state.st_mode):
                    pending.append(path)
                    yield Entry(path, "directory", 0, "")
                elif stat.S_ISREG(state.st_mode):
                    with open(each.path, "rb") as file:  # noqa: PTH123 - likewise
                        digest = hashlib.file_digest(file, "sha256").hexdigest()
                    kind: EntryKind = "program" if state.st_mode & 0o111 else "file"
                    yield Entry(path, kind, state.st_size, digest)
                else:
                    yield Entry(path, "file", state.st_size, "neither file, directory nor link")


class _Forward:
    """A stream that tarfile may read as if it were a file: forwards only, never much at once, counted."""

    def __init__(self, stream: IO[bytes], limits: RootLimits, progress: Progress) -> None:
        self._stream = stream
        self._most_bytes = 2 * limits.size_bytes + limits.entries * 2048
        self._progress = progress
        self._position = 0

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _CHUNK_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        parts = []
        while size:
            self._progress.check()
            part = self._stream.read(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self._position += len(part)
        if self._position > self._most_bytes:
            raise BuildError("image-too-large", limit=_in_words(self._most_bytes))
        return b"".join(parts)

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("it leads backwards")
        while self._position < position:
            if not self.read(min(_CHUNK_BYTES, position - self._position)):
                raise tarfile.ReadError("it ends too early")


def _members(stream: IO[bytes], limits: RootLimits, progress: Progress) -> Iterator[tuple[tarfile.TarInfo, _Forward]]:
    """Read header after header; whoever gets one may read the file's bytes right behind it."""
    forward = _Forward(stream, limits, progress)
    with tarfile.open(fileobj=forward, mode="r:", errors="surrogateescape", encoding="utf-8") as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            archive.members.clear()  # tarfile would keep them all
            if member.size < 0 or member.issparse():
                raise BuildError("image-refused", reason=f"{_shown(member.name)} is a file with holes")
            yield member, forward
            forward.seek(archive.offset)
    # The writer must be allowed to write its last zeros, or it takes the closed pipe for a failure.
    while forward.read(_CHUNK_BYTES):
        pass


class _Unpacker:
    """Makes entry after entry and remembers what each path is, so that no path ever leads through a link."""

    def __init__(self, target: Path, limits: RootLimits) -> None:
        self._target = os.fspath(target)
        self._limits = limits
        self._made: dict[str, Entry] = {}
        self._times: list[tuple[str, float]] = []
        self._used_bytes = 0
        self._shown_singly_bytes = 0

    def take(self, member: tarfile.TarInfo, source: _Forward) -> None:
        """Make what the member says, if it is something that a kernel can use."""
        path = _path(member.name)
        if not path or path.split("/", 1)[0] in _LEFT_OUT or not _is_wanted(member):
            return
        self._make_parents(path, member.name)
        place = f"{self._target}/{path}"
        known = self._made.get(path)
        if known is not None and not (known.kind == "directory" and member.isdir()):
            raise BuildError("image-refused", reason=f"{_shown(path)} is in it twice")
        if member.isdir():
            self._make_directory(path)
            self._times.append((place, member.mtime))
        elif member.issym():
            os.symlink(member.linkname, place)  # noqa: PTH211 - called for each link
            self._note(Entry(path, "link", 0, member.linkname))
        elif member.islnk():
            self._link(path, place, _path(member.linkname))
        else:
            self._write(path, place, member, source)

    def finish(self) -> list[Entry]:
        """Give directories their times, which programs such as fontconfig compare, and return all entries."""
        for place, time_s in reversed(self._times):
            os.utime(place, (time_s, time_s))
        return sorted(self._made.values(), key=lambda entry: entry.path)

    def _make_parents(self, path: str, name: str) -> None:
        for end in (index for index, sign in enumerate(path) if sign == "/"):
            parent = path[:end]
            known = self._made.get(parent)
            if known is None:
                self._make_directory(parent)
            elif known.kind != "directory":
                raise BuildError("image-refused", reason=f"{_shown(name)} lies below something that is no directory")

    def _make_directory(self, path: str) -> None:
        if path not in self._made:
            os.mkdir(f"{self._target}/{path}", 0o755)  # noqa: PTH102 - called for each directory
            self._note(Entry(path, "directory", 0, ""))

    def _link(self, path: str, place: str, known_path: str) -> None:
        """Make another name of a file that is here already."""
        known = self._made.get(known_path)
        if known is None or known.kind not in ("file", "program"):
            raise BuildError("image-refused", reason=f"{_shown(path)} is another name of no file")
        os.link(f"{self._target}/{known_path}", place)
        self._note(Entry(path, known.kind, known.size_bytes, known.content))

    def _write(self, path: str, place: str, member: tarfile.TarInfo, source: _Forward) -> None:
        self._use(member.size)
        kind: EntryKind = "program" if member.mode & 0o111 else "file"
        digest = hashlib.sha256()
        left = member.size
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            while left:
                chunk = source.read(min(_CHUNK_BYTES, left))
                if not chunk:
                    raise tarfile.ReadError("it ends in the middle of a file")
                left -= len(chunk)
                digest.update(chunk)
                _write_all(descriptor, chunk)
            os.fchmod(descriptor, 0o555 if kind == "program" else 0o444)
            os.utime(descriptor, (member.mtime, member.mtime))
        finally:
            os.close(descriptor)
        self._note(Entry(path, kind, member.size, digest.hexdigest()))

    def _note(self, entry: Entry) -> None:
        self._made[entry.path] = entry
        if entry.kind in ("directory", "link"):
            self._use(0)
        if len(self._made) > self._limits.entries:
            raise BuildError("image-too-large", limit=f"{self._limits.entries} files")
        folder, _, name = entry.path.rpartition("/")
        if name and folder in ("", *OPENED_DIRECTORIES):
            self._shown_singly_bytes += len(name) + len(entry.content) + _SHOWN_EACH_BYTES
            if self._shown_singly_bytes > _SHOWN_SINGLY_BYTES:
                raise BuildError("image-refused", reason=f"/{folder} holds too much")

    def _use(self, size_bytes: int) -> None:
        """Count before writing: an empty entry takes a block too, in the directory at least."""
        self._used_bytes += max(1, -(-size_bytes // _BLOCK_BYTES)) * _BLOCK_BYTES
        if self._used_bytes > self._limits.size_bytes:
            raise BuildError("image-too-large", limit=_in_words(self._limits.size_bytes))


def _is_wanted(member: tarfile.TarInfo) -> bool:
    """Whether it is a directory, a plain file or a link; devices and pipes are not made."""
    return member.isdir() or member.issym() or member.islnk() or member.isreg()


def _path(name: str) -> str:
    """The path below the root, without a leading or double slash. Raises BuildError for one that climbs."""
    if len(name) > _PATH_BYTES or "\0" in name:
        raise BuildError("image-refused", reason=f"{_shown(name)} is no path")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BuildError("image-refused", reason=f"{_shown(name)} leads out of it")
    return "/".join(parts)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]


def _shown(name: str) -> str:
    """A name as it may stand in a message."""
    return repr(name[:200])


def _in_words(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.3g} GiB"
