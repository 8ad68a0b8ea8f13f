"""The linter says what rots, offers the text to write, and is silent where nothing does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.recipe.advice import SEVERITIES, Advice
from builder.recipe.lint import lint
from builder.recipe.read import read_recipe
from tests.builder.recipe.conftest import TODAY, notebook
from tests.contracts.project import table_rows

Lint = Callable[..., list[Advice]]
FINE = {"requirements.txt": "numpy==1.16.4\n", "runtime.txt": "python-3.7\n"}
CONDA = "channels: [conda-forge]\ndependencies: [python=3.7, numpy=1.16.4]\n"


@pytest.fixture
def linted(tmp_path: Path) -> Lint:
    def run(
        files: dict[str, str], *, committed_at: datetime = datetime(2019, 6, 1, tzinfo=UTC), **versions: str
    ) -> list[Advice]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        notebooks = sorted(name for name in files if name.endswith(".ipynb"))
        recipe = read_recipe(tmp_path, notebooks, as_of="commit", committed_at=committed_at, today=TODAY)
        return list(lint(tmp_path, notebooks, recipe, versions=versions or None))

    return run


def told(advices: list[Advice]) -> list[tuple[str, str, int | None]]:
    return [(advice.id, advice.file, advice.line) for advice in advices]


def test_what_is_pinned_is_left_alone(linted: Lint) -> None:
    assert linted({**FINE, "a.ipynb": notebook("import numpy\nnumpy.loadtxt('data/a.txt')")}) == []


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("numpy\n", [("not-pinned", "requirements.txt", 1)]),
        ("# numpy\nscipy==1.2.1\nnumpy\n", [("half-pinned", "requirements.txt", 3)]),
        ("scipy==1.2.1\nnumpy>=1.10\n", [("lower-bound-only", "requirements.txt", 2)]),
        ("scipy~=1.2\nnumpy==1.16.*\n", [("version-range", "requirements.txt", 1)]),
        ("numpy\n-c limits.txt\n", []),
        ("scipy==1.2.1 ; python_version > '3'\npip\nsetuptools\n", []),
        ("numpy==1.16.4 --hash=sha256:" + 64 * "a", []),
    ],
)
def test_versions_that_float(requirements: str, expected: list[object], linted: Lint) -> None:
    files = {"requirements.txt": requirements, "runtime.txt": "python-3.7", "limits.txt": "numpy==1.16.4\n"}
    assert told(linted(files)) == expected


def test_the_fix_names_the_versions_of_the_lock(linted: Lint) -> None:
    (advice,) = linted({"requirements.txt": "numpy\nscipy", "runtime.txt": "python-3.7"}, numpy="1.16.4", scipy="1.3.0")
    assert advice.fix == "Write numpy==1.16.4, scipy==1.3.0."


def test_without_a_lock_the_fix_says_how_to_learn_them(linted: Lint) -> None:
    (advice,) = linted({"requirements.txt": "numpy", "runtime.txt": "python-3.7"})
    assert advice.fix == "Write numpy==… with the versions you ran (pip freeze shows them)."


def test_conda_is_answered_in_its_own_way(linted: Lint) -> None:
    text = "channels: [conda-forge]\ndependencies:\n  - python=3.7\n  - pytables\n  - jupyter\n"
    (advice,) = linted({"environment.yml": text}, tables="3.5.2")
    assert (advice.id, advice.line, advice.fix) == ("not-pinned", 4, "Write pytables=3.5.2.")


def test_nothing_declared_offers_the_file(linted: Lint) -> None:
    advices = linted({"a.ipynb": notebook("import numpy, yaml")}, numpy="1.16.4", pyyaml="5.1")
    assert [advice.id for advice in advices] == ["nothing-declared", "python-not-pinned"]
    assert advices[0].fix == "Write requirements.txt: numpy==1.16.4, PyYAML==5.1."


def test_an_import_that_no_file_declares_is_to_be_added(linted: Lint) -> None:
    files = {**FINE, "a.ipynb": notebook("import numpy", "import ipywidgets")}
    (advice,) = linted(files, ipywidgets="7.4.2")
    assert (advice.id, advice.file) == ("import-not-declared", "requirements.txt")
    assert advice.message == "The code needs what no file declares: ipywidgets (a.ipynb, cell 2)."
    assert advice.fix == "Write ipywidgets==7.4.2 into requirements.txt."


def test_what_comes_along_with_the_declared_is_not_asked_for(linted: Lint) -> None:
    files = {**FINE, "requirements.txt": "pandas==0.24.2\n", "a.ipynb": notebook("import IPython, numpy, dateutil")}
    assert linted(files) == []


def test_code_that_needs_nothing_is_asked_for_nothing(linted: Lint) -> None:
    assert linted({"a.ipynb": notebook("print(1)")}) == []


def test_a_packages_ranges_want_a_lock(linted: Lint) -> None:
    text = '[project]\nname = "x"\nversion = "1"\nrequires-python = "==3.7.*"\ndependencies = ["numpy>=1.10"]\n'
    assert told(linted({"pyproject.toml": text}))[-1] == ("no-lock", "pyproject.toml", 5)


def test_python_is_asked_for(linted: Lint) -> None:
    (advice,) = linted({"requirements.txt": "attrs==19.1.0", "a.ipynb": notebook("import attr")})
    assert (advice.id, advice.fix) == ("python-not-pinned", "Write python-3.7 into runtime.txt.")


def test_a_compiled_package_needs_its_python(linted: Lint) -> None:
    advices = linted({"binder/environment.yml": CONDA.replace("python=3.7, ", "")})
    assert told(advices) == [("compiled-without-python", "binder/environment.yml", None)]
    assert advices[0].fix == "Write python=3.7 among the dependencies of binder/environment.yml."


def test_a_range_of_pythons_is_another_python_next_year(linted: Lint) -> None:
    text = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.6"\ndependencies = ["numpy==1.16.4"]\n'
    assert told(linted({"pyproject.toml": text})) == [("python-range", "runtime.txt", None)]


@pytest.mark.parametrize(("year", "expected"), [(2019, []), (2022, [("python-past-its-end", "runtime.txt", 1)])])
def test_a_python_past_its_end_is_said_from_that_day(year: int, expected: list[object], linted: Lint) -> None:
    files = {**FINE, "runtime.txt": "python-3.6\n"}
    advices = linted(files, committed_at=datetime(year, 6, 1, tzinfo=UTC))
    assert told(advices) == expected
    assert all("write python-3.7 " in advice.fix for advice in advices)


@pytest.mark.parametrize(("version", "expected"), [("3.7.4", []), ("3.9.18", ["saved-with-another-python"])])
def test_notebooks_of_another_python_than_the_declared_one_are_told(
    version: str, expected: list[str], linted: Lint
) -> None:
    saved = notebook("import numpy", language_info={"name": "python", "version": version})
    advices = linted({**FINE, "a.ipynb": saved})
    assert [advice.id for advice in advices] == expected
    assert all(advice.line == 1 and "Python 3.9" in advice.message for advice in advices)


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("git+https://git.example.org/x/lmfit.git#egg=lmfit", "git-without-commit"),
        ("-e git+https://git.example.org/x/lmfit@master#egg=lmfit", "git-without-commit"),
        ("lmfit @ git+ssh://git@git.example.org/x/lmfit.git@v1.0.2", "git-tag"),
        ("lmfit @ git+https://git.example.org/x/lmfit.git@" + 40 * "a", None),
        ("lmfit @ https://h.example.org/lmfit-1.0-py3-none-any.whl", "address-without-checksum"),
        ("lmfit @ https://h.example.org/lmfit-1.0-py3-none-any.whl#sha256=" + 64 * "a", None),
        ("--extra-index-url https://u:p@i.example.org/simple", "other-index"),
        ("-f wheels", "other-index"),
        ("# git+https://git.example.org/x/lmfit.git", None),
    ],
)
def test_addresses_and_indexes(line: str, id_: str | None, linted: Lint) -> None:
    files = {**FINE, "requirements.txt": f"numpy==1.16.4\n{line}\n"}
    advices = linted(files)
    assert told(advices) == ([(id_, "requirements.txt", 2)] if id_ else [])
    assert "u:p" not in str(advices)


@pytest.mark.parametrize("line", ['download_url="https://h.example.org/x-1.0.tar.gz"', 'url="git@git.example.org:x/y"'])
def test_where_a_project_lies_is_no_requirement(line: str, linted: Lint) -> None:
    text = f"from setuptools import setup\nsetup(\n    name='x',\n    install_requires=['h5py==2.9'],\n    {line},\n)\n"
    assert [advice.id for advice in linted({"setup.py": text})] == ["python-not-pinned"]


def test_a_table_of_poetry_names_its_commit(linted: Lint) -> None:
    text = (
        '[tool.poetry.dependencies]\npython = "3.7.*"\nlmfit = { git = "https://git.example.org/x.git", rev = "%s" }\n'
    )
    assert [advice.id for advice in linted({"pyproject.toml": text % "main"})] == ["git-without-commit"]
    assert [advice.id for advice in linted({"pyproject.toml": text % "1234567"})] == []


def test_a_repository_is_answered_by_its_commit_or_its_release(linted: Lint) -> None:
    files = {**FINE, "requirements.txt": "git+https://git.example.org/x/lmfit.git@dev#egg=lmfit"}
    (advice,) = linted(files, lmfit="1.0.2")
    assert advice.fix.startswith("Write lmfit @ git+https://git.example.org/x/lmfit.git@<commit>, ")
    assert advice.fix.endswith("; or the release: lmfit==1.0.2.")


@pytest.mark.parametrize(
    ("channels", "id_"),
    [
        ("", "conda-without-channel"),
        ("channels: [defaults]\n", "conda-defaults"),
        ("channels: [conda-forge, nodefaults]\n", None),
    ],
)
def test_channels(channels: str, id_: str | None, linted: Lint) -> None:
    advices = linted({"environment.yml": CONDA.replace("channels: [conda-forge]\n", channels)})
    assert [advice.id for advice in advices] == ([id_] if id_ else [])


def test_apt_packages_may_rot(linted: Lint) -> None:
    assert told(linted({**FINE, "apt.txt": "graphviz\n"})) == [("apt-not-pinned", "apt.txt", 1)]


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM python\n", [("image-not-pinned", "Dockerfile", 1)]),
        ("# x\nFROM python:latest\n", [("image-not-pinned", "Dockerfile", 2)]),
        ("FROM h.example.org:5000/x/python:3.7 AS base\nFROM base\n", [("image-without-digest", "Dockerfile", 1)]),
        ("ARG V=3.7\nFROM --platform=linux/amd64 python:${V}\n", [("image-without-digest", "Dockerfile", 2)]),
        ("FROM python:3.7@sha256:" + 64 * "a" + "\nFROM scratch\nFROM $OTHER\n", []),
    ],
)
def test_images(dockerfile: str, expected: list[object], linted: Lint) -> None:
    assert told(linted({"Dockerfile": dockerfile})) == expected


def test_a_lock_that_lacks_a_name_is_outdated(linted: Lint) -> None:
    loose = '[[source]]\nname = "pypi"\n[packages]\nnumpy = "*"\nscipy = "*"\n[requires]\npython_version = "3.7"\n'
    lock = '{"_meta": {"requires": {"python_version": "3.7"}}, "default": {"numpy": {"version": "==1.16.4"}}}'
    advices = linted({"Pipfile": loose, "Pipfile.lock": lock})
    assert told(advices) == [("outdated-lock", "Pipfile", 5)]
    assert "Pipfile.lock lacks scipy" in advices[0].message


def test_a_lock_that_holds_everything_is_left_alone(linted: Lint) -> None:
    loose = '[packages]\nNumPy = "*"\n'
    lock = '{"_meta": {"requires": {"python_version": "3.7"}}, "default": {"numpy": {"version": "==1.16.4"}}}'
    assert linted({"Pipfile": loose, "Pipfile.lock": lock}) == []


def test_the_surest_comes_first(linted: Lint) -> None:
    advices = linted({"requirements.txt": "numpy\n", "apt.txt": "git\n"})
    assert [advice.severity for advice in advices] == ["rots", "rots", "may rot"]


def test_a_file_that_cannot_be_read_ends_nothing(linted: Lint, tmp_path: Path) -> None:
    recipe = read_recipe(tmp_path, [], as_of="today", committed_at=None, today=TODAY)
    (tmp_path / "environment.yml").write_text("[")
    assert lint(tmp_path, ["missing.ipynb"], recipe) == ()


def test_every_id_is_documented_with_its_severity_and_no_other() -> None:
    rows = {row[0].strip("`"): row[1] for row in table_rows("docs/linter.md") if row[0].startswith("`")}
    assert rows == SEVERITIES
