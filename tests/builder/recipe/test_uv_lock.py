"""uv.lock and pylock.toml (PEP 751)."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read, texts

UV = """
version = 1
requires-python = ">=3.9"
[[package]]
name = "paper"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "numpy", version = "1.26.4", source = { registry = "x" }, marker = "python_full_version < '3.13'" },
    { name = "numpy", version = "2.1.0", source = { registry = "x" }, marker = "python_full_version >= '3.13'" },
    { name = "plot", extra = ["fast"] },
    { name = "pywin32", marker = "sys_platform == 'win32'" },
]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://index.example.org/simple" }
[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://index.example.org/simple" }
[[package]]
name = "plot"
version = "2.0+cu118"
source = { registry = "https://other.example.org/simple" }
dependencies = [{ name = "six", marker = "python_version < '3.11'" }]
[package.optional-dependencies]
fast = [{ name = "speed" }]
[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://index.example.org/simple" }
[[package]]
name = "pywin32"
version = "306"
source = { registry = "https://index.example.org/simple" }
[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://index.example.org/simple" }
[[package]]
name = "speed"
version = "1.0"
source = { git = "https://git.example.org/speed?rev=abc#abc" }
"""
PYLOCK = """
lock-version = "1.0"
created-by = "x"
requires-python = ">=3.10,<3.12"
default-groups = ["base"]
[[packages]]
name = "numpy"
version = "1.26.4"
[[packages]]
name = "tomli"
version = "2.0.1"
marker = "python_version < '3.11'"
[[packages]]
name = "pytest"
version = "8.0"
marker = "'dev' in dependency_groups"
[[packages]]
name = "lmfit"
version = "1.3"
marker = "'base' in dependency_groups"
[[packages]]
name = "fast"
version = "1"
marker = "'speed' in extras"
[[packages]]
name = "paper"
directory = { path = "." }
[[packages]]
name = "tool"
vcs = { type = "git", url = "https://git.example.org/tool", commit-id = "abc" }
"""


def test_the_projects_dependencies_are_followed_through_the_lock(read: Read) -> None:
    recipe = read({"uv.lock": UV, "pyproject.toml": "[project]\nname='paper'\ndependencies=['numpy']"})
    assert texts(recipe) == [
        'numpy==1.26.4; python_version <= "3.12"',
        'numpy==2.1.0; python_version >= "3.13"',
        "plot==2.0",
        'six==1.16.0; python_version <= "3.10"',
        "speed",
    ]
    assert recipe.files == ("uv.lock",)


def test_the_locks_python_counts(read: Read) -> None:
    assert read({"uv.lock": UV}).python == "3.9"


def test_says_what_is_of_another_index_or_address(read: Read) -> None:
    other, git = read({"uv.lock": UV}).approximations
    assert other == "plot 2.0+cu118 is of another package index; plot 2.0 is taken instead."
    assert git.startswith("speed is asked for from https://git.example.org/speed?rev=abc#abc;")


def test_a_group_stands_for_a_project_without_dependencies(read: Read) -> None:
    text = UV.replace('dependencies = [\n    { name = "numpy", version = "1.26.4"', 'unused = [\n    { name = "n"')
    recipe = read({"uv.lock": text})
    assert texts(recipe) == ["pytest==8.0"]
    assert "uv.lock: paper has no dependencies; the dependency group dev is taken." in recipe.notes


def test_pylock_is_taken_as_a_default_installation(read: Read) -> None:
    recipe = read({"pylock.toml": PYLOCK, "environment.yml": "dependencies: [scipy]", "requirements.txt": "h5py"})
    assert texts(recipe) == ["numpy==1.26.4", 'tomli==2.0.1; python_version <= "3.10"', "lmfit==1.3", "tool"]
    assert recipe.files == ("pylock.toml",)
    assert recipe.python == "3.10"


def test_a_named_pylock_for_notebooks_goes_before_other_named_ones(read: Read) -> None:
    def lock(name: str) -> str:
        return f"lock-version='1.0'\n[[packages]]\nname='{name}'\nversion='1'\n"

    assert texts(read({"pylock.dev.toml": lock("pytest"), "pylock.notebook.toml": lock("numpy")})) == ["numpy==1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "[[package"),
        ("uv.lock", "package = 1"),
        ("uv.lock", "[[package]]\nversion='1'"),
        ("uv.lock", "[[package]]\nname='a'\nversion='1'\nsource={registry='x'}"),
        ("uv.lock", "[[package]]\nname='a'\nsource={virtual='.'}\ndependencies=['numpy']"),
        ("uv.lock", "[[package]]\nname='a'\nsource={virtual='.'}\ndependencies=[{name='n', marker='x'}]"),
        ("pylock.toml", "lock-version='2.0'"),
        ("pylock.toml", "lock-version='1.0'\n[[packages]]\nname='a'"),
        ("pylock.toml", "lock-version='1.0'\n[[packages]]\nname='a'\nversion='1'\nmarker='((('"),
        ("pylock.toml", "lock-version='1.0'\n[[packages]]\nname='a;b'\nversion='1'"),
        ("pylock.toml", ".".join(["a"] * 100_000) + "=1"),
    ],
)
def test_a_damaged_lock_is_unreadable_and_named(read: Read, name: str, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({name: text})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", name)


def test_packages_that_need_each_other_in_a_circle_are_each_taken_once(read: Read) -> None:
    def package(name: str, needs: list[str]) -> str:
        listed = ", ".join(f"{{ name = '{need}' }}" for need in needs)
        source = "{ virtual = '.' }" if name == "paper" else "{ registry = 'x' }"
        return f"[[package]]\nname = '{name}'\nversion = '1'\nsource = {source}\ndependencies = [{listed}]\n"

    names = [f"p{number}" for number in range(60)]
    text = package("paper", names) + "".join(package(name, names) for name in names)
    assert len(texts(read({"uv.lock": text}))) == 60
