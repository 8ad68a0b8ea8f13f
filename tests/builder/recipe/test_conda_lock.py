"""conda-lock.yml and explicit lists: exact versions for Linux, and the packages that are not Python's."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from builder.recipe.model import Wish
from tests.builder.recipe.conftest import Read, texts

LOCK = """
version: 1
metadata:
  channels:
  - url: https://me:pw@host.example.org/t/TOKEN/lab
  - url: conda-forge
  platforms: [linux-64, osx-64]
package:
- {name: python, version: 3.9.7, manager: conda, platform: linux-64, dependencies: {}, category: main}
- {name: numpy, version: 1.21.2, manager: conda, platform: linux-64, dependencies: {python: '>=3.9'}, category: main}
- {name: numpy, version: 1.20.0, manager: conda, platform: osx-64, dependencies: {python: '>=3.9'}, category: main}
- {name: pytables, version: 3.6.1, manager: conda, platform: linux-64, dependencies: {python: ''}, category: main}
- {name: gsl, version: '2.7', manager: conda, platform: linux-64, dependencies: {}, category: main}
- {name: pytest, version: 6.2.5, manager: conda, platform: linux-64, dependencies: {python: ''}, category: dev}
- {name: lmfit, version: 1.0.3, manager: pip, platform: linux-64, dependencies: {}, category: main}
"""
EXPLICIT = """# platform: linux-64
@EXPLICIT
https://conda.example.org/conda-forge/linux-64/python-3.8.1-h357f687_2.tar.bz2#ab12
https://conda.example.org/conda-forge/linux-64/numpy-1.18.1-py38h95a1406_0.tar.bz2
https://conda.example.org/conda-forge/noarch/python-dateutil-2.8.1-py_0.tar.bz2
https://conda.example.org/conda-forge/linux-64/h5py-3.1.0-nompi_py38hafa665b_100.conda
https://conda.example.org/conda-forge/linux-64/gsl-2.6-h294904e_0.tar.bz2
"""


def test_the_part_for_linux_is_taken_in_exact_versions(read: Read) -> None:
    recipe = read({"conda-lock.yml": LOCK, "environment.yml": "dependencies: [numpy]"})
    assert texts(recipe) == ["numpy==1.21.2", "tables==3.6.1", "lmfit==1.0.3"]
    assert recipe.python == "3.9.7"
    assert "conda-lock.yml is the author's lock: its 5 exact versions are taken." in recipe.notes
    assert "environment.yml is not read beside conda-lock.yml." in recipe.notes


def test_what_is_no_python_package_is_a_wish(read: Read) -> None:
    recipe = read({"conda-lock.yml": LOCK})
    (extra,) = recipe.wishes(Wish.CONDA_PACKAGES)
    assert extra.values == ("gsl=2.7",)
    assert "left out: gsl" in extra.unmet


def test_channels_are_kept_without_what_is_secret(read: Read) -> None:
    channels = read({"conda-lock.yml": LOCK}).channels
    assert channels == ("https://…@host.example.org/t/…/lab", "conda-forge")


@pytest.mark.parametrize("name", ["conda-linux-64.lock", "explicit.txt"])
def test_an_explicit_list_is_read_by_its_addresses(read: Read, name: str) -> None:
    recipe = read({name: EXPLICIT})
    assert texts(recipe) == ["numpy==1.18.1", "python-dateutil==2.8.1", "h5py==3.1.0"]
    assert recipe.python == "3.8.1"
    assert recipe.wishes(Wish.CONDA_PACKAGES)[0].values == ("gsl=2.6",)


def test_a_text_without_the_mark_is_no_list(read: Read) -> None:
    assert read({"explicit.txt": "These words are explicit.", "requirements.txt": "numpy"}).files == (
        "requirements.txt",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conda-lock.yml", "version: 1\npackage: []"),
        ("conda-lock.yml", "version: 1\npackage: x"),
        ("conda-lock.yml", "- a"),
        ("conda-lock.yml", "package: [{platform: osx-64, name: a, version: '1'}]"),
        ("conda-lock.yml", "package: [{platform: linux-64, name: a}]"),
        ("conda-lock.yml", "a: ["),
        ("conda-linux-64.lock", "numpy"),
        ("conda-linux-64.lock", "@EXPLICIT\nhttps://h.example.org/win-64/a-1-py38_0.conda"),
        ("conda-linux-64.lock", "@EXPLICIT\nrm -rf /"),
    ],
)
def test_a_damaged_lock_is_unreadable_and_named(read: Read, name: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", name)
