"""By what a repository declares its environment, in one word."""

from __future__ import annotations

import pytest

from builder.recipe.declared import declared_by
from catalog.declarable import DECLARATIONS
from tests.builder.recipe.conftest import Read, notebook

PYPROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n'


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({}, "none"),
        ({"figure.ipynb": notebook("import numpy")}, "none"),
        ({"runtime.txt": "python-3.7\n"}, "none"),
        ({"requirements.txt": "numpy\n"}, "requirements"),
        ({"binder/requirements.txt": "numpy\n", "environment.yml": "dependencies: [scipy]\n"}, "requirements"),
        ({"environment.yml": "dependencies: [numpy]\n", "requirements.txt": "scipy\n"}, "conda"),
        ({"Pipfile": '[packages]\nnumpy = "*"\n'}, "pipfile"),
        ({"pyproject.toml": PYPROJECT}, "pyproject"),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n", "figure.ipynb": notebook("import numpy")}, "none"),
        ({"setup.py": "from setuptools import setup\nsetup(name='x', install_requires=['numpy'])\n"}, "setup"),
        ({"Dockerfile": "FROM python:3.11\n", "requirements.txt": "numpy\n"}, "dockerfile"),
        ({"apt.txt": "gcc\n", "requirements.txt": "numpy\n"}, "requirements"),
        ({"install.R": "install.packages('zoo')\n", "figure.ipynb": notebook("1", language_info={"name": "R"})}, "r"),
    ],
)
def test_it_is_the_file_that_goes_before_the_others(files: dict[str, str], word: str, read: Read) -> None:
    assert declared_by(read(files)) == word
    assert word in DECLARATIONS
