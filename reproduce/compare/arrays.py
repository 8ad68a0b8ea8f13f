"""Arrays of numbers and texts, piece by piece: how far the fresh one is from the published one."""

from __future__ import annotations

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

    def note(self, words: str) -> None:
        """Count a difference that no number tells."""
        self.beyond += 1
        self.is_exact = False
        self.first = self.first or words


def pieces(shape: tuple[int, ...], item_bytes: int) -> Iterator[tuple[slice, ...]]:
    """Yield slices along the first axis that together are the whole, each of a bounded size."""
    if not shape:
        yield ()
        return
    row_bytes = max(1, item_bytes * int(np.prod(shape[1:], dtype=np.int64)))
    step = max(1, _PIECE_BYTES // row_bytes)
    for start in range(0, shape[0], step):
        yield (slice(start, start + step),)


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
    unequal = int(np.sum(np.asarray(published.astype(object) != fresh.astype(object))))
    if unequal:
        found.beyond += unequal
        found.is_exact = False
        found.first = found.first or f"{name} has {unequal} other values"


def _compare_numbers(name: str, published: Array, fresh: Array, tolerance: Tolerance, found: ArrayDifference) -> None:
    with np.errstate(all="ignore"):
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
