"""The evidence of the command line as an RO-Crate, and the report as a PDF."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.reproduce.cli.conftest import Run, copy_repository
from tests.validators.crates import assert_valid

# The package index is asked from this process too.
pytestmark = [pytest.mark.enable_socket, pytest.mark.real]


def test_the_evidence_is_a_valid_crate_and_so_is_its_zip(run: Run, repository: Path, tmp_path: Path) -> None:
    call = run(repository, crate=tmp_path / "crate.zip")
    assert call.code == 0, call.stderr
    assert_valid(call.out, tmp_path)
    with zipfile.ZipFile(tmp_path / "crate.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    there = {path.relative_to(call.out) for path in call.out.rglob("*") if path.is_file()}
    assert {path.relative_to(tmp_path / "unpacked") for path in (tmp_path / "unpacked").rglob("*.*")} <= there
    assert there - {Path(".gitignore")} == {
        path.relative_to(tmp_path / "unpacked") for path in (tmp_path / "unpacked").rglob("*") if path.is_file()
    }


def test_what_cannot_be_built_is_a_crate_of_a_failed_run(run: Run, tmp_path: Path) -> None:
    call = run(copy_repository("requirement-does-not-exist", tmp_path / "paper"))
    assert call.code == 3
    assert_valid(call.out, tmp_path)
    document = json.loads((call.out / "ro-crate-metadata.json").read_text())
    run_told = next(one for one in document["@graph"] if one["@id"] == "#run-1")
    assert run_told["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert "1.999.0" in run_told["error"]


def test_a_source_without_notebooks_gives_no_crate_and_says_so(run: Run, tmp_path: Path) -> None:
    call = run(copy_repository("no-notebooks", tmp_path / "paper"), crate=tmp_path / "crate.zip")
    assert not (tmp_path / "crate.zip").exists()
    assert "there is no notebook that a crate could tell of" in call.stderr


def test_a_place_where_no_zip_can_be_written_is_refused_before_anything_runs(run: Run, repository: Path) -> None:
    call = run(repository, crate=Path("/nowhere/crate.zip"))
    assert call.code == 64
    assert not call.out.exists()


@pytest.mark.browser
def test_the_report_is_printed_and_is_part_of_the_crate(run: Run, repository: Path) -> None:
    assert shutil.which("chromium")
    call = run(repository, pdf=True)
    assert (call.out / "report.pdf").read_bytes().startswith(b"%PDF-"), call.stderr
    document = json.loads((call.out / "ro-crate-metadata.json").read_text())
    assert "report.pdf" in {one["@id"] for one in document["@graph"]}


def test_without_a_chromium_the_evidence_is_whole_and_it_is_said_how_to_print(
    run: Run, repository: Path, settings: Settings
) -> None:
    settings.REPRISE_CHROMIUM = "no-such-browser"
    call = run(repository, pdf=True)
    assert call.code == 0
    assert "report.pdf was not written: there is no no-such-browser here" in call.stderr
    assert "Open report.html in a browser and print it" in call.stderr
    assert (call.out / "report.html").is_file()
