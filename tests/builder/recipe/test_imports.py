"""Where nothing is declared, the imports tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from builder.recipe.imports import infer
from tests.builder.recipe.conftest import notebook

Infer = Callable[..., list[str]]


@pytest.fixture
def inferred(tmp_path: Path) -> Infer:
    def run(files: dict[str, str] | str, *cells: str, **metadata: object) -> list[str]:
        if isinstance(files, str):
            files = {"a.ipynb": notebook(files, *cells, **metadata)}
        return [text for text, _ in infer(*written(tmp_path, files))[0]]

    return run


def written(root: Path, files: dict[str, str]) -> tuple[Path, list[str]]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root, sorted(name for name in files if name.endswith(".ipynb"))


def test_each_requirement_names_the_file_and_the_cell_that_need_it(tmp_path: Path) -> None:
    files = {"a.ipynb": notebook("import os", "import numpy\nimport tools"), "tools.py": "import h5py"}
    assert infer(*written(tmp_path, files)) == ([("h5py", "tools.py"), ("numpy", "a.ipynb, cell 2")], [])


def test_own_modules_are_left_out_and_followed(inferred: Infer) -> None:
    files = {"nb/a.ipynb": notebook("import tools"), "nb/tools.py": "import h5py, more", "nb/more.py": "import lmfit"}
    assert inferred(files) == ["h5py", "lmfit"]


def test_modules_that_no_notebook_reaches_are_not_read(inferred: Infer) -> None:
    files = {
        "a.ipynb": notebook("from optics.lens import focus"),
        "optics/__init__.py": "from . import base",
        "optics/base.py": "import h5py",
        "optics/lens.py": "from .glass import n",
        "optics/glass.py": "import lmfit",
        "optics/window.py": "import wx",
        "other.py": "import scipy",
    }
    assert inferred(files) == ["h5py", "lmfit"]


def test_a_module_anywhere_in_the_repository_is_its_own(inferred: Infer) -> None:
    files = {"nb/a.ipynb": notebook("import beamline"), "scripts/lib/beamline.py": "import h5py"}
    assert inferred(files) == ["h5py"]


def test_a_folder_of_examples_does_not_hide_the_package_of_its_name(inferred: Infer) -> None:
    files = {"a.ipynb": notebook("import numpy\nfrom scipy import optimize"), "numpy/exercise.py": "", "scipy/x.py": ""}
    assert inferred(files) == ["numpy", "scipy"]


def test_a_folder_without_init_is_own_where_the_import_leads_into_it(inferred: Infer) -> None:
    assert inferred({"a.ipynb": notebook("import optics.lens"), "optics/lens.py": "import h5py"}) == ["h5py"]


def test_modules_that_a_cell_writes_or_compiles_are_own(inferred: Infer) -> None:
    assert (
        inferred(
            "%%writefile tools.py\nimport h5py",
            "%%file fast.f90\nend",
            "!f2py -c -m slow slow.f",
            "import tools, fast, slow",
        )
        == ["h5py"]
    )  # fmt: skip


def test_files_that_a_notebook_runs_are_read(inferred: Infer) -> None:
    files = {
        "nb/a.ipynb": notebook("%run ../setup\n%run b.ipynb"),
        "setup.py": "",
        "b.py": "",
        "nb/b.ipynb": notebook("import h5py"),
    }
    (files["setup.py"], files["b.py"]) = ("import lmfit", "import no")
    assert inferred(files) == ["h5py", "lmfit"]


def test_the_first_of_several_ways_that_is_no_standard_module_counts(tmp_path: Path) -> None:
    code = "try:\n  import cPickle\n  import ujson as json\nexcept ImportError:\n  import pickle, simplejson as json"
    wanted, notes = infer(*written(tmp_path, {"a.ipynb": notebook(code)}))
    assert wanted == [("ujson", "a.ipynb, cell 1")]
    assert notes[0] == "a.ipynb, cell 1 imports simplejson only where another module is missing; it is left out."


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("try:\n  import tomllib\nexcept ImportError:\n  import tomli", ["tomli"]),
        ("try:\n  import cupy as np\nexcept ImportError:\n  import numpy as np", ["numpy"]),
        ("try:\n  import corner\nexcept ImportError:\n  corner = None", ["corner"]),
        ("try:\n  import numpy\nexcept ValueError:\n  import scipy", ["numpy", "scipy"]),
        ("try:\n  import a1\nexcept ImportError:\n  try:\n    import b1\n  except ImportError:\n    import c1", ["a1"]),
    ],
)
def test_an_alternative_is_taken_only_where_it_is_needed(code: str, found: list[str], inferred: Infer) -> None:
    assert inferred(code) == found


def test_imports_for_some_pythons_carry_a_marker(inferred: Infer) -> None:
    code = "import sys\nif sys.version_info < (3, 4):\n    import pathlib2\nelse:\n    import pathlib"
    assert inferred(code) == ['pathlib2; python_version < "3.4"']


def test_an_import_without_condition_stands_above_one_with(inferred: Infer) -> None:
    assert inferred("if sys.version_info[0] == 2:\n    import numpy", "import numpy") == ["numpy"]


def test_python_2_gets_the_distributions_of_its_later_standard_modules(inferred: Infer) -> None:
    code = "import enum, numpy, cPickle"
    assert inferred(code, "print 'x'") == ["enum34", "numpy"]
    assert inferred({"a.ipynb": notebook(code)}) == ["numpy"]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["import pandas as pd", "pd.read_excel('a.xlsx')"], ["openpyxl", "pandas", "xlrd"]),
        (["import pandas as pd\npd.read_hdf('a.h5')"], ["pandas", "tables"]),
        (["import pandas as pd", "d.style.highlight_max()"], ["jinja2", "pandas"]),
        (["import pandas as pd", "# pd.read_parquet\nx = 'read_parquet('"], ["pandas"]),
        (["import pandas as pd", "d.to_parquet('x')\nprint(d.to_markdown())"], ["pandas", "pyarrow", "tabulate"]),
        (["from pandas import read_excel"], ["pandas"]),
        (["import pandas", "d.plot()"], ["matplotlib", "pandas"]),
        (["import xarray as xr", "xr.open_dataset('x.nc')"], ["netCDF4", "xarray"]),
        (["import plotly.express as px"], ["nbformat", "plotly"]),
        (["read_excel('a.xlsx')"], []),
        (["%matplotlib inline"], ["matplotlib"]),
        (["%matplotlib widget"], ["ipympl", "matplotlib"]),
        (["%matplotlib notebook"], ["matplotlib"]),  # its backend is part of matplotlib
        (["%pylab inline"], ["matplotlib", "numpy"]),
        (["%%cython\ncimport numpy"], ["Cython"]),
        (["%load_ext rpy2.ipython", "%%R\nplot(1)"], ["rpy2"]),
        (["%load_ext autoreload\n%autoreload 2"], []),
        (["%load_ext line_profiler", "%lprun -f f f()"], ["line_profiler"]),
        (["%load_ext snakey.magic"], ["snakey"]),
        (["get_ipython().run_line_magic('load_ext', 'watermark')"], ["watermark"]),
    ],
)
def test_calls_and_magics_bring_what_they_need(cells: list[str], found: list[str], inferred: Infer) -> None:
    assert inferred(*cells) == found


def test_a_version_that_a_cell_installs_counts(inferred: Infer) -> None:
    assert inferred("!pip install --quiet 'lmfit==0.9' numpy", "import lmfit, numpy") == ["lmfit==0.9", "numpy"]


def test_another_distribution_of_the_same_module_is_not_added(inferred: Infer) -> None:
    assert inferred("!pip install opencv-python", "import cv2") == ["opencv-python-headless"]


def test_a_requirements_file_that_a_cell_installs_is_read(inferred: Infer) -> None:
    files = {"nb/a.ipynb": notebook("%pip install -r needs.txt"), "nb/needs.txt": "h5py >= 2 # io\n-e .\nlmfit\n"}
    assert inferred(files) == ["h5py>=2", "lmfit"]


def test_names_that_no_file_can_have_are_no_error(inferred: Infer) -> None:
    long = "a" * 3000
    files = {
        f"{'n' * 240}.ipynb": notebook(f"%run {long}\n!pip install -r {long}.txt\nimport numpy\n!python {long}.py")
    }
    assert inferred(files) == ["numpy"]


def test_an_address_that_a_cell_installs_is_noted(tmp_path: Path) -> None:
    code = "!pip install git+https://me:secret@git.example.org/x.git"
    _, notes = infer(*written(tmp_path, {"a.ipynb": notebook(code)}))
    assert notes == ["a.ipynb, cell 1 installs git+https://git.example.org/x.git, which is not followed."]


def test_modules_that_no_index_has_are_noted(tmp_path: Path) -> None:
    wanted, notes = infer(*written(tmp_path, {"a.ipynb": notebook("import dolfin, larch")}))
    assert wanted == [("xraylarch", "a.ipynb, cell 1")]
    assert notes == ["a.ipynb, cell 1 imports dolfin, which no package index has."]


def test_a_name_that_no_table_confirms_is_said(tmp_path: Path) -> None:
    _, notes = infer(*written(tmp_path, {"a.ipynb": notebook("import beamtools, numpy")}))
    assert notes == ["Taken as the packages of their names, which no table confirms: beamtools."]


def test_a_notebook_that_is_none_does_not_end_the_reading(inferred: Infer) -> None:
    assert inferred({"a.ipynb": "{", "b.ipynb": notebook("import numpy")}) == ["numpy"]


def test_notebooks_and_cells_of_other_languages_are_not_read(inferred: Infer) -> None:
    r = notebook("import numpy", kernelspec={"name": "ir", "display_name": "R", "language": "R"})
    python = notebook("%%bash\nimport numpy", "%%time\nimport scipy")
    assert inferred({"a.ipynb": python, "r.ipynb": r}) == ["scipy"]
