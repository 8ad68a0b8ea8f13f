"""environment.yml: pip's part as it is, conda's part under the index's names, and each departure said."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from builder.recipe.conda_packages import conda_specifier
from tests.builder.recipe.conftest import Read, texts

EXAMPLE = """
name: paper
channels: [conda-forge]
dependencies:
  - python=3.6
  - numpy=1.13.1=py36_0
  - conda-forge::matplotlib>=2,<3
  - pytables
  - libgcc-ng=9
  - jupyter
  - pip
  - pip:
    - lmfit==0.9.7
    - -r extra.txt
"""


def test_reads_python_conda_and_pip(read: Read) -> None:
    recipe = read({"environment.yml": EXAMPLE, "extra.txt": "uncertainties\n"})
    assert recipe.python == "3.6"
    assert "environment.yml" in recipe.python_reason
    assert texts(recipe) == [
        "numpy==1.13.1",
        "matplotlib<3,>=2",
        "tables",
        "ipywidgets",
        "lmfit==0.9.7",
        "uncertainties",
    ]


def test_says_what_is_taken_from_the_index_and_what_is_left_out(read: Read) -> None:
    recipe = read({"environment.yml": EXAMPLE, "extra.txt": ""})
    taken = "taken from the Python package index instead: numpy, matplotlib, pytables (as tables), jupyter"
    assert taken in recipe.approximations[0]
    assert recipe.extras[0].values == ("libgcc-ng=9",)
    assert "left out: libgcc-ng" in recipe.extras[0].unmet


def test_goes_before_requirements_txt_as_in_binder(read: Read) -> None:
    recipe = read({"environment.yml": "dependencies: [numpy]", "requirements.txt": "scipy"})
    assert texts(recipe) == ["numpy"]
    assert "requirements.txt is not read beside environment.yml, as Binder does." in recipe.notes


def test_channels_are_kept_and_name_and_prefix_are_ignored(read: Read) -> None:
    text = (
        "name: x\nprefix: /home/me/x\nchannels: [conda-forge, https://me:pw@h.org/lab]\ndependencies: [bioconda::numpy]"
    )
    recipe = read({"environment.yml": text})
    assert recipe.channels == ("conda-forge", "https://…@h.org/lab", "bioconda")
    assert texts(recipe) == ["numpy"]


@pytest.mark.parametrize(
    ("entry", "python"),
    [
        ("python=3.7", "3.7"),
        ("python==3.7.4", "3.7.4"),
        ("python 3.7.*", "3.7"),
        ("python=3.7.4=h0371630_0", "3.7.4"),
        ("python 3.7.4 h0371630_0", "3.7.4"),
        ("conda-forge::python=3.7", "3.7"),
        ("\"python[version='3.7.*']\"", "3.7"),
        ("python>=3.7,<3.8", "3.7"),
        ("python=2", "2.7"),
        ("python ~=3.7.0", "3.7"),
        ("python", "3.6"),
    ],
)
def test_python_is_written_in_many_ways(read: Read, entry: str, python: str) -> None:
    assert read({"environment.yml": f"dependencies:\n- {entry}\n- numpy\n"}).python == python


def test_lines_for_other_systems_are_left_out_and_noted(read: Read) -> None:
    text = (
        "dependencies:\n- numpy\n- pywin32  # [win]\n- h5py # [not win]\n- scipy # [osx or linux]\n"
        "- x # [win and linux]\n- sel(osx): appnope\n- sel(linux): distro\n- six # [needed]\n"
    )
    recipe = read({"environment.yml": text})
    assert texts(recipe) == ["numpy", "h5py", "scipy", "distro", "six"]
    assert "environment.yml: pywin32 is for win alone." in recipe.notes


def test_the_build_tells_what_is_no_python_package(read: Read) -> None:
    recipe = read({"environment.yml": "dependencies: [freexl=1.0.5=h14c3975_0, six=1.11=py36_1, click=7.0=py_0]"})
    assert texts(recipe) == ["six==1.11", "click==7.0"]
    assert recipe.extras[0].values == ("freexl=1.0.5=h14c3975_0",)


def test_libraries_are_known_by_their_names(read: Read) -> None:
    recipe = read({"environment.yml": "dependencies: [cairo, xerces-c=3.2, msgpack-python=1, python-tzdata]"})
    assert texts(recipe) == ["msgpack==1.*", "tzdata"]
    assert recipe.extras[0].values == ("cairo", "xerces-c=3.2")


def test_variables_that_are_not_set_are_said(read: Read) -> None:
    recipe = read({"environment.yml": "dependencies: [numpy]\nvariables: {OMP_NUM_THREADS: 1}"})
    assert "environment.yml: its variables are not set: OMP_NUM_THREADS." in recipe.approximations


@pytest.mark.parametrize(
    ("conda", "pep440"),
    [
        ("", ""),
        ("*", ""),
        ("=1.2", "==1.2.*"),
        ("==1.2", "==1.2"),
        ("1.2.*", "==1.2.*"),
        ("=1.2.3=py36_0", "==1.2.3"),
        (" 1.2 ", "==1.2.*"),
        (">=1.2, <2", ">=1.2,<2"),
        ("1.2.3 py27_0", "==1.2.3"),
        (">=1|2", "==2.*"),
        ("=x y z", None),
    ],
)
def test_versions_of_conda_become_those_of_the_index(conda: str, pep440: str | None) -> None:
    assert conda_specifier(conda) == pep440


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a: [", "recipe-unreadable"),
        ("dependencies: numpy", "recipe-unreadable"),
        ("- numpy", "recipe-unreadable"),
        ("!!python/object/apply:os.system ['id']", "recipe-unreadable"),
        ("dependencies: [3]", "requirement-invalid"),
        ("dependencies: [[numpy]]", "requirement-invalid"),
        ("dependencies: [{npm: [x]}]", "requirement-invalid"),
        ("dependencies: [{pip: [[x]]}]", "recipe-unreadable"),
        ("dependencies: [{pip: {a: 1}}]", "recipe-unreadable"),
        ("channels: conda-forge\ndependencies: []", "recipe-unreadable"),
        ("dependencies: ['https://h.org/x-1-0.conda']", "requirement-forbidden"),
        ("dependencies: ['gsl=2;id']", "requirement-invalid"),
        ("dependencies: ['libx=$(id)']", "requirement-invalid"),
        ("dependencies: ['=1']", "requirement-invalid"),
        ("dependencies: [{pip: ['numpy==']}]", "requirement-invalid"),
        ("dependencies: [{pip: [https://host.org/x.zip]}]", "requirement-forbidden"),
    ],
)
def test_bad_files_have_their_cause(read: Read, text: str, kind: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({"environment.yml": text})
    assert caught.value.kind_id == kind
