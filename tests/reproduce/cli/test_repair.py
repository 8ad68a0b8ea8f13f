"""A failed notebook that lacks a package, or a version of one: the repair is tried for real before it is offered."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.reproduce.cli.conftest import Run, change_notebook, copy_repository

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]


@pytest.fixture
def lacking(tmp_path: Path) -> Path:
    """A directory whose notebook imports a package that its requirements.txt does not name."""
    return copy_repository("lacks-a-module", tmp_path / "paper")


def patched(repository: Path, patch: Path, place: Path) -> Path:
    """A copy of the repository to which git has applied the patch."""
    shutil.copytree(repository, place)
    subprocess.run(["git", "apply", str(patch)], cwd=place, check=True, env={"GIT_CEILING_DIRECTORIES": str(place)})
    return place


def set_cells(repository: Path, *sources: str) -> None:
    """Give the notebook these cells, as if each had been run."""

    def change(notebook: dict[str, Any]) -> None:
        notebook["cells"] = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "execution_count": number,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}] if "print" in source else [],
                "source": source,
            }
            for number, source in enumerate(sources, start=1)
        ]

    change_notebook(repository / "figure-1.ipynb", change)


def test_a_missing_package_is_declared_by_a_patch_that_was_seen_to_work(
    run: Run, lacking: Path, tmp_path: Path
) -> None:
    call = run(lacking, repair=True)
    assert call.code == 2, "the exit code is that of the repository as it is"
    assert call.statement["notebooks"][0]["cause"]["id"] == "module-missing"
    patch = call.out / "figure-1" / "repair.patch"
    assert "Repaired: figure-1.ipynb is identical with this patch." in call.stdout
    assert str(patch) in call.stdout
    repaired = patched(lacking, patch, tmp_path / "repaired")
    lines = (repaired / "requirements.txt").read_text().splitlines()
    assert lines[0] == "ipykernel==6.29.4"
    assert lines[1].startswith("toolz  # figure-1.ipynb")
    assert (lacking / "requirements.txt").read_text() == "ipykernel==6.29.4\n", "the repository itself is left alone"
    again = run(repaired, out=tmp_path / "again")
    assert (again.code, again.statement["notebooks"][0]["verdict"]) == (0, "identical")


def test_nothing_is_repaired_unless_it_is_asked_for(run: Run, lacking: Path) -> None:
    call = run(lacking)
    assert "Repaired" not in call.stdout
    assert not (call.out / "figure-1" / "repair.patch").exists()


def test_a_name_that_a_package_removed_is_repaired_by_an_earlier_version(
    run: Run, lacking: Path, tmp_path: Path
) -> None:
    (lacking / "requirements.txt").write_text("ipykernel==6.29.4\nnetworkx\n")
    set_cells(lacking, "import networkx as nx\nnx.info(nx.path_graph(3))", "print(1)")
    call = run(lacking, repair=True)
    assert call.statement["notebooks"][0]["cause"]["id"] == "api-removed"
    repaired = patched(lacking, call.out / "figure-1" / "repair.patch", tmp_path / "repaired")
    lines = [line.partition("  #")[0] for line in (repaired / "requirements.txt").read_text().splitlines()]
    assert lines == ["ipykernel==6.29.4", "networkx<3.0"]
    assert "which networkx 3.0 removed" in call.stdout


def test_a_name_that_no_table_knows_is_found_in_an_older_release(run: Run, lacking: Path, tmp_path: Path) -> None:
    (lacking / "requirements.txt").write_text("ipykernel==6.29.4\ntoolz==0.10.0\n")
    set_cells(lacking, "from toolz.compatibility import import_module", "print(1)")
    call = run(lacking, repair=True)
    assert call.statement["notebooks"][0]["cause"]["id"] == "name-missing"
    assert "Looking for toolz.compatibility.import_module in toolz 0.9.0" in call.stdout
    repaired = patched(lacking, call.out / "figure-1" / "repair.patch", tmp_path / "repaired")
    lines = [line.partition("  #")[0] for line in (repaired / "requirements.txt").read_text().splitlines()]
    assert lines == ["ipykernel==6.29.4", "toolz<0.10.0"]
    assert not (repaired / "reprise-probe.ipynb").exists()
    assert "uses toolz.compatibility.import_module, which toolz 0.9.0 has and 0.10.0 has not." in call.stdout


def test_a_name_that_no_table_knows_is_found_in_a_later_release(run: Run, lacking: Path) -> None:
    (lacking / "requirements.txt").write_text("ipykernel==6.29.4\ntoolz==0.9.0\n")
    set_cells(lacking, "import toolz\ntoolz.apply(print, 1)")
    call = run(lacking, repair=True)
    assert call.statement["notebooks"][0]["cause"]["id"] == "name-missing"
    patch = (call.out / "figure-1" / "repair.patch").read_text()
    assert (
        "+toolz>=0.10.0  # figure-1.ipynb: Cell 1 uses toolz.apply, which toolz has since 0.10.0 of 2019-07-11" in patch
    )


def test_two_packages_are_found_one_after_the_other(run: Run, lacking: Path, tmp_path: Path) -> None:
    loads = "import importlib\nimportlib.import_module(*['{}'])"
    set_cells(lacking, loads.format("toolz"), loads.format("termcolor"), "print(1)")
    call = run(lacking, repair=True)
    patch = (call.out / "figure-1" / "repair.patch").read_text()
    assert [line for line in patch.splitlines() if line.startswith("+toolz")], patch
    assert [line for line in patch.splitlines() if line.startswith("+termcolor")], patch


def test_what_does_not_help_is_not_offered(run: Run, lacking: Path) -> None:
    set_cells(lacking, "import importlib\nimportlib.import_module(*['toolz'])", "print(1 / 0)")
    call = run(lacking, repair=True)
    assert "Repaired" not in call.stdout
    assert not (call.out / "figure-1" / "repair.patch").exists()


def test_a_module_that_no_table_knows_is_never_fetched_under_a_guessed_name(run: Run, lacking: Path) -> None:
    set_cells(lacking, "import importlib\nimportlib.import_module(*['six_helpers_of_ours'])", "print(1)")
    call = run(lacking, repair=True)
    assert call.statement["notebooks"][0]["cause"]["id"] == "module-missing"
    assert "six_helpers_of_ours" not in (call.out / "requirements.txt").read_text()
    assert not (call.out / "figure-1" / "repair.patch").exists()
    assert json.loads((call.out / "figure-1" / "verdict.json").read_text())["notebooks"][0]["verdict"] == "failed"
