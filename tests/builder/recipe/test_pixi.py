"""pixi.toml, [tool.pixi] and pixi.lock."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from builder.recipe.model import Wish
from tests.builder.recipe.conftest import Read, texts

TOML = """
[workspace]
channels = ["conda-forge", {channel = "lab", priority = 1}]
platforms = ["linux-64", "win-64"]
[dependencies]
python = "3.10.*"
numpy = ">=1.26,<2"
matplotlib-base = "*"
gsl = {version = "2.7", channel = "conda-forge"}
[pypi-dependencies]
lmfit = "==1.2"
uncertainties = {version = ">=3", extras = ["arrays"]}
tool = {git = "https://me:pw@git.example.org/x", rev = "abc"}
[target.linux-64.dependencies]
h5py = "3.10"
[target.win-64.dependencies]
pywin32 = "*"
[feature.test.dependencies]
pytest = "*"
"""
LOCK = """
version: 6
environments:
  default:
    channels:
    - url: https://conda.example.org/conda-forge/
    packages:
      linux-64:
      - conda: https://conda.example.org/conda-forge/linux-64/python-3.12.2-hab00c5b_0_cpython.conda
      - conda: https://conda.example.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda
      - conda: https://conda.example.org/conda-forge/noarch/msgpack-python-1.0.8-pyhd8ed1ab_0.conda
      - conda: https://conda.example.org/conda-forge/linux-64/gsl-2.7-he838d99_0.tar.bz2
      - pypi: https://files.example.org/packages/lmfit-1.3.1-py3-none-any.whl
      - pypi: ./
      osx-64:
      - conda: https://conda.example.org/conda-forge/osx-64/numpy-1.20.0-py312h_0.conda
packages:
- conda: https://conda.example.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda
  depends: [python >=3.12, libblas]
- conda: https://conda.example.org/conda-forge/noarch/msgpack-python-1.0.8-pyhd8ed1ab_0.conda
  purls: ['pkg:pypi/msgpack?source=hash']
- conda: https://conda.example.org/conda-forge/linux-64/gsl-2.7-he838d99_0.tar.bz2
  depends: [libgcc-ng]
- pypi: https://files.example.org/packages/lmfit-1.3.1-py3-none-any.whl
  name: lmfit
  version: 1.3.1
- pypi: ./
  name: paper
  version: '0.1'
"""
LOCK_5 = """
version: 5
environments:
  default:
    packages:
      linux-64:
      - conda: https://conda.example.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda
packages:
- kind: conda
  name: numpy
  version: 1.26.4
  url: https://conda.example.org/conda-forge/linux-64/numpy-1.26.4-py312heda63a1_0.conda
  depends: [python >=3.12]
"""


def test_the_default_environment_is_read(read: Read) -> None:
    recipe = read({"pixi.toml": TOML})
    assert texts(recipe) == [
        "numpy<2,>=1.26", "matplotlib", "lmfit==1.2", "uncertainties[arrays]>=3", "tool", "h5py==3.10.*",
    ]  # fmt: skip
    assert recipe.python == "3.10"
    assert recipe.channels == ("conda-forge", "lab")
    assert recipe.wishes(Wish.CONDA_PACKAGES)[0].values == ("gsl=2.7",)
    assert any("tool is asked for from https://…@git.example.org/x at abc" in each for each in recipe.approximations)


def test_a_pyproject_may_hold_pixi(read: Read) -> None:
    text = "[tool.pixi.project]\nchannels = ['conda-forge']\n[tool.pixi.dependencies]\nnumpy = '*'\n"
    assert texts(read({"pyproject.toml": text})) == ["numpy"]


def test_an_environment_for_notebooks_is_taken_where_the_default_is_empty(read: Read) -> None:
    text = "[feature.nb.dependencies]\nnumpy='*'\n[feature.x.dependencies]\npytest='*'\n"
    text += "[environments]\nnotebooks=['nb']\ntest={features=['x']}\n"
    recipe = read({"pixi.toml": text})
    assert texts(recipe) == ["numpy"]
    assert "pixi.toml: the environment notebooks is taken." in recipe.notes


def test_the_lock_goes_before_the_loose_file(read: Read) -> None:
    recipe = read({"pixi.lock": LOCK, "pixi.toml": TOML})
    assert texts(recipe) == ["numpy==1.26.4", "msgpack==1.0.8", "lmfit==1.3.1"]
    assert recipe.python == "3.12.2"
    assert recipe.wishes(Wish.CONDA_PACKAGES)[0].values == ("gsl=2.7",)
    assert recipe.files == ("pixi.lock",)
    assert "pixi.toml is not read beside pixi.lock." in recipe.notes


def test_the_lock_of_an_earlier_pixi_is_understood(read: Read) -> None:
    assert texts(read({"pixi.lock": LOCK_5})) == ["numpy==1.26.4"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pixi.toml", "[dependencies"),
        ("pixi.toml", "[dependencies]\nnumpy = 3"),
        ("pixi.toml", "[dependencies]\nnumpy = {path = '../x'}"),
        ("pixi.toml", "[pypi-dependencies]\nnumpy = 3"),
        ("pixi.lock", "version: 6"),
        ("pixi.lock", "a: ["),
        ("pixi.lock", "environments: {default: {packages: {linux-64: [{conda: 'rm -rf'}]}}}"),
        ("pixi.lock", "environments: {default: {packages: {linux-64: [{pypi: 'https://x'}]}}}"),
        ("pixi.lock", "environments: {default: {packages: {osx-64: [{pypi: 'https://x'}]}}}"),
    ],
)
def test_a_damaged_file_is_unreadable_and_named(read: Read, name: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", name)
