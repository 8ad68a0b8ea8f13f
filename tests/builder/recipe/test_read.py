"""Which date, which Python, which files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import COMMITTED, TODAY, Read, notebook, texts

SAVED_36 = notebook("1", language_info={"name": "python", "version": "3.6.8"})
SAVED_27 = notebook("1", language_info={"name": "python", "version": "2.7.11"})


def test_the_date_is_the_commits(read: Read) -> None:
    recipe = read({"requirements.txt": "numpy"})
    assert (recipe.as_of, recipe.as_of_reason) == (COMMITTED, "the date of the commit")


@pytest.mark.parametrize(
    ("options", "date", "reason"),
    [
        ({"as_of": "today"}, TODAY, "today, as asked for"),
        ({"committed_at": None}, TODAY, "today, because the files carry no date"),
        (
            {"committed_at": datetime(2999, 1, 1, tzinfo=UTC)},
            TODAY,
            "today, because the commit carries a date in the future",
        ),
        ({"as_of": datetime(2016, 9, 1, tzinfo=UTC)}, datetime(2016, 9, 1, tzinfo=UTC), "the date that was asked for"),
    ],
)
def test_other_dates_say_why(read: Read, options: dict[str, object], date: datetime, reason: str) -> None:
    recipe = read({"requirements.txt": "numpy"}, **options)
    assert (recipe.as_of, recipe.as_of_reason) == (date, reason)


@pytest.mark.parametrize(
    ("files", "options", "python", "reason"),
    [
        ({"runtime.txt": "python-3.7\n", "a.ipynb": SAVED_36}, {}, "3.7", "runtime.txt asks for Python 3.7"),
        (
            {"environment.yml": "dependencies: [python=3.5.2, numpy]", "a.ipynb": SAVED_36},
            {},
            "3.5.2",
            "environment.yml",
        ),
        ({"environment.yml": "dependencies: [python>=3.4, numpy]", "a.ipynb": SAVED_36}, {}, "3.6", "last saved"),
        ({"a.ipynb": SAVED_36, "b.ipynb": SAVED_27}, {}, "3.6", "The notebooks were last saved with Python 3.6"),
        ({"a.ipynb": SAVED_27}, {}, "2.7", "last saved"),
        (
            {"pyproject.toml": "[project]\nrequires-python='>=3.9'\ndependencies=['x']", "a.ipynb": SAVED_36},
            {},
            "3.9",
            "3.9",
        ),
        ({"requirements.txt": "numpy"}, {}, "3.6", "Python 3.6 was the current one on 2018-01-01"),
        ({"requirements.txt": "numpy"}, {"as_of": "today"}, "3.11", "current one on 2024-06-01"),
        ({"runtime.txt": "python-3.7"}, {"python": "3.9"}, "3.9", "Python 3.9 was asked for"),
    ],
)
def test_the_python_is_chosen_and_says_why(
    read: Read, files: dict[str, str], options: dict[str, object], python: str, reason: str
) -> None:
    recipe = read(files, **options)
    assert recipe.python == python
    assert reason in recipe.python_reason


@pytest.mark.parametrize("text", ["r-4.0-2020-13-01", "r", "python-x", "three", ""])
def test_a_runtime_that_is_no_python_is_unreadable(read: Read, text: str) -> None:
    with pytest.raises(BuildError) as caught:
        read({"runtime.txt": text})
    assert caught.value.kind_id == "recipe-unreadable"


def test_a_python_that_is_no_version_is_refused(read: Read) -> None:
    with pytest.raises(BuildError) as caught:
        read({"requirements.txt": "numpy"}, python="three")
    assert caught.value.kind_id == "python-unavailable"


def test_binder_goes_before_the_root(read: Read) -> None:
    recipe = read({"binder/requirements.txt": "numpy", "requirements.txt": "scipy", ".binder/requirements.txt": "h5py"})
    assert texts(recipe) == ["numpy"]
    assert recipe.files == ("binder/requirements.txt",)


def test_both_folders_of_binder_are_noted(read: Read) -> None:
    notes = read({"binder/requirements.txt": "numpy", ".binder/requirements.txt": "h5py", "requirements.txt": ""}).notes
    assert notes[:2] == (
        "There are a binder and a .binder folder; binder is read.",
        "requirements.txt is not read, because there is a folder binder, as in Binder.",
    )


def test_packages_of_the_root_count_where_binder_declares_nothing_at_all(read: Read) -> None:
    recipe = read({"binder/README.md": "How to", "requirements.txt": "numpy"})
    assert texts(recipe) == ["numpy"]
    assert "The folder binder declares nothing; the root is read." in recipe.notes


def test_a_lock_of_the_root_counts_where_binder_declares_no_packages(read: Read) -> None:
    own = "[[package]]\nname='x'\nsource={virtual='.'}\ndependencies=[{name='numpy'}]\n"
    lock = f"{own}[[package]]\nname='numpy'\nversion='2'\n"
    assert texts(read({"binder/apt.txt": "gcc", "uv.lock": lock})) == ["numpy==2"]


def test_a_file_that_another_one_names_is_not_said_to_be_ignored(read: Read) -> None:
    text = "dependencies: [{pip: ['-r requirements.txt']}]"
    recipe = read({"environment.yml": text, "requirements.txt": "numpy"})
    assert texts(recipe) == ["numpy"]
    assert not any("requirements.txt is not read" in note for note in recipe.notes)


def test_a_locked_project_without_packages_is_not_inferred(read: Read) -> None:
    recipe = read({"Pipfile.lock": '{"default": {}}', "a.ipynb": notebook("import numpy")})
    assert (texts(recipe), recipe.is_inferred) == ([], False)


def test_code_that_imports_nothing_departs_from_nothing(read: Read) -> None:
    recipe = read({"a.ipynb": notebook("import os")})
    assert (recipe.is_inferred, recipe.approximations) == (True, ())


def test_a_kernel_of_python_2_is_python_2(read: Read) -> None:
    old = notebook("1", kernelspec={"name": "python2", "display_name": "Python 2"})
    assert read({"a.ipynb": old}, committed_at=datetime(2014, 1, 1, tzinfo=UTC)).python == "2.7"


def test_before_python_3_was_settled_it_is_python_2(read: Read) -> None:
    assert read({"requirements.txt": "numpy"}, committed_at=datetime(2013, 1, 1, tzinfo=UTC)).python == "2.7"


def test_the_publication_gives_the_date(read: Read) -> None:
    recipe = read({"requirements.txt": "numpy"}, as_of="publication", published_on=date(2016, 9, 1))
    assert recipe.as_of == datetime(2016, 9, 1, 23, 59, 59, tzinfo=UTC)


def test_the_kernel_is_added_unless_declared(read: Read) -> None:
    assert [each.text for each in read({"requirements.txt": "numpy"}).requirements] == ["numpy", "ipykernel"]
    assert [each.text for each in read({"requirements.txt": "IPykernel==4.6"}).requirements] == ["IPykernel==4.6"]


def test_files_that_are_not_followed_are_said(read: Read) -> None:
    recipe = read({"requirements.txt": "numpy", "apt.txt": "gfortran", "postBuild": "make"})
    assert recipe.approximations == ()
    assert recipe.unmet() == (
        "apt.txt: system packages of apt.txt are not installed.",
        "postBuild: postBuild is not run.",
    )


def test_a_file_that_is_a_link_out_is_not_read(read: Read, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
    outside.write_text("secret-package")
    (tmp_path / "requirements.txt").symlink_to(outside)
    assert read({"a.ipynb": notebook("import numpy")}).is_inferred


def test_a_declared_python_that_the_notebooks_did_not_run_on_is_noted(read: Read) -> None:
    recipe = read({"runtime.txt": "python-3.5", "requirements.txt": "numpy", "a.ipynb": SAVED_36})
    assert recipe.python == "3.5"
    assert any("last saved with Python 3.6" in note for note in recipe.notes)
    assert not read({"runtime.txt": "python-3.6.15", "requirements.txt": "numpy", "a.ipynb": SAVED_36}).notes[1:]
