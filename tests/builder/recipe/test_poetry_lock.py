"""poetry.lock, with and without the pyproject.toml that says where it begins."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read, texts

PROJECT = """
[tool.poetry]
name = "paper"
package-mode = false
[tool.poetry.dependencies]
python = "^3.8"
numpy = "^1.20"
plot = {version = "*", extras = ["q"]}
no = {version = "*", optional = true}
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
LOCK = """
[[package]]
name = "numpy"
version = "1.21.0"
optional = false
[[package]]
name = "plot"
version = "2.0"
optional = false
[package.dependencies]
colorama = {version = "*", markers = "platform_system == 'Windows'"}
Six = ">=1.5"
qt = {version = "*", optional = true}
[package.extras]
q = ["qt (>=5)"]
[[package]]
name = "colorama"
version = "0.4"
optional = false
[[package]]
name = "six"
version = "1.16.0"
optional = false
[[package]]
name = "qt"
version = "5.15"
optional = true
[[package]]
name = "no"
version = "1"
optional = true
[[package]]
name = "pytest"
version = "7.0"
optional = false
[metadata]
lock-version = "2.0"
python-versions = "^3.8"
"""


def test_the_projects_dependencies_are_followed_through_the_lock(read: Read) -> None:
    recipe = read({"poetry.lock": LOCK, "pyproject.toml": PROJECT})
    assert texts(recipe) == ["numpy==1.21.0", "plot==2.0", "six==1.16.0", "qt==5.15"]
    assert recipe.python == "3.8"


def test_without_a_project_everything_that_is_not_optional_is_taken(read: Read) -> None:
    text = LOCK.replace('name = "pytest"', 'name = "pytest"\ncategory = "dev"')
    assert texts(read({"poetry.lock": text})) == ["numpy==1.21.0", "plot==2.0", "colorama==0.4", "six==1.16.0"]


def test_a_group_stands_for_a_project_without_dependencies(read: Read) -> None:
    project = "[tool.poetry]\nname='x'\n[tool.poetry.group.notebooks.dependencies]\nnumpy='*'\n"
    recipe = read({"poetry.lock": LOCK, "pyproject.toml": project})
    assert texts(recipe) == ["numpy==1.21.0"]
    assert "pyproject.toml: it has no dependencies; the dependency group notebooks is taken." in recipe.notes


def test_a_project_of_pep_621_is_understood(read: Read) -> None:
    project = "[project]\nname='x'\ndependencies=['six>=1; python_version < \"3.10\"']\n"
    assert texts(read({"poetry.lock": LOCK, "pyproject.toml": project})) == ['six==1.16.0; python_version <= "3.9"']


@pytest.mark.parametrize(
    "text",
    ["[[package", "package = 3", "[[package]]\nname='a'", "[[package]]\nname='a'\nversion='1'\n[package.dependencies]\n"
     "b={version='1', markers='x y'}"],
)  # fmt: skip
def test_a_damaged_lock_is_unreadable_and_named(read: Read, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({"poetry.lock": text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", "poetry.lock")
