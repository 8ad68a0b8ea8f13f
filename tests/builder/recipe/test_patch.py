"""Patches for authors: git applies them, and what they leave is what Binder and this service read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from builder.errors import BuildError
from builder.recipe.model import Requirement
from builder.recipe.patch import declaration_patch, lock_patch, patched_files

Apply = Callable[..., dict[str, bytes]]

PYLOCK = 'lock-version = "1.0"\n\n[[packages]]\nname = "numpy"\n'
PINS = (
    "# Python 3.6.15, packages as of 2018-01-01\n"
    "numpy==1.16.4 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    'typing==3.6 ; python_version < "3.5" \\\n    --hash=sha256:cc\n'
)
INFERRED = (Requirement("h5py", "io/read.py"), Requirement("numpy", "a.ipynb, cell 3"))


def _git(root: Path, *arguments: str, text: bytes = b"") -> None:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false", *arguments],
        cwd=root,
        input=text,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def applied(tmp_path: Path) -> Apply:
    """Make a repository of the files, apply what `make` returns for it with real git, return what changed."""

    def run(files: dict[str, bytes | str], make: Callable[[Path], str]) -> dict[str, bytes]:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                path.symlink_to(content)
            else:
                path.write_bytes(content)
        _git(tmp_path, "init", "-q")
        _git(tmp_path, "add", "-A")
        _git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
        _git(tmp_path, "apply", "--index", "-", text=make(tmp_path).encode())
        names = subprocess.run(
            ["git", "diff", "--cached", "--name-only"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return {name: (tmp_path / name).read_bytes() for name in names.stdout.splitlines()}

    return run


def lock(root: Path) -> str:
    return lock_patch(root, pylock=PYLOCK, requirements=PINS, python="3.6.15")


def declare(root: Path) -> str:
    return declaration_patch(root, INFERRED, "3.9.7")


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({"README": b"x"}, ""),
        ({"binder/apt.txt": b"git\n", "requirements.txt": b"scipy\n"}, "binder/"),
        ({".binder/postBuild": b""}, ".binder/"),
        ({"requirements.txt": b"numpy\nscipy\n", "runtime.txt": b"python-3.5\n"}, ""),
        ({"requirements.txt": b"numpy\nscipy", "runtime.txt": b"python-3.5"}, ""),
        ({"requirements.txt": b"", "pylock.toml": b"old = 1\n"}, ""),
        ({"requirements.txt": "numpy\n".encode("utf-16")}, ""),
        ({"requirements.txt": "# données\n".encode("latin-1")}, ""),
        ({"requirements.txt": b"x" * 5000 + b"\0\n" + os.urandom(5000)}, ""),
        ({"requirements.txt": b"numpy\x0cscipy\x0b\xe2\x80\xa8x\n"}, ""),
        ({"requirements.txt": b"numpy\n" * 4000}, ""),
        ({"requirements.txt": b"numpy\rscipy\r"}, ""),
        ({"needs.txt": b"numpy\n", "requirements.txt": "needs.txt"}, ""),
        ({"requirements.txt": b"numpy\n", "binder/requirements.txt": "../requirements.txt"}, "binder/"),
    ],
)
def test_git_applies_the_lock(files: dict[str, bytes | str], folder: str, applied: Apply) -> None:
    assert applied(files, lock) == {
        f"{folder}pylock.toml": PYLOCK.encode(),
        f"{folder}requirements.txt": PINS.encode(),
        f"{folder}runtime.txt": b"python-3.6\n",
    }


def test_line_ends_follow_the_file(applied: Apply) -> None:
    changed = applied({"requirements.txt": b"numpy\r\nscipy\r\n", "runtime.txt": b"python-3.6\n"}, lock)
    assert changed["requirements.txt"] == PINS.replace("\n", "\r\n").encode()
    assert "runtime.txt" not in changed


def test_only_what_differs_is_in_the_diff(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(PINS.replace("1.16.4", "1.16.3"))
    (tmp_path / "pylock.toml").write_text(PYLOCK)
    (tmp_path / "runtime.txt").write_text("python-3.6\n")
    patch = lock(tmp_path)
    assert [line for line in patch.splitlines() if line[:1] in "+-"] == [
        "--- a/requirements.txt",
        "+++ b/requirements.txt",
        "-numpy==1.16.3 \\",
        "+numpy==1.16.4 \\",
    ]


def test_nothing_to_change_is_no_patch(tmp_path: Path) -> None:
    for name, text in patched_files(tmp_path, pylock=PYLOCK, requirements=PINS, python="3.6").items():
        (tmp_path / name).write_text(text)
    assert lock(tmp_path) == ""


def test_an_environment_file_gets_the_versions_and_keeps_what_is_no_python_package(applied: Apply) -> None:
    before = b"""name: paper
channels: [conda-forge, bioconda]
dependencies:
  - python=3.5
  - numpy=1.15
  - conda-forge::anaconda
  - openmpi
  - typing
  - pip:
    - scipy
