"""The kept tables of names: right where a guess would bring somebody else's package, and of one mind."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from builder.recipe.implied import CALLS, EXTENSIONS, MAGICS, MODULES
from builder.recipe.imports import distribution_of
from builder.recipe.names import (
    BACKPORTS,
    KNOWN_MODULES,
    MODULE_TO_DISTRIBUTION,
    NAMESPACE_MODULES,
    NOT_ON_AN_INDEX,
    RENAMED,
    SAME_MODULE,
    STANDARD_MODULES,
)


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("cv2", "opencv-python-headless"),
        ("sklearn.svm", "scikit-learn"),
        ("PIL", "pillow"),
        ("mpl_toolkits.basemap", "basemap"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("bs4", "beautifulsoup4"),
        ("Crypto.Hash", "pycryptodome"),
        ("numpy.fft", "numpy"),
        ("larch.xafs", "xraylarch"),
        ("abel", "PyAbel"),
        ("epics", "pyepics"),
        ("icat.client", "python-icat"),
        ("diffpy.srfit.pdf", "diffpy.srfit"),
        ("diffpy.Structure", "diffpy.structure"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.protobuf.text_format", "protobuf"),
        ("backports.lzma", "backports.lzma"),
        ("scikits.odes", "scikits.odes"),
        ("scikits.learn.svm", "scikit-learn"),
        ("dask.dataframe", "dask[dataframe]"),
        ("dask", "dask"),
        ("IPython.html.widgets", "ipywidgets"),
        ("IPython.display", "IPython"),
    ],
)
def test_modules_have_their_distributions(module: str, distribution: str) -> None:
    assert distribution_of(module) == distribution


def test_no_standard_module_is_in_the_table() -> None:
    assert not set(MODULE_TO_DISTRIBUTION) & STANDARD_MODULES
    assert set(BACKPORTS) <= STANDARD_MODULES


def test_no_module_is_both_known_and_on_no_index() -> None:
    assert not KNOWN_MODULES & NOT_ON_AN_INDEX


def test_every_name_of_the_tables_is_a_requirement() -> None:
    named = [*MODULE_TO_DISTRIBUTION.values(), *filter(None, NAMESPACE_MODULES.values()), *SAME_MODULE.values()]
    named += [name for table in (CALLS, EXTENSIONS, MAGICS, MODULES) for names in table.values() for name in names]
    for name in named:
        # What the tables say is what is asked for, not renamed a second time.
        assert RENAMED.get(canonicalize_name(Requirement(name).name), (name,))[0] == name


def test_the_tables_are_as_large_as_science_needs() -> None:
    assert len(MODULE_TO_DISTRIBUTION) > 100
    assert len(KNOWN_MODULES) > 400
