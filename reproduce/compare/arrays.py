"""Arrays of numbers and texts, piece by piece: how far the fresh one is from the published one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reproduce.compare.model import Tolerance
from reproduce.compare.numbers import FLOAT_NOISE

Array = npt.NDArray[Any]

# Of a floating type's own step: what another order of summation changes.
_STEPS: Final = 8
_PIECE_BYTES: Final = 16 << 20


@dataclass(slots=True)
class ArrayDifference:
    """The largest relative deviation of all arrays of a file, how many values are beyond the tolerance, and where."""

    max_relative: float = 0.0
    beyond: int = 0
    compared: int = 0
    is_exact: bool = True
    first: str = ""
    other_types: int = 0
    first_type: str = ""

    def note(self, words: str) -> None:
        """Count a difference that no number tells."""
        self.beyond += 1
        self.is_exact = False
        self.first = self.first or words

    def note_types(self, name: str, published: np.dtype[Any], fresh: np.dtype[Any]) -> None:
        """Count values that are now of another type, byte order apart; equal values make it no difference."""
        if published.newbyteorder("<") != fresh.newbyteorder("<"):
            self.other_types += 1
            self.first_type = self.first_type or f"{name} was {published} and is now {fresh}"


def pieces(
    shape: tuple[int, ...], item_bytes: int, chunk: tuple[int, ...] | None = None
) -> Iterator[tuple[slice, ...]]:
    """Yield slices that together are the whole, each of a bounded size and of whole chunks where those are bounded."""
    if 0 in shape:
        return
    steps = [1] * len(shape)
    if chunk is not None and item_bytes * math.prod(chunk) <= _PIECE_BYTES:
        steps = [min(size, edge) for size, edge in zip(shape, chunk, strict=True)]
    # The last axis first: its neighbours lie side by side.
    for axis in reversed(range(len(shape))):
        room = max(1, _PIECE_BYTES // max(1, item_bytes * math.prod(steps)))
        steps[axis] = min(shape[axis], steps[axis] * room)
    starts = (range(0, size, step) for size, step in zip(shape, steps, strict=True))
    for place in itertools.product(*starts):
        yield tuple(slice(start, start + step) for start, step in zip(place, steps, strict=True))


def compare_piece(name: str, published: Array, fresh: Array, tolerance: Tolerance, found: ArrayDifference) -> None:
    """Compare two arrays of one shape, and note in `found` what differs. Fields of records are compared one by one."""
    if published.dtype.names:
        if published.dtype.names != fresh.dtype.names:
            found.note(f"{name} has other columns")
            return
        for column in published.dtype.names:
            compare_piece(f"{name}.{column}", published[column], fresh[column], tolerance, found)
        return
    found.compared += published.size
    if published.dtype.kind in "biufc" and fresh.dtype.kind in "biufc":
        _compare_numbers(name, published, fresh, tolerance, found)
        return
    unequal = 0
    for one, other in zip(published.flat, fresh.flat, strict=True):
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.shape == other.shape:
            compare_piece(name, one, other, tolerance, found)
        elif not _is_same(one, other):
            unequal += 1
    if unequal:
        found.beyond += unequal
        found.is_exact = False
        found.first = found.first or f"{name} has {unequal} other values"


def _is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 - texts, opaque values, or arrays of any length
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(_text(one) == _text(other))


def _text(value: Any) -> Any:  # noqa: ANN401 - as above
    """A text is the same whether its length is fixed or not."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _compare_numbers(name: str, published: Array, fresh: Array, tolerance: Tolerance, found: ArrayDifference) -> None:
    with np.errstate(all="ignore"):
        if not bool(np.any(published != fresh)):
            return
        is_same = (published == fresh) | ((published != published) & (fresh != fresh))
        if bool(np.all(is_same)):
            return
        found.is_exact = False
        wide = np.complex128 if "c" in (published.dtype.kind, fresh.dtype.kind) else np.float64
        one, other = published[~is_same].astype(wide), fresh[~is_same].astype(wide)
        size = np.maximum(np.abs(one), np.abs(other))
        distance = np.abs(one - other)
        allowed = tolerance.atol + _rtol(published, fresh, tolerance) * size
        is_beyond = ~(np.isfinite(one) & np.isfinite(other)) | (distance > allowed)
        relative = np.where(np.isfinite(distance), distance / size, np.inf)
    found.max_relative = max(found.max_relative, float(np.max(relative)))
    beyond = int(np.sum(is_beyond))
    found.beyond += beyond
    if beyond and not found.first:
        worst = int(np.argmax(np.where(is_beyond, relative, -1.0)))
        found.first = f"{name} was {one[worst]:.6g} and is now {other[worst]:.6g}"


def _rtol(published: Array, fresh: Array, tolerance: Tolerance) -> float:
    """The declared one; else nothing for whole numbers, which count, and a few steps of the coarser floating type."""
    if tolerance.rtol is not None:
        return tolerance.rtol
    floats = [array.dtype for array in (published, fresh) if array.dtype.kind in "fc"]
    if not floats:
        return 0.0
    return max(FLOAT_NOISE, *(_STEPS * float(np.finfo(dtype).eps) for dtype in floats))