variables: {OMP_NUM_THREADS: 1}
"""
    changed = applied({"environment.yml": before, "requirements.txt": b"scipy\n"}, lock)
    assert sorted(changed) == ["environment.yml", "pylock.toml"]
    assert yaml.safe_load(changed["environment.yml"]) == {
        "name": "paper",
        "channels": ["conda-forge", "bioconda"],
        "dependencies": [
            "python=3.6",
            "openmpi",
            "pip",
            {"pip": ["numpy==1.16.4", 'typing==3.6; python_version < "3.5"']},
        ],
        "variables": {"OMP_NUM_THREADS": 1},
    }


@pytest.mark.parametrize(
    "broken", [b"", b"[", b"dependencies: 3\n", b"- a\n", b"\xff\xfe\0", b"channels: 1\nname: []\n"]
)
def test_an_environment_file_that_cannot_be_read_is_replaced(broken: bytes, applied: Apply) -> None:
    changed = applied({"binder/environment.yml": broken}, lock)
    data = yaml.safe_load(changed["binder/environment.yml"])
    assert data["channels"] == ["conda-forge"]
    assert data["dependencies"][:2] == ["python=3.6", "pip"]


def test_an_environment_file_that_binder_does_not_read_gets_company(applied: Apply) -> None:
    changed = applied({"environment.yaml": b"dependencies: [numpy]\n"}, lock)
    assert sorted(changed) == ["environment.yaml", "pylock.toml", "requirements.txt", "runtime.txt"]


def test_a_file_that_binder_reads_first_is_named_before_the_patch(applied: Apply, tmp_path: Path) -> None:
    applied({"Pipfile": b"[packages]\n"}, lock)
    (tmp_path / "runtime.txt").unlink()
    assert lock(tmp_path).startswith("Binder reads Pipfile before the files of this patch.\n\ndiff --git ")


def test_what_is_no_file_is_a_cause(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").mkdir()
    with pytest.raises(BuildError, match=r"^requirements\.txt cannot be read"):
        lock(tmp_path)


def test_inferred_requirements_are_declared_with_what_needs_them(applied: Apply) -> None:
    assert applied({"a.ipynb": b"{}"}, declare) == {
        "requirements.txt": b"# Inferred from the imports of the code here; check them. "
        b"Beside each: what needs it first.\nh5py   # io/read.py\nnumpy  # a.ipynb, cell 3\n",
        "runtime.txt": b"python-3.9\n",
    }


def test_a_declaration_keeps_what_is_there(applied: Apply) -> None:
    changed = applied({"requirements.txt": b"# nothing yet", "runtime.txt": b"python-3.9\n"}, declare)
    assert changed["requirements.txt"].splitlines()[0] == b"# nothing yet"
    assert sorted(changed) == ["requirements.txt"]


def test_a_declaration_without_python_names_none(tmp_path: Path) -> None:
    assert "runtime.txt" not in declaration_patch(tmp_path, INFERRED, None)


def test_an_environment_file_gets_the_declaration_and_keeps_its_lines(applied: Apply) -> None:
    before = b"""# for the paper
channels: [conda-forge]  # ours
dependencies:
  - notebook
  - python  # any
  - pip:
    # from the web
    - attrs

name: x
"""
    assert applied({"environment.yml": before}, declare) == {
        "environment.yml": before.replace(b"- python ", b"- python=3.9 ").replace(
            b"    - attrs\n", b"    - attrs\n    - h5py   # io/read.py\n    - numpy  # a.ipynb, cell 3\n"
        )
    }


@pytest.mark.parametrize(
    ("before", "dependencies"),
    [
        (b"dependencies:\n- gcc\n- pip\n", ["python=3.9", "gcc", "pip", {"pip": ["h5py", "numpy"]}]),
        (b"dependencies:\n  - python=3.7\n", ["python=3.7", "pip", {"pip": ["h5py", "numpy"]}]),
        (b"dependencies: [notebook, gcc]\n", ["python=3.9", "notebook", "gcc", "pip", {"pip": ["h5py", "numpy"]}]),
        (
            b"dependencies:\r\n  - pip\r\n  - pip:\r\n      - attrs\r\n",
            ["python=3.9", "pip", {"pip": ["attrs", "h5py", "numpy"]}],
        ),
        (b"name: x\n", ["python=3.9", "pip", {"pip": ["h5py", "numpy"]}]),
    ],
)
def test_every_form_of_an_environment_file_takes_the_declaration(
    before: bytes, dependencies: list[object], applied: Apply
) -> None:
    changed = applied({"environment.yml": before}, declare)
    assert yaml.safe_load(changed["environment.yml"])["dependencies"] == dependencies


def test_a_project_is_asked_for_by_the_file_that_is_read_instead_of_its_own(applied: Apply) -> None:
    changed = applied(
        {"setup.py": b"from setuptools import setup\n"}, lambda root: declaration_patch(root, INFERRED, None)
    )
    assert changed["requirements.txt"].endswith(b"\n-e .   # the project and what it requires\n")


def test_a_place_cannot_leave_its_comment(applied: Apply) -> None:
    hostile = (Requirement("numpy", "a\n--index-url=x\u2028.py"),)
    changed = applied({"x": b""}, lambda root: declaration_patch(root, hostile, None))
    assert changed["requirements.txt"].splitlines()[1] == b"numpy  # a?--index-url=x?.py"
