"""Images that lie in a file of this machine: archives of Docker and Podman, OCI archives, and Singularity's SIF."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from builder.engines.containers.archives import nameless_archive
from builder.engines.containers.commands import run_command, streamed
from builder.engines.containers.image_environment import Finisher, Unpacked
from builder.engines.containers.image_settings import ImageSettings
from builder.engines.progress import Progress, Stage
from builder.errors import BuildError
from builder.held_directory import held_directory
from builder.recipe.model import Extra, Wish

_KINDS: Final = ("oci-archive", "docker-archive", "sif")
_CHUNK: Final = 1 << 20
_SQUASHFS: Final = b"hsqs"
_SEARCHED_BYTES: Final = 64 << 20
_ALIGNED: Final = 4096
_VARIABLES: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_SIF_PATH: Final = (("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that holds an image, and of which kind it is."""

    kind: str
    path: Path

    @classmethod
    def parse(cls, text: str) -> GivenFile | None:
        """Return the file that "oci-archive:/path" or "/path/x.sif" names, None when it names no file."""
        kind, _, path = text.partition(":")
        if kind in _KINDS and path:
            return cls(kind, Path(path).expanduser().absolute())
        if text.endswith(".sif") and ("/" in text or Path(text).is_file()):
            return cls("sif", Path(text).expanduser().absolute())
        return None

    def __str__(self) -> str:
        """Return what `parse` understands."""
        return f"{self.kind}:{self.path}"

    def digest(self, *, progress: Progress) -> str:
        """Return the file's "sha256:…". Raises BuildError image-not-found."""
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    progress.check()
                    digest.update(chunk)
        except OSError as error:
            raise BuildError("image-not-found", image=str(self.path)) from error
        return f"sha256:{digest.hexdigest()}"


def given_file(given: Extra, *, is_asked_for: bool) -> GivenFile | None:
    """Return the file that is named; a repository may name none of this machine. Raises BuildError image-forbidden."""
    file = GivenFile.parse(given.values[0])
    if file is None and given.wish == Wish.SIF:
        file = GivenFile("sif", Path(given.values[0]).absolute())
    if file is not None and not is_asked_for:
        reason = "a file is taken only where the command line names it"
        raise BuildError("image-forbidden", image=given.values[0][:100], reason=reason)
    return file


@contextmanager
def unpacked_file(
    file: GivenFile, settings: ImageSettings, finisher: Finisher, scratch: Path, progress: Progress
) -> Iterator[Unpacked]:
    """Give the file's image as something to unpack. Raises BuildError image-refused with what is missing."""
    scratch.mkdir(parents=True, exist_ok=True)
    progress.stage(Stage.DOWNLOAD)
    with held_directory("given-", scratch) as folder:
        if file.kind == "sif":
            export = partial(_sif_tree, file, Path(folder), settings, progress)
            yield Unpacked(file.digest(progress=progress), _SIF_PATH, "", export)
            return
        limit = finisher.size_limit_bytes
        archive = nameless_archive(file.path, Path(folder) / "image.tar", limit_bytes=limit, progress=progress)
        image = settings.client.load(archive, progress=progress)
        yield finisher.unpacked(settings.client, image, progress=progress)


@contextmanager
def _sif_tree(file: GivenFile, folder: Path, settings: ImageSettings, progress: Progress) -> Iterator[IO[bytes]]:
    """Give the root file system of a SIF as a tar stream, by squashfs-tools."""
    program = shutil.which("unsquashfs")
    if program is None:
        raise BuildError("image-refused", reason="a SIF needs unsquashfs here (Debian: squashfs-tools)")
    tree = folder / "tree"
    offset = str(_squashfs_at(file.path))
    answer = run_command(
        [program, "-no-xattrs", "-no-progress", "-offset", offset, "-dest", str(tree), str(file.path)],
        variables=_VARIABLES,
        cwd=folder,
        timeout_s=settings.build_timeout_s,
        limits=settings.limits,
        progress=progress,
        on_line=lambda _: None,
    )
    # As an ordinary user it cannot make devices, says so and goes on.
    if not (tree / "usr").is_dir():
        raise BuildError("image-refused", reason=f"unsquashfs: {answer.text.strip().splitlines()[-1:]}")
    with streamed(
        ["tar", "--create", "--format=pax", "--directory", str(tree), "."],
        variables=_VARIABLES,
        timeout_s=settings.build_timeout_s,
        limits=settings.limits,
        progress=progress,
    ) as stream:
        yield stream


def _squashfs_at(path: Path) -> int:
    """Return where in a SIF its file system begins: the first aligned squashfs. Raises BuildError image-refused."""
    with path.open("rb") as file:
        for offset in range(0, _SEARCHED_BYTES, _ALIGNED):
            file.seek(offset)
            if file.read(4) == _SQUASHFS:
                return offset
    raise BuildError("image-refused", reason=f"{path.name} holds no file system that can be read here")
