"""Where in a run data are shown: the binds of a sandbox, the variables that name them, and their places in the copy."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from builder.engines.containers.root_binds import has_place
from catalog.data_places import is_below, read_place
from reproduce.runner.job import DataMount, Job

# Of no image and no machine, so that it can be made anywhere.
NAMED_PLACE: Final = "/reprise-data"
_PLACEHOLDERS: Final = frozenset({".gitkeep", ".keep", ".gitignore", ".gitattributes", ".DS_Store"})
_POINTER_BEGINNINGS: Final = (b"version https://git-lfs.github.com/spec/", b"/annex/objects/")
_ANNEX_LINK: Final = ".git/annex/objects/"
_POINTER_BYTES: Final = 1024
_MOST_ENTRIES: Final = 20_000


class DataPlaceError(Exception):
    """Data cannot be shown where the notebook expects them. `is_taken` where the repository itself is in the way."""

    def __init__(self, reason: str, *, is_taken: bool = True) -> None:
        super().__init__(reason)
        self.is_taken = is_taken


def data_binds(job: Job, work: str) -> list[tuple[str, str]]:
    """Return (path here, absolute path inside) of each mount, to be shown read-only over the copy at `work`."""
    return [(mount.here, _inside(mount, number, work)) for number, mount in enumerate(job.data, start=1)]


def checked_binds(job: Job, work: str, *, closed: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return the binds after refusing a place that an image does not have, or that meets what is shown anyway.

    `closed` are the paths that the kernel needs. Raises DataPlaceError.
    """
    binds = data_binds(job, work)
    shown = tuple(closed)
    for here, inside in binds:
        if is_below(inside, (work,)):
            continue
        if is_below(inside, shown) or any(is_below(path, (inside,)) for path in shown):
            raise DataPlaceError(f"{inside} is taken by what the notebook runs in", is_taken=False)
        root = job.kernel.root
        if root is not None and not has_place(inside, root=Path(root), is_directory=Path(here).is_dir()):
            raise DataPlaceError(f"the image has no place to show anything at {inside}")
    return binds


def data_variables(job: Job, work: str) -> dict[str, str]:
    """Return the variables that name places; without a sandbox they name the data's own place on this machine."""
    return {
        read_place(mount.at).value: mount.here if job.sandbox == "none" else _inside(mount, number, work)
        for number, mount in enumerate(job.data, start=1)
        if read_place(mount.at).kind == "variable"
    }


def _inside(mount: DataMount, number: int, work: str) -> str:
    place = read_place(mount.at)
    if place.kind == "variable":
        return f"{NAMED_PLACE}/{number}"
    return place.value if place.kind == "absolute" else f"{work}/{place.value}"


def make_places(job: Job, work: Path) -> None:
    """Make each mount's place in the private copy at `work`; without a sandbox, a link to the data.

    The repository may have nothing there, an empty directory, or pointer files that the data stand for. Raises
    DataPlaceError.
    """
    for mount in job.data:
        place = read_place(mount.at)
        if place.kind == "repository":
            _make_place(mount, place.value, work, is_linked=job.sandbox == "none")
        elif place.kind == "absolute" and job.sandbox == "none" and mount.here != place.value:
            raise DataPlaceError(f"without a sandbox nothing can be shown at {place.value}", is_taken=False)


def _make_place(mount: DataMount, path: str, work: Path, *, is_linked: bool) -> None:
    *parents, name = path.split("/")
    folder = work
    for part in parents:
        folder = folder / part
        if not os.path.lexists(folder):
            folder.mkdir()
        elif folder.is_symlink() or not folder.is_dir():
            # Through a link of the repository the place would be somewhere else.
            raise DataPlaceError(f"{folder.relative_to(work)} of the repository is no directory, so not {path}")
    place = folder / name
    is_directory = Path(mount.here).is_dir()
    if os.path.lexists(place):
        _clear(place, path, is_directory=is_directory)
    if is_linked:
        place.symlink_to(mount.here)
    elif is_directory:
        place.mkdir()
    else:
        place.touch()


def _clear(place: Path, path: str, *, is_directory: bool) -> None:
    """Remove what data may stand for, from the copy alone."""
    kind = place.lstat().st_mode
    if stat.S_ISDIR(kind):
        if not is_directory:
            raise DataPlaceError(f"{path} of the repository is a directory, and the data are one file")
        found = _files_below(place)
        own = next((file for file in found if not _stands_for_data(file)), None)
        if own is not None:
            raise DataPlaceError(f"the repository has files of its own there, such as {own.relative_to(place.parent)}")
        for file in found:
            file.unlink()
        for folder, _, _ in os.walk(place, topdown=False):
            Path(folder).rmdir()
        return
    if is_directory or not _stands_for_data(place):
        raise DataPlaceError(f"{path} of the repository is a file of its own")
    place.unlink()


def _files_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        found += [Path(parent, name) for name in files]
        found += [Path(parent, name) for name in folders if Path(parent, name).is_symlink()]
        if len(found) > _MOST_ENTRIES:
            raise DataPlaceError(f"the repository has more than {_MOST_ENTRIES} files of its own in {folder.name}")
    return found


def _stands_for_data(path: Path) -> bool:
    """Whether it is a placeholder, an empty file, or a pointer of Git LFS or git-annex, which also uses links."""
    kind = path.lstat().st_mode
    if stat.S_ISLNK(kind):
        return _ANNEX_LINK in os.readlink(path)  # noqa: PTH115 - a text of the repository, not a path of this machine
    if not stat.S_ISREG(kind):
        return False
    size = path.lstat().st_size
    if size == 0 or path.name in _PLACEHOLDERS:
        return True
    if size > _POINTER_BYTES:
        return False
    return path.read_bytes().startswith(_POINTER_BEGINNINGS)
