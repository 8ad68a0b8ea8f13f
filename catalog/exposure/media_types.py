"""The media type of a file by its name, the same on every machine."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Final

NOTEBOOK: Final = "application/x-ipynb+json"

_HDF5: Final = (".h5", ".hdf5", ".hdf", ".nxs", ".nx", ".nx5")
# What science and this service write and Python's table lacks. Neither HDF5 nor netCDF are registered at IANA; these
# are the names that their makers use.
_OURS: Final = {
    **dict.fromkeys(_HDF5, "application/x-hdf5"),
    **dict.fromkeys((".nc", ".nc4", ".cdf"), "application/x-netcdf"),
    **dict.fromkeys((".fits", ".fit"), "application/fits"),
    ".cif": "chemical/x-cif",
    ".ipynb": NOTEBOOK,
    ".jsonl": "application/x-ndjson",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".toml": "application/toml",
}


# Python's own table only: that of the machine differs from machine to machine.
_BY_SUFFIX: Final = {
    **mimetypes.MimeTypes(filenames=()).types_map[True],
    ".gz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    **_OURS,
}


def media_type_of(name: str) -> str:
    """Return the media type that the end of a file's name stands for, or an empty text; of `a.csv.gz` that of gzip."""
    return _BY_SUFFIX.get(PurePosixPath(name).suffix.lower(), "")
