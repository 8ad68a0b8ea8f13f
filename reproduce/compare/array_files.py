"""Compare two files of arrays (NPY, NPZ, HDF5 and NeXus) in a process of its own: they may be made to harm who reads.

`python -m reproduce.compare.array_files KIND PUBLISHED FRESH RTOL ATOL` prints one JSON object: an ArrayDifference, or
{"refused": why nothing was compared}. Nothing of a file is run or followed: no pickles, no external links or storage,
no virtual datasets, no filter plugins.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

# Before the library is loaded, which reads it once.
os.environ["HDF5_PLUGIN_PATH"] = "/nonexistent"

import h5py
import numpy as np

from reproduce.compare.arrays import ArrayDifference, compare_piece, pieces
from reproduce.compare.model import Tolerance

MEMORY_BYTES: Final = 4 << 30
MOST_OBJECTS: Final = 20_000
# Written anew by every run, and no result: when, by whom and with which release a file was made.
_VOLATILE: Final = frozenset(
    {
        *("file_time", "file_update_time", "file_name", "creator", "creator_version", "date", "NeXus_version"),
        *("HDF5_Version", "h5py_version", "nexusformat_version", "timestamp", "created", "modified"),
    }
)


class RefusedError(Exception):
    """A file has something that is not looked at."""


def compare_array_files(kind: str, published: Path, fresh: Path, tolerance: Tolerance) -> ArrayDifference:
    """Compare two files of one kind: npy, npz or hdf5. Raises RefusedError, and what the libraries raise."""
    found = ArrayDifference()
    {"npy": _compare_npy, "npz": _compare_npz, "hdf5": _compare_hdf5}[kind](published, fresh, tolerance, found)
    return found


def _compare_npy(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    one, other = (np.load(path, mmap_mode="r", allow_pickle=False) for path in (published, fresh))
    _compare_arrays("the array", one, other, tolerance, found)


def _compare_npz(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    with np.load(published, allow_pickle=False) as one, np.load(fresh, allow_pickle=False) as other:
        for name in _shared_names(one.files, other.files, found):
            _compare_arrays(name, one[name], other[name], tolerance, found)


def _compare_hdf5(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    with h5py.File(published, "r", locking=False) as one, h5py.File(fresh, "r", locking=False) as other:
        _compare_groups("", one, other, tolerance, found)


def _compare_groups(path: str, published: Any, fresh: Any, tolerance: Tolerance, found: ArrayDifference) -> None:  # noqa: ANN401 - h5py has no types
    pending = [(path, published, fresh)]
    left = MOST_OBJECTS
    while pending:
        place, one, other = pending.pop()
        _compare_attributes(place or "/", one, other, tolerance, found)
        for name in _shared_names(one.keys(), other.keys(), found, place):
            left -= 1
            if left < 0:
                raise RefusedError(f"it has more than {MOST_OBJECTS} objects")
            below = f"{place}/{name}"
            links = one.get(name, getlink=True), other.get(name, getlink=True)
            if any(not isinstance(link, h5py.HardLink) for link in links):
                if _link_words(links[0]) != _link_words(links[1]):
                    found.note(f"{below} is another link")
                continue
            pair = one[name], other[name]
            if all(isinstance(each, h5py.Group) for each in pair):
                pending.append((below, *pair))
            elif all(isinstance(each, h5py.Dataset) for each in pair):
                _compare_datasets(below, pair[0], pair[1], tolerance, found)
            elif type(pair[0]) is not type(pair[1]):
                found.note(f"{below} is another kind of object")


def _compare_datasets(path: str, one: Any, other: Any, tolerance: Tolerance, found: ArrayDifference) -> None:  # noqa: ANN401 - as above
    for dataset in (one, other):
        if dataset.is_virtual or dataset.external:
            raise RefusedError(f"{path} has its values in other files")
    _compare_attributes(path, one, other, tolerance, found)
    if one.shape is None or other.shape is None:
        if one.shape != other.shape:
            found.note(f"{path} is empty on one side")
        return
    if h5py.check_ref_dtype(one.dtype) is not None:
        return
    _compare_arrays(path, one, other, tolerance, found)


def _compare_attributes(path: str, one: Any, other: Any, tolerance: Tolerance, found: ArrayDifference) -> None:  # noqa: ANN401 - as above
    names = [{name for name in each.attrs if name not in _VOLATILE} for each in (one, other)]
    for name in _shared_names(names[0], names[1], found, f"{path}@"):
        values = [each.attrs[name] for each in (one, other)]
        if any(isinstance(value, h5py.Empty | h5py.Reference) for value in values):
            continue
        _compare_arrays(f"{path}@{name}", np.asarray(values[0]), np.asarray(values[1]), tolerance, found)


def _compare_arrays(name: str, one: Any, other: Any, tolerance: Tolerance, found: ArrayDifference) -> None:  # noqa: ANN401 - arrays, or datasets of HDF5
    if one.shape != other.shape:
        found.note(f"{name} had the shape {one.shape} and now has {other.shape}")
        return
    for piece in pieces(one.shape, max(one.dtype.itemsize, other.dtype.itemsize)):
        compare_piece(name, np.asarray(one[piece]), np.asarray(other[piece]), tolerance, found)


def _shared_names(one: Any, other: Any, found: ArrayDifference, place: str = "") -> list[str]:  # noqa: ANN401 - names, as each library gives them
    published, fresh = set(one), set(other)
    for name in sorted(published ^ fresh):
        was = "is missing" if name in published else "was not published"
        found.note(f"{place}{'/' if place and not place.endswith('@') else ''}{name} {was}")
    return sorted(published & fresh)


def _link_words(link: Any) -> str:  # noqa: ANN401 - as above
    return f"{type(link).__name__} {getattr(link, 'filename', '')} {getattr(link, 'path', '')}"


def main(arguments: list[str], write: Callable[[str], object]) -> int:
    """Compare, print and return the exit code."""
    kind, published, fresh, rtol, atol = arguments
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    tolerance = Tolerance(rtol=None if rtol == "-" else float(rtol), atol=float(atol))
    try:
        answer = dataclasses.asdict(compare_array_files(kind, Path(published), Path(fresh), tolerance))
    except RefusedError as error:
        answer = {"refused": str(error)}
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError, EOFError) as error:
        answer = {"refused": f"it cannot be read ({type(error).__name__})"}
    if answer.get("max_relative") == float("inf"):
        answer["max_relative"] = None
    write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout.write))
