"""What a trial declares stands in a copy alone, and in a patch that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from builder.errors import BuildError
from reproduce.diagnose import Proposal
from reproduce.repair.trial_copy import TrialCopy

TOOLZ = Proposal("Cell 1 needs the module toolz, which toolz brings.", "toolz")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "paper"
    root.mkdir()
    (root / "requirements.txt").write_text("numpy\n")
    (root / "requirements.txt").chmod(0o444)
    return root


def test_the_repository_is_left_alone_and_the_patch_brings_it_there(repository: Path, tmp_path: Path) -> None:
    copy = TrialCopy(repository, tmp_path / "copy")
    copy.declare(TOOLZ, "a.ipynb", ())
    copy.declare(Proposal("Why.", "numpy<2"), "a.ipynb", ())
    assert (repository / "requirements.txt").read_text() == "numpy\n"
    subprocess.run(["git", "apply", "-"], input=copy.patch().encode(), cwd=repository, check=True)
    declared = (repository / "requirements.txt").read_text()
    assert declared == (copy.place / "requirements.txt").read_text()
    assert [line.partition("  #")[0] for line in declared.splitlines()] == ["toolz", "numpy<2"]


def test_a_fork_has_what_was_declared_and_changes_nothing_of_the_copy(repository: Path, tmp_path: Path) -> None:
    copy = TrialCopy(repository, tmp_path / "copy")
    copy.declare(Proposal("Why.", python="3.9"), "a.ipynb", ())
    fork = copy.fork(tmp_path / "fork")
    fork.write({"more.txt": "x"})
    assert (fork.has_python, fork.is_changed) == (True, True)
    assert not (copy.place / "more.txt").exists()


def test_a_link_is_replaced_and_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine")
    (repository / "runtime.txt").symlink_to(tmp_path / "outside")
    TrialCopy(repository, tmp_path / "copy").write({"runtime.txt": "python-3.9\n"})
    assert (tmp_path / "outside").read_text() == "mine"


@pytest.mark.parametrize("path", ["folder", "requirements.txt/file"])
def test_what_is_in_the_way_ends_the_trial_with_a_cause(path: str, repository: Path, tmp_path: Path) -> None:
    (repository / "folder").mkdir()
    with pytest.raises(BuildError) as caught:
        TrialCopy(repository, tmp_path / "copy").write({path: "text"})
    assert (caught.value.kind_id, caught.value.data["file"]) == ("recipe-unreadable", path)
