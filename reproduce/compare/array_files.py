"""Compare two files of arrays (NPY, NPZ, HDF5, NeXus, netCDF) in a process of its own: they may be made to harm.

`python -m reproduce.compare.array_files KIND PUBLISHED FRESH RTOL ATOL` prints one JSON object: an ArrayDifference, or
{"refused": why nothing was compared}. Nothing of a file is run or followed: no pickles, no external links or storage,
no virtual datasets, no filter plugins.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

# Before the library is loaded, which reads it once.
os.environ["HDF5_PLUGIN_PATH"] = "/nonexistent"

import numpy as np

from reproduce.compare.apart import bound_process
from reproduce.compare.arrays import ArrayDifference
from reproduce.compare.files import ARRAY_TIMEOUT_S
from reproduce.compare.hdf5_files import RefusedError, TreeComparison, compare_arrays, shared_names
from reproduce.compare.model import Tolerance
from reproduce.compare.netcdf_files import compare_classic, is_classic

MEMORY_BYTES: Final = 4 << 30


def compare_array_files(kind: str, published: Path, fresh: Path, tolerance: Tolerance) -> ArrayDifference:
    """Compare two files of one kind: npy, npz or hdf5. Raises RefusedError, and what the libraries raise.

    What should be HDF5 may be netCDF of the classic format instead.
    """
    found = ArrayDifference()
    {"npy": _compare_npy, "npz": _compare_npz, "hdf5": _compare_hdf5}[kind](published, fresh, tolerance, found)
    return found


def _compare_npy(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    one, other = (np.load(path, mmap_mode="r", allow_pickle=False) for path in (published, fresh))
    compare_arrays("the array", one, other, tolerance, found)


def _compare_npz(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    with np.load(published, allow_pickle=False) as one, np.load(fresh, allow_pickle=False) as other:
        for name in shared_names(one.files, other.files, found):
            compare_arrays(name, one[name], other[name], tolerance, found)


def _compare_hdf5(published: Path, fresh: Path, tolerance: Tolerance, found: ArrayDifference) -> None:
    is_old = [is_classic(path) for path in (published, fresh)]
    if all(is_old):
        compare_classic(published, fresh, tolerance, found)
    elif any(is_old):
        raise RefusedError("one of them is netCDF of the classic format, and the other is not")
    else:
        TreeComparison(tolerance, found).compare(published, fresh)


def main(arguments: list[str], write: Callable[[str], object]) -> int:
    """Compare, print and return the exit code."""
    kind, published, fresh, rtol, atol = arguments
    # Such files are mapped into the address space, whatever their size, and take no memory by that.
    mapped = sum(Path(path).stat().st_size for path in (published, fresh) if kind == "npy" or is_classic(Path(path)))
    bound_process(MEMORY_BYTES + mapped, ARRAY_TIMEOUT_S)
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
