"""The report on paper: printed by a real Chromium, read by Poppler."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest

from reproduce import report_pdf
from reproduce.report import render_report
from reproduce.report_pdf import PrintError, find_chromium, print_report
from tests.reproduce.sample_report import MANY_CELLS, sample_report


def poppler(program: str, *arguments: str | Path) -> str:
    """Return what a program of Poppler says of a PDF."""
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=True).stdout


def fake(place: Path, script: str) -> str:
    """Return the path of a program that stands in Chromium's place, seen in its sandbox too."""
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)
    return str(place)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample report as a PDF."""
    place = tmp_path_factory.mktemp("print") / "report.pdf"
    print_report(render_report(sample_report()), place)
    return place


@pytest.mark.browser
def test_the_pdf_is_tagged_titled_and_has_an_outline_and_links(printed: Path) -> None:
    facts = poppler("pdfinfo", printed)
    assert "Tagged:          yes" in facts
    assert "Title:           Figure 1 of a paper about silica" in facts
    assert "environment" in poppler("pdfinfo", "-dests", printed)
    assert b"/Outlines" in printed.read_bytes()


@pytest.mark.browser
def test_what_is_folded_on_a_screen_is_on_paper(printed: Path) -> None:
    text = " ".join(poppler("pdftotext", "-layout", printed, "-").split())
    assert "package-59==1.59" in text
    assert "OMP_NUM_THREADS" in text
    assert f"print({MANY_CELLS - 1})" in text


@pytest.mark.browser
def test_nothing_is_cut_off_at_the_edges_of_the_paper(printed: Path) -> None:
    words = poppler("pdftotext", "-bbox", printed, "-")
    width = float(words.split('<page width="')[1].split('"')[0])
    edges = [float(part.split('"')[0]) for part in words.split('xMax="')[1:]]
    assert len(edges) > 300
    assert max(edges) < width


@pytest.mark.browser
def test_every_picture_is_on_paper_and_on_one_page(printed: Path) -> None:
    lines = [line.split() for line in poppler("pdfimages", "-list", printed).splitlines()[2:]]
    pages = [line[0] for line in lines if line[2] == "image"]
    assert len(pages) == 5


@pytest.mark.browser
def test_the_tables_head_is_repeated_on_every_page_that_it_goes_over(printed: Path) -> None:
    text = poppler("pdftotext", "-layout", printed, "-")
    pages = [page for page in text.split("\f") if "print(" in page]
    assert len(pages) > 1
    assert all("Begins with" in page for page in pages)


def test_a_chromium_is_found_by_name_or_path_or_not_at_all(tmp_path: Path) -> None:
    assert find_chromium("no-such-browser") is None
    assert find_chromium(fake(tmp_path / "browser", "exit 0")) == str(tmp_path / "browser")


def test_without_a_chromium_it_is_said_how_to_print(tmp_path: Path) -> None:
    with pytest.raises(PrintError, match=r"there is no no-such-browser here.*print it to a file"):
        print_report("<p>", tmp_path / "report.pdf", wanted="no-such-browser")


@pytest.mark.real
@pytest.mark.parametrize(
    ("program", "reason"),
    [("/usr/bin/false", "ended short"), ("/usr/bin/true", "left no PDF")],
)
def test_a_chromium_that_fails_leaves_no_file(tmp_path: Path, program: str, reason: str) -> None:
    with pytest.raises(PrintError, match=reason):
        print_report("<p>", tmp_path / "report.pdf", wanted=program)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.browser
def test_printing_is_ended_when_its_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_pdf, "PRINT_TIMEOUT_S", 0.01)
    with pytest.raises(PrintError, match="took longer"):
        print_report("<p>", tmp_path / "report.pdf")


@pytest.mark.browser
@pytest.mark.enable_socket
def test_the_browser_reaches_no_server_of_this_machine(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        # Without the report's own policy, so that the sandbox alone holds it.
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        print_report(f"<link rel=stylesheet href={address}/a.css><p>words", tmp_path / "report.pdf")
        server.settimeout(0.5)
        with pytest.raises(TimeoutError):
            server.accept()
    assert "words" in poppler("pdftotext", tmp_path / "report.pdf", "-")
