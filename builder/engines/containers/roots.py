"""Root file systems of images, unpacked once and kept under the image's digest: what kernels of containers run in.

    ROOTS/<64 hexadecimal digits>/root/         what a kernel sees
    ROOTS/<64 hexadecimal digits>/manifest      one line an entry: kind, size, checksum or where it leads, path
    ROOTS/<64 hexadecimal digits>/root.json     written last: digest, sizes, the manifest's checksum, the image's config

A root is made beside its place and moved there by one rename, so what is found is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import IO, Any, Final

from builder.engines.containers.unpacking import Entry, RootLimits, entries_of, unpack
from builder.engines.exclusive import exclusively
from builder.engines.local import DiskWatch, sweep
from builder.engines.progress import Progress
from builder.engines.protocol import Root
from builder.errors import BuildError
from builder.held_directory import held_directory

_DIGEST: Final = re.compile(r"sha256:([0-9a-f]{64})")
_MARKER: Final = "root.json"
_MANIFEST: Final = "manifest"
_TREE: Final = "root"
_CHANGES_NAMED: Final = 20

# Opens the tar stream of a root file system; leaving it must raise when the stream was not whole.
Export = Callable[[], AbstractContextManager[IO[bytes]]]


class RootStore:
    """The roots in `folder`. Safe to use from several processes at once."""

    def __init__(self, folder: Path, *, limits: RootLimits | None = None) -> None:
        self._folder = folder.resolve()
        self._limits = limits or RootLimits()

    def find(self, digest: str) -> Root | None:
        """Return the root of the image, None when it is not here."""
        marker = self._marker(digest)
        return None if marker is None else self._root(digest, marker)

    def put(
        self,
        export: Export,
        *,
        digest: str,
        repository: str = "",
        config: Mapping[str, Any] | None = None,
        progress: Progress,
    ) -> Root:
        """Return the image's root, unpacked from what `export` opens if it is not here yet; others wait meanwhile.

        `repository` is where the repository lies inside, `config` anything of the image to be found again (plain JSON).
        Raises BuildError image-too-large, image-refused, disk-full, and whatever `export` raises.
        """
        found = self.find(digest)
        if found is not None:
            return found
        place = self._place(digest)
        with DiskWatch(self._folder), exclusively(self._folder / f".{place.name}.lock"):
            marker = self._marker(digest)
            if marker is None:
                marker = self._make(export, digest, place, {"repository": repository, "config": config or {}}, progress)
        return self._root(digest, marker)

    def remove(self, digest: str) -> bool:
        """Remove a root; False when there was none. Nothing may run in it."""
        place = self._place(digest)
        with (
            exclusively(self._folder / f".{place.name}.lock"),
            held_directory(".making-", self._folder) as gone,
        ):
            try:
                place.rename(gone / _TREE)
            except FileNotFoundError:
                return False
        return True

    def digests(self) -> list[str]:
        """The digests of all roots that are here, sorted."""
        with suppress(FileNotFoundError):
            names = sorted(path.name for path in self._folder.iterdir())
            return [f"sha256:{name}" for name in names if self.find_quietly(f"sha256:{name}") is not None]
        return []

    def find_quietly(self, digest: str) -> Root | None:
        """Return the root, None also for what is no digest."""
        return self.find(digest) if _DIGEST.fullmatch(digest) else None

    def size_bytes(self, digest: str) -> int:
        """Bytes of the root's files, 0 when it is not here."""
        marker = self._marker(digest)
        return 0 if marker is None else int(marker["size_bytes"])

    def config(self, digest: str) -> Mapping[str, Any]:
        """What was kept of the image with the root; empty when it is not here."""
        marker = self._marker(digest)
        return {} if marker is None else dict(marker["config"])

    def verify(self, digest: str, *, progress: Progress) -> tuple[str, ...]:
        """Read the whole root again; return the first paths that are not what they were, none when all are.

        Raises BuildError image-lost when it is not here.
        """
        marker = self._marker(digest)
        if marker is None:
            raise BuildError("image-lost", digest=digest)
        place = self._place(digest)
        try:
            manifest = (place / _MANIFEST).read_bytes()
        except OSError:
            return (_MANIFEST,)
        if hashlib.sha256(manifest).hexdigest() != marker["manifest_sha256"]:
            return (_MANIFEST,)
        recorded = set(manifest.splitlines())
        seen = {_line(entry) for entry in entries_of(place / _TREE, progress)}
        changed = {json.loads(line)[3] for line in recorded ^ seen}
        return tuple(sorted(changed)[:_CHANGES_NAMED])

    def _make(
        self, export: Export, digest: str, place: Path, facts: Mapping[str, Any], progress: Progress
    ) -> dict[str, Any]:
        started = time.monotonic()
        sweep(self._folder)
        with held_directory(".making-", self._folder) as folder:
            staged = folder / "staged"
            (staged / _TREE).mkdir(parents=True)
            with export() as stream:
                entries = unpack(stream, staged / _TREE, limits=self._limits, progress=progress)
            (staged / _TREE).chmod(0o755)
            marker = {
                "digest": digest,
                "size_bytes": sum(entry.size_bytes for entry in entries),
                "entries": len(entries),
                "manifest_sha256": _write_manifest(staged / _MANIFEST, entries),
                **facts,
            }
            (staged / _MARKER).write_text(json.dumps(marker, sort_keys=True) + "\n", encoding="utf-8")
            if place.exists():  # there, but not whole
                place.rename(folder / "broken")
            staged.rename(place)
        progress.log(f"The image's {len(entries)} files are unpacked, after {time.monotonic() - started:.1f} s.")
        return marker

    def _place(self, digest: str) -> Path:
        match = _DIGEST.fullmatch(digest)
        if match is None:
            raise BuildError("image-refused", reason=f"{digest[:100]!r} is no digest")
        return self._folder / match[1]

    def _marker(self, digest: str) -> dict[str, Any] | None:
        place = self._place(digest)
        try:
            marker = json.loads((place / _MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_whole = isinstance(marker, dict) and marker.get("digest") == digest and (place / _TREE).is_dir()
        return marker if is_whole else None

    def _root(self, digest: str, marker: Mapping[str, Any]) -> Root:
        return Root(self._place(digest) / _TREE, digest, str(marker["repository"]))


def _write_manifest(path: Path, entries: Iterable[Entry]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for entry in entries:
            line = _line(entry) + b"\n"
            digest.update(line)
            file.write(line)
    return digest.hexdigest()


def _line(entry: Entry) -> bytes:
    """One entry as JSON in one line; a name that is not UTF-8 is kept by its escapes."""
    return json.dumps([entry.kind, entry.size_bytes, entry.content, entry.path]).encode("ascii")
