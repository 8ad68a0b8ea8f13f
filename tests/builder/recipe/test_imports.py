"""Where nothing is declared, the imports tell."""

from __future__ import annotations

import pytest

from builder.recipe.imports import distribution_of, modules_of
from builder.recipe.names import MODULE_TO_DISTRIBUTION, STANDARD_MODULES
from tests.builder.recipe.conftest import Read, notebook, texts


def test_imports_become_requirements_and_are_said(read: Read) -> None:
    cells = notebook("import os, numpy as np\nfrom skimage.io import imread\n%matplotlib inline", "import yaml")
    recipe = read({"a.ipynb": cells})
    assert recipe.is_inferred
    assert texts(recipe) == ["matplotlib", "numpy", "PyYAML", "scikit-image"]
    assert recipe.approximations == (
        "The repository declares no requirements; they were inferred from the imports of its code: "
        "matplotlib, numpy, PyYAML, scikit-image.",
    )


def test_python_2_is_read_line_by_line(read: Read) -> None:
    recipe = read({"a.ipynb": notebook("import numpy, cPickle\nfrom scipy import optimize\nprint 'x'")})
    assert texts(recipe) == ["numpy", "scipy"]


def test_own_modules_are_left_out_and_followed(read: Read) -> None:
    recipe = read(
        {
            "nb/a.ipynb": notebook("import tools"),
            "nb/tools.py": "import h5py\nimport more",
            "nb/more.py": "import lmfit",
        }
    )
    assert texts(recipe) == ["h5py", "lmfit"]


def test_modules_that_no_notebook_imports_are_not_read(read: Read) -> None:
    assert texts(read({"a.ipynb": notebook("import numpy"), "other.py": "import scipy"})) == ["numpy"]


def test_own_packages_are_left_out(read: Read) -> None:
    assert texts(
        read({"a.ipynb": notebook("import optics.lens"), "optics/__init__.py": "", "optics/lens.py": "import h5py"})
    ) == ["h5py"]


def test_what_a_notebook_installs_is_taken(read: Read) -> None:
    cells = notebook(
        "!pip install --quiet 'lmfit==0.9' git+https://h.org/x; echo\n%conda install -y pandas", "import lmfit"
    )
    recipe = read({"a.ipynb": cells})
    assert texts(recipe) == ["lmfit", "pandas"]


def test_modules_that_no_index_has_are_noted(read: Read) -> None:
    assert "a.ipynb imports dolfin, which no package index has." in read({"a.ipynb": notebook("import dolfin")}).notes


def test_a_notebook_that_is_none_does_not_end_the_reading(read: Read) -> None:
    assert texts(read({"a.ipynb": "{", "b.ipynb": notebook("import numpy")})) == ["numpy"]


def test_cells_of_other_languages_are_not_read(read: Read) -> None:
    assert texts(read({"a.ipynb": notebook("%%bash\nimport numpy", "%%time\nimport scipy")})) == ["scipy"]


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
    ],
)
def test_modules_have_their_distributions(module: str, distribution: str) -> None:
    assert distribution_of(module) == distribution


def test_no_standard_module_is_in_the_table() -> None:
    assert not set(MODULE_TO_DISTRIBUTION) & STANDARD_MODULES


def test_relative_imports_are_no_modules() -> None:
    assert modules_of("from . import a\nfrom .b import c\nimport d.e") == ["d.e"]
