"""Two netCDF files of the classic format (CDF-1, CDF-2, CDF-5): dimensions, attributes, types and values.

The format is read as its specification has it (docs.unidata.ucar.edu/netcdf-c, "NetCDF Classic and 64-bit Offset File
Formats", with that of CDF-5 by the PnetCDF project). Values are mapped and never read as a whole. SciPy's reader is not
used: attributes of some names take the place of its own, and it knows no CDF-5.
Read only by the program in array_files.py, whose process has bounds of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from reproduce.compare.arrays import Array, ArrayDifference
from reproduce.compare.hdf5_files import (
    MOST_OBJECTS,
    VOLATILE,
    VOLATILE_AT_ROOT,
    RefusedError,
    compare_arrays,
    shared_names,
)
from reproduce.compare.model import Tolerance

_SIGNATURES: Final = {b"CDF\x01": 1, b"CDF\x02": 2, b"CDF\x05": 5}
_OLD_TYPES: Final = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8"}
_TYPES: Final = {**_OLD_TYPES, 7: "u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8"}
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
_MOST_VALUE_BYTES: Final = 64 << 20
_MOST_AXES: Final = 32


@dataclass(frozen=True, slots=True)
class _Variable:
    dimensions: tuple[str, ...]
    attributes: dict[str, Array]
    values: Array


@dataclass(frozen=True, slots=True)
class _File:
    dimensions: dict[str, int]
    attributes: dict[str, Array]
    variables: dict[str, _Variable]


@dataclass(frozen=True, slots=True)
class _Described:
    """A variable as the header describes it. The shape of one with records begins with their number."""

    name: str
    dimensions: tuple[str, ...]
    attributes: dict[str, Array]
    dtype: np.dtype[Any]
    begin: int
    shape: tuple[int, ...]
    has_records: bool

    @property
    def row_bytes(self) -> int:
        """What one record takes, without what fills it up to four bytes."""
        return self.dtype.itemsize * math.prod(self.shape[1:])


def is_classic(path: Path) -> bool:
    """Tell whether a file begins like one of the classic format."""
    with path.open("rb") as file:
        return file.read(4) in _SIGNATURES


def compare_classic(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    """Compare two files. Raises RefusedError, and what numpy raises. A dimension without limit is one of its length."""
    one, other = _read(published), _read(fresh)
    for name in shared_names(one.dimensions, other.dimensions, found):
        if one.dimensions[name] != other.dimensions[name]:
            found.note(f"{name} was {one.dimensions[name]} and is now {other.dimensions[name]}")
    _compare_attributes("/", one.attributes, other.attributes, VOLATILE_AT_ROOT, tolerance, found)
    for name in shared_names(one.variables, other.variables, found):
        pair = one.variables[name], other.variables[name]
        _compare_attributes(name, pair[0].attributes, pair[1].attributes, VOLATILE, tolerance, found)
        if pair[0].dimensions != pair[1].dimensions:
            found.note(f"{name} had the dimensions {pair[0].dimensions} and now has {pair[1].dimensions}")
        compare_arrays(name, pair[0].values, pair[1].values, tolerance, found)


def _compare_attributes(
    place: str,
    one: dict[str, Array],
    other: dict[str, Array],
    volatile: frozenset[str],
    tolerance: Tolerance,
    found: ArrayDifference,
) -> None:
    for name in shared_names(one.keys() - volatile, other.keys() - volatile, found, f"{place}@"):
        compare_arrays(f"{place}@{name}", one[name], other[name], tolerance, found)


def _read(path: Path) -> _File:
    with path.open("rb") as file:
        return _Header(file, path).read()


class _Header:
    """Reads what stands before the values. Every count is bounded, and so is their sum."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._version = _SIGNATURES[file.read(4)]
        self._left = MOST_OBJECTS
        self._held = np.memmap(path, mode="r")
        # Numbers take four bytes, of CDF-5 eight; places of values four in CDF-1 alone.
        self._number_bytes = 8 if self._version == 5 else 4
        self._place_bytes = 4 if self._version == 1 else 8

    def read(self) -> _File:
        records = self._number()
        if records >= 2 ** (8 * self._number_bytes) - 1:
            raise RefusedError("it does not say how many records it has")
        dimensions = []
        for _ in range(self._count(_DIMENSION)):
            name = self._name()
            dimensions.append((name, self._number()))
        attributes = self._attributes()
        described = [self._variable(dimensions, records) for _ in range(self._count(_VARIABLE))]
        with_records = [variable for variable in described if variable.has_records]
        # Each record is filled up to four bytes, unless it is of a single variable.
        fills = len(with_records) > 1
        stride = sum(_filled(variable.row_bytes) if fills else variable.row_bytes for variable in with_records)
        return _File(
            {f"dimension {name}": length or records for name, length in dimensions},
            attributes,
            {
                variable.name: _Variable(variable.dimensions, variable.attributes, self._values(variable, stride))
                for variable in described
            },
        )

    def _variable(self, dimensions: list[tuple[str, int]], records: int) -> _Described:
        name = self._name()
        rank = self._number()
        if rank > _MOST_AXES:
            raise RefusedError(f"{name} has {rank} dimensions")
        axes = [self._number() for _ in range(rank)]
        if any(axis >= len(dimensions) for axis in axes):
            raise RefusedError(f"{name} has a dimension that there is not")
        attributes, dtype = self._attributes(), self._type()
        # Its size follows from the rest, and is not always right.
        self._number()
        begin = int.from_bytes(self._bytes(self._place_bytes), "big")
        named = [dimensions[axis] for axis in axes]
        if any(length == 0 for _, length in named[1:]):
            raise RefusedError(f"{name} has records within others")
        has_records = bool(named) and named[0][1] == 0
        shape = tuple(length or records for _, length in named)
        return _Described(name, tuple(name for name, _ in named), attributes, dtype, begin, shape, has_records)

    def _values(self, variable: _Described, stride: int) -> Array:
        """Return the values where they lie in the file. Raises RefusedError where it does not hold them."""
        shape, dtype = variable.shape, variable.dtype
        if 0 in shape:
            return np.empty(shape, dtype)
        steps = [dtype.itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        rows, size = 1, dtype.itemsize * math.prod(shape)
        if variable.has_records:
            rows, size, steps[0] = shape[0], variable.row_bytes, stride
        if variable.begin + (rows - 1) * stride + size > self._held.size:
            raise RefusedError(f"{variable.name} claims more values than the file holds")
        if dtype.kind == "S" and len(shape) > variable.has_records:
            # The letters of the last dimension are a text.
            shape, steps, dtype = shape[:-1], steps[:-1], np.dtype(f"S{shape[-1]}")
        return np.ndarray(shape, dtype, self._held, variable.begin, steps)

    def _attributes(self) -> dict[str, Array]:
        found = {}
        for _ in range(self._count(_ATTRIBUTE)):
            name, dtype, count = self._name(), self._type(), self._number()
            data = self._bytes(dtype.itemsize * count, is_filled=True)
            # A text is one value.
            found[name] = np.array(data.rstrip(b"\0")) if dtype.kind == "S" else np.frombuffer(data, dtype)
        return found

    def _count(self, kind: int) -> int:
        """Return how many dimensions, variables or attributes follow."""
        tag = int.from_bytes(self._bytes(4), "big")
        count = self._number()
        if (tag, count) != (0, 0) and tag != kind:
            raise RefusedError("its header cannot be read")
        self._left -= count
        if self._left < 0:
            raise RefusedError(f"it has more than {MOST_OBJECTS} objects")
        return count

    def _name(self) -> str:
        return self._bytes(self._number(), is_filled=True).decode("utf-8", "surrogateescape")

    def _type(self) -> np.dtype[Any]:
        code = int.from_bytes(self._bytes(4), "big")
        known = _TYPES if self._version == 5 else _OLD_TYPES
        if code not in known:
            raise RefusedError(f"it has values of the type {code}, which there is not")
        return np.dtype(known[code])

    def _number(self) -> int:
        return int.from_bytes(self._bytes(self._number_bytes), "big")

    def _bytes(self, count: int, *, is_filled: bool = False) -> bytes:
        if count > _MOST_VALUE_BYTES:
            raise RefusedError("its header is larger than is read")
        data = self._file.read(count)
        if len(data) < count:
            raise RefusedError("its header is cut off")
        if is_filled:
            self._file.read(_filled(count) - count)
        return data


def _filled(count: int) -> int:
    return -(-count // 4) * 4
