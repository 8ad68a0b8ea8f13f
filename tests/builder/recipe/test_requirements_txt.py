"""requirements.txt as pip reads it, and what a stranger's file may not ask for."""

from __future__ import annotations

import pytest

from builder.errors import BuildError
from tests.builder.recipe.conftest import Read, texts


def refused(read: Read, text: str) -> BuildError:
    with pytest.raises(BuildError) as caught:
        read({"requirements.txt": text})
    return caught.value


def test_reads_names_versions_extras_and_markers(read: Read) -> None:
    text = (
        "numpy==1.13.3\n# comment\nscipy >=1.0 , <2 # why\n\nrequests[security]; python_version < '3'\nPyYAML (>=3.0)\n"
    )
    assert texts(read({"requirements.txt": text})) == [
        "numpy==1.13.3", "scipy<2,>=1.0", 'requests[security]; python_version < "3"', "PyYAML>=3.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfnumpy==1.13.3\r\nscipy\r\n",
        "numpy==1.13.3\r\nscipy\r\n".encode("utf-16"),
        "numpy==1.13.3\nscipy".encode("utf-16-le"),
        b"# caf\xe9\nnumpy==1.13.3\rscipy",
        b"numpy==\\\n1.13.3\nscipy\n",
    ],
)
def test_every_editors_encoding_is_understood(read: Read, raw: bytes) -> None:
    assert texts(read({"requirements.txt": raw}))[1] == "scipy"


def test_hashes_are_dropped_because_the_lock_has_its_own(read: Read) -> None:
    text = "numpy==1.13.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    assert texts(read({"requirements.txt": text})) == ["numpy==1.13.3"]


def test_other_files_and_constraints_of_the_repository_are_read(read: Read) -> None:
    recipe = read(
        {
            "requirements.txt": "-r more/base.txt\n-c limits.txt\nscipy\n",
            "more/base.txt": "numpy\n-r ../requirements.txt\n",
            "limits.txt": "numpy<1.14\npandas<1\n",
        }
    )
    assert texts(recipe) == ["numpy<1.14", "scipy"]
    assert recipe.files == ("requirements.txt", "more/base.txt", "limits.txt")


@pytest.mark.parametrize("target", ["../../etc/passwd", "/etc/passwd", "https://host.org/requirements.txt"])
def test_files_outside_the_repository_are_refused(read: Read, target: str) -> None:
    assert refused(read, f"-r {target}\n").kind_id == "requirement-forbidden"


def test_a_git_requirement_is_taken_from_the_index_and_said(read: Read) -> None:
    recipe = read(
        {"requirements.txt": "git+https://me:token@host.org/x/tool.git@abc#egg=tool\n-e git+https://h.org/y#egg=why\n"}
    )
    assert texts(recipe) == ["tool", "why"]
    assert all("is asked for from" in remark for remark in recipe.approximations)
    assert "token" not in "".join(recipe.approximations)


def test_a_named_address_is_taken_from_the_index_and_said(read: Read) -> None:
    recipe = read({"requirements.txt": "tool @ https://host.org/tool-1.0.zip\n"})
    assert texts(recipe) == ["tool"]
    assert "https://host.org/tool-1.0.zip" in recipe.approximations[0]


@pytest.mark.parametrize(
    "line", ["https://host.org/tool-1.0.zip", "git+https://host.org/x.git", "git@host.org:x/y.git"]
)
def test_an_address_without_a_name_is_refused(read: Read, line: str) -> None:
    assert refused(read, f"{line}\n").kind_id == "requirement-forbidden"


def test_another_index_is_not_asked_and_said(read: Read) -> None:
    recipe = read({"requirements.txt": "--extra-index-url https://me:pw@host.org/simple\nnumpy\n"})
    assert texts(recipe) == ["numpy"]
    assert "only the index of this service is asked" in recipe.approximations[0]
    assert "pw" not in recipe.approximations[0]


@pytest.mark.parametrize("line", ["numpy==", "num py", "--evil=1", "!x", "numpy=1.0"])
def test_what_is_no_requirement_is_named(read: Read, line: str) -> None:
    error = refused(read, f"{line}\n")
    assert (error.kind_id, error.data["file"]) == ("requirement-invalid", "requirements.txt")


def test_a_binary_file_is_unreadable(read: Read) -> None:
    with pytest.raises(BuildError) as caught:
        read({"requirements.txt": b"\x00\x01\x02\x03"})
    assert caught.value.kind_id == "recipe-unreadable"


