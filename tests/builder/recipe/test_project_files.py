"""pyproject.toml, setup.cfg and setup.py are read, never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.errors import BuildError
from builder.recipe.loose_table import poetry_specifier
from builder.recipe.read import import_roots
from tests.builder.recipe.conftest import Read, texts


def test_reads_pep_621(read: Read) -> None:
    recipe = read({"pyproject.toml": "[project]\nname='x'\ndependencies=['numpy>=1.13']\nrequires-python='<3.6'\n"})
    assert texts(recipe) == ["numpy>=1.13"]
    assert recipe.python == "3.5"


def test_reads_poetry(read: Read) -> None:
    text = "\n".join(
        [
            "[tool.poetry.dependencies]",
            'python="^3.5"',
            'numpy="^1.13"',
            'tool={git="https://h.org/x"}',
            'plot={version="~2.1", extras=["q"]}',
            'no={version="1", optional=true}',
        ]
    )
    recipe = read({"pyproject.toml": text})
    assert texts(recipe) == ["numpy<2,>=1.13", "tool", "plot[q]<2.2,>=2.1"]
    assert recipe.approximations[0].startswith("tool is asked for from https://h.org/x")


@pytest.mark.parametrize(
    ("poetry", "pep440"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.2", "==1.2"),
        (">=1,<3", ">=1,<3"),
        ("~=1.2", "~=1.2"),
    ],
)
def test_versions_of_poetry_become_those_of_the_index(poetry: str, pep440: str) -> None:
    assert poetry_specifier(poetry) == pep440


GROUPS = """
[dependency-groups]
test = ["pytest"]
Paper = ["numpy>=1.20", {include-group = "plots"}]
plots = ["matplotlib"]
"""


def test_a_dependency_group_counts_where_there_are_no_dependencies(read: Read) -> None:
    recipe = read({"pyproject.toml": GROUPS})
    assert texts(recipe) == ["numpy>=1.20", "matplotlib"]
    assert "pyproject.toml: it has no dependencies; the dependency group Paper is taken." in recipe.notes


def test_dependencies_go_before_groups_and_that_is_noted(read: Read) -> None:
    recipe = read({"pyproject.toml": f"[project]\nname='x'\ndependencies=['scipy']\n{GROUPS}"})
    assert texts(recipe) == ["scipy"]
    listed = "its dependencies are taken; it also has the dependency groups Paper, plots, test."
    assert f"pyproject.toml: {listed}" in recipe.notes


def test_the_only_group_counts_whatever_its_name(read: Read) -> None:
    assert texts(read({"pyproject.toml": "[dependency-groups]\nfigures=['numpy']"})) == ["numpy"]


@pytest.mark.parametrize(
    "groups",
    ["paper=[{include-group='paper'}]", "paper=[{include-group='no'}]", "paper='numpy'", "paper=[1]",
     "paper=[{include-group='b'}]\nb=[{include-group='paper'}]"],
)  # fmt: skip
def test_a_group_that_cannot_be_read_is_named(read: Read, groups: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({"pyproject.toml": f"[dependency-groups]\n{groups}"})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", "pyproject.toml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "pyproject.toml",
            "[project]\nname='x'\ndependencies=['numpy']\n[project.optional-dependencies]\nnb=['h5py']\n",
        ),
        ("setup.cfg", "[metadata]\nname=x\n[options]\ninstall_requires=numpy\n[options.extras_require]\nnb=h5py\n"),
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['numpy'], extras_require={'nb': ['h5py']})",
        ),
    ],
)
def test_the_extras_that_are_asked_for_count(read: Read, name: str, text: str) -> None:
    assert texts(read({name: text, "requirements.txt": "-e .[nb]\n"})) == ["numpy", "h5py"]
    assert texts(read({name: text, "requirements.txt": "-e .\n"})) == ["numpy"]


def test_requirements_that_lie_in_another_file_are_read_from_there(read: Read) -> None:
    dynamic = (
        "[project]\nname='x'\ndynamic=['dependencies']\n[tool.setuptools.dynamic]\ndependencies={file=['needs.in']}"
    )
    assert texts(read({"pyproject.toml": dynamic, "needs.in": "numpy\n"})) == ["numpy"]


def test_setup_cfg_may_name_another_file(read: Read) -> None:
    text = "[metadata]\nname=x\n[options]\ninstall_requires = file: needs.in\n"
    assert texts(read({"setup.cfg": text, "needs.in": "numpy\n"})) == ["numpy"]


def test_a_sum_that_doubles_itself_ends(read: Read) -> None:
    lines = ["needs = ['numpy']", *(["needs = needs + needs"] * 60), "setup(install_requires=needs)"]
    assert read({"setup.py": "\n".join(lines)}).is_inferred


def test_reads_setup_cfg(read: Read) -> None:
    options = "python_requires = >=3.5\ninstall_requires =\n  numpy\n  scipy>=1\n"
    recipe = read({"setup.cfg": f"[metadata]\nname=x\n[options]\n{options}"})
    assert texts(recipe) == ["numpy", "scipy>=1"]


def test_reads_constants_of_setup_py_and_never_runs_it(read: Read, tmp_path: Path) -> None:
    setup = "from setuptools import setup\nneeds = ['numpy']\nsetup(install_requires=needs + ['scipy'])"
    text = f"open({str(tmp_path / 'ran')!r}, 'w')\n{setup}"
    assert texts(read({"setup.py": text})) == ["numpy", "scipy"]
    assert not (tmp_path / "ran").exists()


def test_what_setup_py_computes_is_noted_and_the_imports_are_read(read: Read) -> None:
    recipe = read({"setup.py": "from setuptools import setup\nsetup(install_requires=open('r').read())"})
    assert recipe.is_inferred
    assert "setup.py computes its requirements, so they are not read." in recipe.notes


def test_a_setup_py_of_python_2_does_not_end_the_reading(read: Read) -> None:
    assert "setup.py is not Python 3; its requirements are not read." in read({"setup.py": "print 'x'"}).notes


def test_a_broken_pyproject_is_named(read: Read) -> None:
    with pytest.raises(BuildError) as caught:
        read({"pyproject.toml": "[project"})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", "pyproject.toml")


def test_a_package_is_imported_from_its_place(tmp_path: Path) -> None:
    (tmp_path / "optics").mkdir()
    (tmp_path / "optics" / "__init__.py").touch()
    assert import_roots(tmp_path) == ()
    (tmp_path / "setup.py").touch()
    assert import_roots(tmp_path) == (".",)
    (tmp_path / "src" / "optics").mkdir(parents=True)
    (tmp_path / "src" / "optics" / "__init__.py").touch()
    assert import_roots(tmp_path) == ("src",)


def test_a_package_in_a_folder_that_is_asked_for_is_imported_from_there(tmp_path: Path) -> None:
    (tmp_path / "lib" / "optics").mkdir(parents=True)
    (tmp_path / "lib" / "optics" / "__init__.py").touch()
    (tmp_path / "lib" / "setup.py").write_text("from setuptools import setup\nsetup(install_requires=['h5py'])")
    (tmp_path / "requirements.txt").write_text("-e ./lib\n")
    assert import_roots(tmp_path) == ("lib",)
