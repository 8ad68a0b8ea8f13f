"""Which files of a dataset can be looked into, for whom, and where they lie on this machine.

A file is named by its place in the dataset, of which its key is a digest: no address holds a path of this machine.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from django.http import Http404

from catalog.data_places import is_plain_path
from catalog.models import Dataset, Publication, Viewer
from reproduce.data_locations import locate
from reproduce.errors import RunError
from reproduce.fetched_files import Source, kept_file, source_of

SUFFIXES: Final = (".h5", ".hdf5", ".hdf", ".he5", ".nxs", ".nx5", ".nexus", ".cxi", ".nc", ".nc4")
MOST_FILES: Final = 1_000
_MOST_ENTRIES: Final = 5_000
_MOST_FOLDERS: Final = 8


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """A file of a dataset. `here` is where it lies on this machine, None with `reason` where it does not.

    `source` is from where one that is not here can be fetched.
    """

    key: str
    path: str
    size_bytes: int | None = None
    here: Path | None = None
    reason: str = ""
    source: Source | None = None

    @property
    def is_here(self) -> bool:
        """Whether it can be looked into."""
        return self.here is not None


def preview_file(viewer: Viewer, doi: str, key: str) -> tuple[Dataset, PreviewFile]:
    """Return a dataset and the file of it with this key. Raises Http404 unless its files are open to the viewer."""
    dataset = Dataset.objects.visible_to(viewer).filter(doi=doi).first()
    if dataset is not None:
        for file in _files(dataset, viewer, key=key):
            return dataset, file
    raise Http404("no such file")


def preview_files(dataset: Dataset, viewer: Viewer) -> tuple[PreviewFile, ...]:
    """Return the HDF5 and NeXus files of a dataset, none unless its files are open to the viewer.

    They are those of its list; where it has none, those that lie where the operator says that the dataset does.
    """
    return tuple(_files(dataset, viewer, key=None))


def _files(dataset: Dataset, viewer: Viewer, *, key: str | None) -> Iterator[PreviewFile]:
    """Yield such files, or the one with this key; no more of them is looked for on the disk."""
    if not Dataset.objects.open_to(viewer).filter(pk=dataset.pk).exists():
        return
    place, reason = _place_of(dataset, viewer)
    listed = [entry for entry in dataset.files if isinstance(entry, dict)]
    if not listed and place is not None:
        listed = [{"path": path} for path in _found_below(place)]
    named = [(path, one) for one in listed if isinstance(path := one.get("path"), str) and _is_fitting(path)]
    for path, entry in named[:MOST_FILES]:
        if is_plain_path(path) and key in (None, key_of(path)):
            size = entry.get("size_bytes")
            file = _file(path, size if isinstance(size, int) else None, place, reason)
            yield file if file.is_here else _elsewhere(file, dataset, entry)


def _is_fitting(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def _elsewhere(file: PreviewFile, dataset: Dataset, entry: dict[str, Any]) -> PreviewFile:
    """Return a file that does not lie where its dataset does: as it was fetched, or from where it can be."""
    try:
        source = source_of(entry, dataset.doi)
    except RunError as error:
        why = error.data.get("reason", "")
        return replace(file, reason=f"{file.reason}, and it is not fetched: {why}")
    if source is None:
        return file
    kept = kept_file(dataset.doi, source)
    if not kept.is_file():
        return replace(file, source=source)
    return PreviewFile(file.key, file.path, kept.stat().st_size, kept)


def is_open_to_all(dataset: Dataset, nobody: Viewer) -> bool:
    """Tell whether what a file of the dataset holds is for everybody."""
    return Dataset.objects.open_to(nobody).filter(pk=dataset.pk).exists()


def key_of(path: str) -> str:
    """Return the key of a file, by its path in the dataset."""
    return hashlib.sha256(path.encode()).hexdigest()[:16]


def _place_of(dataset: Dataset, viewer: Viewer) -> tuple[Path | None, str]:
    """Return where the dataset lies for one of the publications that the viewer may open, or why it does not."""
    opened = Publication.objects.open_to(viewer).filter(datasets=dataset).order_by("pk")
    reason = "the operator has not said where its dataset lies here"
    for facility_id in dict.fromkeys([*opened.values_list("facility_id", flat=True), None]):
        try:
            return locate(dataset, facility_id=facility_id), ""
        except RunError as error:
            reason = error.data.get("reason", reason)
    return None, reason


def _file(path: str, size_bytes: int | None, place: Path | None, reason: str) -> PreviewFile:
    key = key_of(path)
    if place is None:
        return PreviewFile(key, path, size_bytes, reason=reason)
    wanted = place if place.is_file() and place.name == path.rpartition("/")[2] else place / path
    try:
        real = Path(os.path.realpath(wanted, strict=True))
        found = real.stat()
    except (OSError, ValueError):
        return PreviewFile(key, path, size_bytes, reason="its dataset lies here without it")
    if not real.is_relative_to(place) or not stat.S_ISREG(found.st_mode):
        return PreviewFile(key, path, size_bytes, reason="what has its name leads out of its dataset")
    if size_bytes is not None and found.st_size != size_bytes:
        return PreviewFile(key, path, size_bytes, reason="what has its name is of another size than its list says")
    return PreviewFile(key, path, found.st_size, real)


def _found_below(place: Path) -> Iterator[str]:
    """Yield the paths of files below a directory, by name; follows no link, and looks at so many and no more."""
    if place.is_file():
        yield place.name
        return
    yield from sorted(islice(_walk(place), _MOST_ENTRIES))


def _walk(place: Path) -> Iterator[str]:
    waiting = [""]
    for folder in waiting:
        try:
            with os.scandir(place / folder) as entries:
                for entry in entries:
                    below = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False) and below.count("/") < _MOST_FOLDERS:
                        waiting.append(below)
                    yield below
        except OSError:
            continue
