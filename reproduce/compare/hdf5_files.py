"""Two HDF5 files (NeXus and netCDF 4 too): tree, attributes, types and values. What leads elsewhere is not followed.

Read only by the program in array_files.py, whose process has bounds of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from reproduce.compare.arrays import ArrayDifference, compare_piece, pieces
from reproduce.compare.model import Tolerance

MOST_OBJECTS: Final = 20_000
MOST_CHUNKS: Final = 500_000
# More than this is a claim that no disk here could hold, made to keep a reader busy.
MOST_BYTES: Final = 1 << 42
# Written anew by every run, and no result: when, by whom and with which release a file was made.
VOLATILE: Final = frozenset(
    {
        *("file_time", "file_update_time", "file_name", "creator", "creator_version", "date", "NeXus_version"),
        *("HDF5_Version", "h5py_version", "nexusformat_version", "timestamp", "created", "modified", "_NCProperties"),
    }
)
# Of the file itself: netCDF's tools write their command lines there.
VOLATILE_AT_ROOT: Final = VOLATILE | {"history"}
# NeXus' records of who processed when.
_RECORDS: Final = frozenset({"NXprocess", "NXnote"})
_Slices = tuple[slice, ...]


class RefusedError(Exception):
    """A file has something that is not looked at."""


def check_signature(path: Path) -> None:
    """Raise RefusedError for what is no HDF5 file."""
    if not h5py.is_hdf5(path):
        raise RefusedError("it is no HDF5 file")


class TreeComparison:
    """Walks two files in step. Names that only one side has, and other kinds of objects, are differences."""

    def __init__(self, tolerance: Tolerance, found: ArrayDifference) -> None:
        self._tolerance = tolerance
        self._found = found
        self._left = MOST_OBJECTS
        self._seen: set[tuple[int, int]] = set()

    def compare(self, published: Path, fresh: Path) -> None:
        """Compare two files. Raises RefusedError, and what h5py raises."""
        for path in (published, fresh):
            check_signature(path)
        with h5py.File(published, "r", locking=False) as one, h5py.File(fresh, "r", locking=False) as other:
            pending: list[tuple[str, Any, Any]] = [("", one, other)]
            while pending:
                pending += self._compare_groups(*pending.pop())

    def _compare_groups(self, place: str, one: Any, other: Any) -> Iterable[tuple[str, Any, Any]]:  # noqa: ANN401 - h5py has no types
        # Hard links may lead in a circle; a pair of groups that was met is not walked again.
        met = tuple(h5py.h5o.get_info(each.id).addr for each in (one, other))
        if met in self._seen:
            return
        self._seen.add((met[0], met[1]))
        self._compare_attributes(place or "/", one, other, VOLATILE if place else VOLATILE_AT_ROOT)
        is_record = str(one.attrs.get("NX_class", "")) in _RECORDS
        for name in shared_names(one.keys(), other.keys(), self._found, place):
            self._left -= 1
            if self._left < 0:
                raise RefusedError(f"it has more than {MOST_OBJECTS} objects")
            below = f"{place}/{name}"
            links = one.get(name, getlink=True), other.get(name, getlink=True)
            if any(not isinstance(link, h5py.HardLink) for link in links):
                if _link_words(links[0]) != _link_words(links[1]):
                    self._found.note(f"{below} is another link")
                continue
            pair = one[name], other[name]
            if all(isinstance(each, h5py.Group) for each in pair):
                yield (below, *pair)
            elif all(isinstance(each, h5py.Dataset) for each in pair):
                if not (is_record and name == "date"):
                    self._compare_datasets(below, *pair)
            elif type(pair[0]) is not type(pair[1]):
                self._found.note(f"{below} is another kind of object")
            elif isinstance(pair[0], h5py.Datatype):
                self._found.note_types(below, pair[0].dtype, pair[1].dtype)

    def _compare_datasets(self, path: str, one: Any, other: Any) -> None:  # noqa: ANN401 - as above
        for dataset in (one, other):
            if dataset.is_virtual or dataset.external:
                raise RefusedError(f"{path} has its values in other files")
            _check_filters(path, dataset)
        self._compare_attributes(path, one, other, VOLATILE)
        if one.shape is None or other.shape is None:
            if one.shape != other.shape:
                self._found.note(f"{path} is empty on one side")
            return
        if _is_reference(one.dtype) or _is_reference(other.dtype):
            return
        if one.shape != other.shape:
            self._found.note(f"{path} had the shape {one.shape} and now has {other.shape}")
            return
        self._found.note_types(path, one.dtype, other.dtype)
        for piece in self._pieces(path, one, other):
            compare_piece(path, np.asarray(one[piece]), np.asarray(other[piece]), self._tolerance, self._found)

    def _pieces(self, path: str, one: Any, other: Any) -> Iterator[_Slices]:  # noqa: ANN401 - as above
        """Yield what has to be read: where nothing was ever written, the value that stands for it is all there is."""
        held = [_written(dataset) for dataset in (one, other)]
        if held[0] is not None and held[1] is not None and (not (held[0] or held[1]) or one.chunks == other.chunks):
            fill, fresh_fill = (np.asarray(dataset.fillvalue).reshape(1) for dataset in (one, other))
            compare_piece(f"{path} where nothing was written", fill, fresh_fill, self._tolerance, self._found)
            edges = one.chunks or ()
            for offset in sorted(held[0] | held[1]):
                yield tuple(slice(start, start + edge) for start, edge in zip(offset, edges, strict=True))
            return
        item_bytes = max(one.dtype.itemsize, other.dtype.itemsize)
        if item_bytes * math.prod(one.shape) > MOST_BYTES:
            raise RefusedError(f"{path} claims {math.prod(one.shape)} values")
        yield from pieces(one.shape, item_bytes, one.chunks)

    def _compare_attributes(self, path: str, one: Any, other: Any, volatile: frozenset[str]) -> None:  # noqa: ANN401 - as above
        names = [{name for name in each.attrs if name not in volatile} for each in (one, other)]
        for name in shared_names(names[0], names[1], self._found, f"{path}@"):
            types = [each.attrs.get_id(name).dtype for each in (one, other)]
            if any(_is_reference(dtype) for dtype in types):
                continue
            values = [each.attrs[name] for each in (one, other)]
            if any(isinstance(value, h5py.Empty) for value in values):
                if type(values[0]) is not type(values[1]):
                    self._found.note(f"{path}@{name} is empty on one side")
                continue
            compare_arrays(f"{path}@{name}", np.asarray(values[0]), np.asarray(values[1]), self._tolerance, self._found)


def compare_arrays(name: str, one: Any, other: Any, tolerance: Tolerance, found: ArrayDifference) -> None:  # noqa: ANN401 - arrays, in memory or mapped
    """Compare two arrays piece by piece; another shape is a difference of its own."""
    if one.shape != other.shape:
        found.note(f"{name} had the shape {one.shape} and now has {other.shape}")
        return
    if one.dtype.kind not in "OSU" or other.dtype.kind not in "OSU":
        found.note_types(name, one.dtype, other.dtype)
    for piece in pieces(one.shape, max(one.dtype.itemsize, other.dtype.itemsize)):
        compare_piece(name, np.asarray(one[piece]), np.asarray(other[piece]), tolerance, found)


def shared_names(one: Iterable[str], other: Iterable[str], found: ArrayDifference, place: str = "") -> list[str]:
    """Return the names that both sides have, and note those that one of them lacks."""
    published, fresh = set(one), set(other)
    for name in sorted(published ^ fresh):
        was = "is missing" if name in published else "was not published"
        found.note(f"{place}{'/' if place and not place.endswith('@') else ''}{name} {was}")
    return sorted(published & fresh)


def _written(dataset: Any) -> set[tuple[int, ...]] | None:  # noqa: ANN401 - as above
    """Return where the chunks lie that were written, if those are less than half; None when all must be read."""
    if dataset.dtype.kind == "O":
        return None
    if dataset.chunks is None:
        return set() if dataset.id.get_storage_size() == 0 and dataset.size else None
    count = dataset.id.get_num_chunks()
    if 2 * count * math.prod(dataset.chunks) >= math.prod(dataset.shape) or count > MOST_CHUNKS:
        return None
    offsets: set[tuple[int, ...]] = set()
    dataset.id.chunk_iter(lambda chunk: offsets.add(tuple(chunk.chunk_offset)))
    return offsets


def _check_filters(path: str, dataset: Any) -> None:  # noqa: ANN401 - as above
    layout = dataset.id.get_create_plist()
    for number in range(layout.get_nfilters()):
        code = layout.get_filter(number)[0]
        if not h5py.h5z.filter_avail(code):
            raise RefusedError(f"{path} is packed by the filter {code}, which is not installed")


def _is_reference(dtype: Any) -> bool:  # noqa: ANN401 - numpy's, with h5py's notes in it
    """Tell whether values lead to other places of the file: their bytes are addresses and say nothing."""
    if not isinstance(dtype, np.dtype):
        return False
    if dtype.names:
        return any(_is_reference(dtype[name]) for name in dtype.names)
    return h5py.check_ref_dtype(dtype) is not None or _is_reference(h5py.check_vlen_dtype(dtype))


def _link_words(link: Any) -> str:  # noqa: ANN401 - as above
    return f"{type(link).__name__} {getattr(link, 'filename', '')} {getattr(link, 'path', '')}"
