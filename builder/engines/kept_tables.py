"""What is known of old releases that their metadata says wrongly or not at all.

Sources: the METADATA of the released wheels, read at the package index; the list of projects with compiled code from
their build instructions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

# pandas up to 0.24 asks for "pytz (>=2011k)", which PEP 440 does not know.
# Every release from 2012 on is later than 2011k.
_PANDAS: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (
        ("0.17.0", "0.17.1", "0.18.0", "0.18.1", "0.19.0", "0.19.1", "0.19.2", "0.20.0", "0.20.1", "0.20.2", "0.20.3"),
        ("python-dateutil>=2", "pytz>=2012", "numpy>=1.7.0"),
    ),
    (("0.21.0", "0.21.1", "0.22.0"), ("python-dateutil>=2", "pytz>=2012", "numpy>=1.9.0")),
    (
        ("0.23.0", "0.23.1", "0.23.2", "0.23.3", "0.23.4"),
        ("python-dateutil>=2.5.0", "pytz>=2012", "numpy>=1.9.0"),
    ),
    (("0.24.0", "0.24.1", "0.24.2"), ("python-dateutil>=2.5.0", "pytz>=2012", "numpy>=1.12.0")),
)

MENDED_METADATA: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = tuple(
    ("pandas", version, requirements) for versions, requirements in _PANDAS for version in versions
)

# What needs a compiler and libraries that are rarely here: first only its wheels are considered.
_COMPILED: Final = """
astropy awkward basemap blosc bokeh bottleneck cartopy cffi contourpy cryptography cupy cvxopt cython dipy fabio
fastparquet fiona gdal gmpy2 grpcio h5py hdf5plugin healpy imagecodecs kiwisolver llvmlite lxml matplotlib mayavi
mpi4py mysqlclient netcdf4 numba numcodecs numexpr numpy opencv-python opencv-python-headless pandas pillow psutil
psycopg2 pyarrow pycairo pyfai pyfftw pygraphviz pymongo pyproj pyqt5 pysam pyside2 python-igraph pytables
pywavelets pyzmq rasterio rtree ruamel-yaml-clib scikit-image scikit-learn scipy shapely silx spacy statsmodels
tables tensorflow tokenizers torch umap-learn uproot vtk wxpython xgboost zstandard
"""
NEEDS_COMPILER: Final[tuple[str, ...]] = tuple(_COMPILED.split())


# Modules that setup.py files import without asking for them, beside those that notebooks import.
BUILD_MODULES: Final = frozenset({"Cython", "cffi", "cppy", "numpy", "pkgconfig", "pybind11", "setuptools_scm", "six"})


@dataclass(frozen=True, slots=True)
class Mended:
    """A project whose older releases do not work on a Python that came after them, and since when it does."""

    name: str
    minimum: str
    python_from: tuple[int, int, int]
    python_below: tuple[int, int, int]
    until: datetime
    reason: str


# Source: the change logs of the projects. Python 3.6.7 and 3.7.1 changed what tokenize ends a line with.
MENDED_FOR_PYTHON: Final[tuple[Mended, ...]] = (
    Mended(
        name="patsy",
        minimum="0.5.1",
        python_from=(3, 6, 7),
        python_below=(4, 0, 0),
        until=datetime(2018, 11, 1, tzinfo=UTC),
        reason="earlier ones cannot read a formula on Python 3.6.7 or newer",
    ),
)


def extra_build_settings(extra: Mapping[str, Sequence[str]]) -> str:
    """Return the part of a uv.toml that lets sources be built with more than they ask for, by name of source."""
    rows = [f'"{name}" = [{", ".join(map(_quoted, needed))}]' for name, needed in sorted(extra.items()) if needed]
    return "\n".join(["[extra-build-dependencies]", *rows, ""]) if rows else ""


def _quoted(requirement: str) -> str:
    return f'"{requirement}"'


def uv_settings(extra: Mapping[str, Sequence[str]] = MappingProxyType({})) -> str:
    """Return the uv.toml that mends metadata; it stands for every other configuration of the machine.

    `extra` names what sources need to be built beside what they ask for.
    """
    blocks = [extra_build_settings(extra)]
    for name, version, requirements in MENDED_METADATA:
        listed = ", ".join(f'"{requirement}"' for requirement in requirements)
        blocks.append(f'[[dependency-metadata]]\nname = "{name}"\nversion = "{version}"\nrequires-dist = [{listed}]\n')
    return "\n".join(blocks)
