"""Pipfile and its lock."""

from __future__ import annotations

import json

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read, texts

PIPFILE = """
[[source]]
name = "pypi"
url = "https://index.example.org/simple"
[[source]]
name = "lab"
url = "https://me:pw@lab.example.org/simple"
[packages]
numpy = "*"
scipy = "~=1.4"
plot = {version = ">=2", extras = ["q"], sys_platform = "== 'linux'"}
tool = {git = "https://git.example.org/x.git", ref = "abc"}
paper = {path = ".", editable = true}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.7"
"""
LOCK = json.dumps(
    {
        "_meta": {"requires": {"python_version": "3.8"}, "sources": [{"name": "pypi", "url": "https://x/simple"}]},
        "default": {
            "numpy": {"version": "==1.18.1", "hashes": ["sha256:aa"], "index": "pypi"},
            "dataclasses": {"version": "==0.8", "markers": "python_version < '3.7'"},
            "colorama": {"version": "==0.4", "markers": "sys_platform == 'win32'"},
            "tool": {"git": "https://git.example.org/x.git", "ref": "abc"},
            "paper": {"path": ".", "editable": True},
        },
        "develop": {"pytest": {"version": "==5.0"}},
    }
)


def test_reads_packages_and_python_but_not_those_for_development(read: Read) -> None:
    recipe = read({"Pipfile": PIPFILE, "setup.py": "from setuptools import setup\nsetup(install_requires=['h5py'])"})
    assert texts(recipe) == ["numpy", "scipy~=1.4", 'plot[q]>=2; sys_platform == "linux"', "tool", "h5py"]
    assert (recipe.python, recipe.python_reason) == ("3.7", "Pipfile asks for Python 3.7")


def test_says_what_is_taken_from_elsewhere(read: Read) -> None:
    other, tool = read({"Pipfile": PIPFILE}).approximations
    assert other == "Pipfile names another package index (https://…@lab.example.org/simple); " \
        "only the index of this service is asked."  # fmt: skip
    assert tool.startswith("tool is asked for from https://git.example.org/x.git at abc;")


def test_the_lock_goes_before_the_loose_file_with_its_markers(read: Read) -> None:
    recipe = read({"Pipfile.lock": LOCK, "Pipfile": PIPFILE})
    assert texts(recipe) == ["numpy==1.18.1", 'dataclasses==0.8; python_version <= "3.6"', "tool"]
    assert recipe.python == "3.8"
    assert "Pipfile.lock is the author's lock: its 3 exact versions are taken." in recipe.notes


def test_goes_after_environment_yml_and_before_requirements_txt_as_in_binder(read: Read) -> None:
    files = {"Pipfile": "[packages]\nnumpy='*'", "requirements.txt": "scipy"}
    assert texts(read(files)) == ["numpy"]
    assert texts(read({**files, "environment.yml": "dependencies: [h5py]"})) == ["h5py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pipfile", "[packages"),
        ("Pipfile", "[packages]\nnumpy = 3"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[]"),
        ("Pipfile.lock", "{}"),
        ("Pipfile.lock", '{"default": {"numpy": "==1"}}'),
        ("Pipfile.lock", '{"default": {"numpy": {}}}'),
        ("Pipfile.lock", '{"default": {"a b": {"version": "==1"}}}'),
        ("Pipfile.lock", '{"default": {"a": {"version": "==1", "markers": "import os"}}}'),
        ("Pipfile.lock", "[" * 100_000),
    ],
)
def test_a_damaged_file_is_unreadable_and_named(read: Read, name: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", name)


def test_a_version_that_is_none_is_named(read: Read) -> None:
    with pytest.raises(BuildError) as caught:
        read({"Pipfile.lock": '{"default": {"a": {"version": "==x;y"}}}'})
    assert caught.value.kind_id == "requirement-invalid"