@pytest.mark.parametrize(
    ("old", "new"), [("sklearn", "scikit-learn"), ("PIL==1.1.7", "pillow"), ("opencv", "opencv-python-headless")]
)
def test_names_of_modules_are_taken_as_their_projects(read: Read, old: str, new: str) -> None:
    recipe = read({"requirements.txt": f"{old}\n"})
    assert texts(recipe) == [new]
    assert f"is taken as {new}" in recipe.approximations[0]


def test_the_package_itself_brings_what_it_requires(read: Read) -> None:
    recipe = read(
        {
            "requirements.txt": "-e .\n",
            "setup.py": "from setuptools import setup\nsetup(install_requires=['h5py>=2.7'])",
        }
    )
    assert texts(recipe) == ["h5py>=2.7"]
    assert recipe.files == ("requirements.txt", "setup.py")


def test_a_project_in_a_folder_brings_what_it_requires(read: Read) -> None:
    setup = "from setuptools import setup\nsetup(install_requires=['h5py'])"
    assert texts(read({"requirements.txt": "numpy\n./lib\n", "lib/setup.py": setup})) == ["numpy", "h5py"]


def test_a_path_begins_at_the_root_as_in_binder(read: Read) -> None:
    setup = "from setuptools import setup\nsetup(install_requires=['h5py'])"
    assert texts(read({"binder/requirements.txt": "-e .\n", "setup.py": setup})) == ["h5py"]


@pytest.mark.parametrize(
    "line",
    ["./wheels/tool-1.2+lab-py3-none-any.whl", "wheels/tool-1.2.tar.gz", "file:wheels/tool-1.2-py3-none-any.whl"],
)
def test_an_archive_of_the_repository_is_taken_from_the_index_and_said(read: Read, line: str) -> None:
    recipe = read({"requirements.txt": f"{line}\n"})
    assert texts(recipe) == ["tool==1.2"]
    assert "of the repository is not installed; tool 1.2 of the package index is taken." in recipe.approximations[0]


@pytest.mark.parametrize("line", ["./wheels/tool.whl", "../../x-1.0-py3-none-any.whl", "-e ../../x"])
def test_an_archive_or_folder_that_cannot_be_told_is_refused(read: Read, line: str) -> None:
    assert refused(read, f"{line}\n").kind_id == "requirement-forbidden"


def test_a_commit_that_is_asked_for_is_said(read: Read) -> None:
    recipe = read({"requirements.txt": "git+https://${TOKEN}@h.org/x/tool.git@0a1b2c3#egg=tool\n"})
    assert "tool.git@0a1b2c3" in recipe.approximations[0]
    assert "TOKEN" not in recipe.approximations[0]


def test_a_direct_reference_keeps_its_extras_and_its_marker(read: Read) -> None:
    recipe = read({"requirements.txt": "tool[q] @ git+https://h.org/x ; python_version < '3'\n"})
    assert texts(recipe) == ['tool[q]; python_version < "3"']
    assert "from git+https://h.org/x;" in recipe.approximations[0]


def test_a_variable_that_is_set_nowhere_is_named(read: Read) -> None:
    error = refused(read, "numpy==${VERSION}\n")
    assert error.kind_id == "requirement-invalid"
    assert "variable" in error.data["reason"]


def test_pre_releases_that_are_asked_for_are_an_approximation(read: Read) -> None:
    assert "(--pre)" in read({"requirements.txt": "--pre\nnumpy\n"}).approximations[0]


def test_checksums_that_are_not_compared_are_noted(read: Read) -> None:
    notes = read({"requirements.txt": "numpy==1.13.3 --hash=sha256:aa\n"}).notes
    assert "The checksums of requirements.txt are not compared: the lock has those of the index." in notes


def test_constraints_limit_what_nobody_asks_for_by_itself(read: Read) -> None:
    recipe = read(
        {"requirements.txt": "-c limits.txt\nscipy\n", "limits.txt": "numpy[x]<1.14\ntool @ https://h.org/x\n"}
    )
    assert texts(recipe) == ["scipy"]
    assert [each.text for each in recipe.constraints] == ["numpy<1.14"]
    assert any("limits nothing here" in note for note in recipe.notes)


def test_files_that_name_each_other_many_times_are_read_once(read: Read) -> None:
    files = {f"r{number}.txt": f"-r r{number + 1}.txt\n" * 200 for number in range(9)}
    assert texts(read({"requirements.txt": "-r r0.txt\n", **files, "r9.txt": "numpy\n"})) == ["numpy"]


def test_too_many_requirements_are_refused(read: Read) -> None:
    text = "".join(f"p{number}\n" for number in range(5001))
    assert refused(read, text).kind_id == "recipe-unreadable"
