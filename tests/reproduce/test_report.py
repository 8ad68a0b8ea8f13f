"""The report: complete in one file, escaped, with figures side by side."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Route, sync_playwright

from catalog.causes import cause
from reproduce import report as report_module
from reproduce.compare import COMPARATOR_VERSION, CellComparison, NotebookComparison, OutputComparison, Tolerance
from reproduce.compare.text import TextSettings, compare_text
from reproduce.report import Report, ReportedNotebook, render_report, report_policy
from reproduce.report_numbers import MOST_ROWS, deviations_of
from reproduce.report_words import measured_words, text_difference
from reproduce.reproduction import Reproduction
from reproduce.runner.job import Failure, Result
from reproduce.statement import notebook_json, reproduction_json
from tests.journeys.browser import Scheme, Visitor, open_browser
from tests.reproduce.sample_report import sample_report

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = "</style></script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


def make_report(*outputs: OutputComparison, title: str = "A paper", failure: Failure | None = None) -> Report:
    counts = {output.state: 1 for output in outputs}
    cells = (CellComparison("c1", 2, outputs[0].state if outputs else "identical", outputs, f"plot()  # {HOSTILE}"),)
    comparison = NotebookComparison(cells, counts, "test/1")
    result = Result(
        status="completed" if failure is None else "cell-raised",
        failure=failure,
        started_at="2024-06-01T00:00:00+00:00",
        ended_at="2024-06-01T00:00:03+00:00",
        run_s=3.0,
        first_cell_s=1.0,
        cells_total=1,
        cells_done=1,
        sandbox={"kind": "bwrap", "version": "0.8.0", "network": False, "limits": {"memory_bytes": {"value": 5}}},
        machine={"processors": 2},
        digests={"executed": "ab" * 32},
    )
    why = cause("outputs-differ", count=1, total=1) if failure is None else cause("cell-raised", cell=3, ename="E")
    reproduction = Reproduction("differs", why, result, comparison if failure is None else None, Path())
    said = notebook_json("fig.ipynb", verdict="differs", cause=why, result=result, comparison=reproduction.comparison)
    statement = reproduction_json(source="/paper", commit="a" * 40, swhid=None, environment=None, notebooks=[said])
    return Report(title, statement, (ReportedNotebook("fig.ipynb", reproduction),))


def figure_pair(published: bytes = PNG, fresh: bytes = PNG) -> OutputComparison:
    return OutputComparison("image/png", "differs", published=published, fresh=fresh, difference_png=PNG)


def test_published_rerun_and_difference_stand_side_by_side() -> None:
    page = render_report(make_report(figure_pair()))
    assert re.findall(r"<figcaption>(.*?)</figcaption>", page) == ["Published", "Re-run", "Difference map"]
    assert page.count(f"data:image/png;base64,{base64.b64encode(PNG).decode()}") == 3


def test_nothing_but_data_addresses_and_places_in_the_page_is_linked() -> None:
    page = render_report(make_report(figure_pair()))
    assert all(address.startswith(("data:", "#")) for address in re.findall(r'(?:src|href)="([^"]*)"', page))


def test_what_notebooks_wrote_is_escaped_everywhere() -> None:
    text = OutputComparison("text/plain", "differs", reason=HOSTILE, published_text=HOSTILE, fresh_text="x")
    page = render_report(make_report(text, title=HOSTILE))
    assert "<script" not in page
    assert "onerror=alert(1)>" not in page
    assert "&lt;script&gt;" in page


def test_an_svg_is_shown_as_a_picture_where_its_scripts_are_dead() -> None:
    page = render_report(make_report(figure_pair(published=SVG)))
    assert f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}" in page
    assert "<svg" not in page


def test_the_policy_names_the_digest_of_the_style_that_is_in_the_page() -> None:
    page = render_report(make_report(figure_pair()))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in report_policy()
    assert "default-src 'none'" in report_policy()


def test_pictures_beyond_the_limit_are_named_and_not_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "MAX_EMBEDDED_BYTES", len(PNG))
    page = render_report(make_report(figure_pair()))
    assert page.count("data:image/png") == 1
    assert page.count("the report would be too large") == 2


def test_a_failed_notebook_shows_cause_hint_and_traceback() -> None:
    failure = Failure("c1", 2, "E", "gone", "Traceback of the cell")
    page = render_report(make_report(failure=failure))
    assert "Cell 3 raised E" in page
    assert "the traceback is in the evidence" in page
    assert "Traceback of the cell" in page


def test_a_lone_surrogate_does_not_break_the_report() -> None:
    page = render_report(make_report(OutputComparison("text/plain", "differs", reason="bad \ud800 text")))
    assert page.encode("utf-8")


def test_a_source_that_could_not_be_fetched_has_a_report() -> None:
    why = cause("repository-missing", source="https://example.org/x.git")
    statement = reproduction_json(source="x", commit=None, swhid=None, environment=None, notebooks=[], why=why)
    page = render_report(Report("x", statement, ()))
    assert "There is no repository at https://example.org/x.git" in page


def test_text_is_shown_where_it_differs_with_its_surroundings() -> None:
    lines = text_difference("a\nb\nc", "a\nB\nc")
    assert [(line.kind, line.text) for line in lines[1:]] == [
        ("both", "  a"),
        ("published", "− b"),
        ("rerun", "+ B"),
        ("both", "  c"),
    ]


def test_a_text_without_end_is_cut() -> None:
    lines = text_difference("x" * 10_000 + "\n" * 10_000, "y")
    assert len(lines) < 310
    assert max(len(line.text) for line in lines) < 410


def test_what_was_measured_is_said_in_words() -> None:
    words = measured_words({"name": "max_relative_deviation", "value": 0.00012344}, {"rtol": 1e-6})
    assert words == "Measured: max relative deviation 0.0001234. Tolerance: rtol 1e-06."


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser_nothing_is_requested_refused_or_wider_than_a_telephone(tmp_path: Path, scheme: str) -> None:
    text = OutputComparison("text/plain", "differs", reason="r" * 200, published_text="x" * 900, fresh_text=HOSTILE)
    (tmp_path / "report.html").write_text(render_report(make_report(figure_pair(published=SVG), text)))
    asked: list[str] = []
    said: list[str] = []

    def note(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme).new_page()  # type: ignore[arg-type]  # one of its words
        page.on("console", lambda message: said.append(message.text))
        page.route("**", note)
        page.goto((tmp_path / "report.html").as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
        browser.close()
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []
    assert said == []
    assert width <= 390
    assert background == ("rgb(246, 247, 249)" if scheme == "light" else "rgb(18, 22, 31)")
    assert all(size > 0 for size in sizes)
    assert len(sizes) == 3


def test_what_was_not_compared_is_listed_with_its_reason() -> None:
    page = render_report(sample_report())
    listed = page.split("Not compared: the verdict says nothing of these")[1].split("</table>")[0]
    assert "The author marked the outputs of this cell as not to be compared." in listed
    assert "1 cell shows nothing, neither published nor re-run." in page


def test_a_report_that_compared_everything_says_so() -> None:
    assert "No output of the notebook was left out." in render_report(make_report(figure_pair()))


def test_a_notebook_that_did_not_run_to_its_end_is_said_to_be_not_compared() -> None:
    page = render_report(make_report(failure=Failure("c1", 2, "E", "gone", "Traceback")))
    assert "No output was compared, because the notebook did not run to its end." in page


def test_cells_that_the_target_does_not_claim_are_said_to_be_left_out() -> None:
    report = sample_report()
    claimed = replace(report, notebooks=(replace(report.notebooks[0], cells=("plot", "mean")),))
    assert "Only the cells that are claimed were compared: <code>plot, mean</code>" in render_report(claimed)


def test_numbers_stand_with_their_deviation_and_whether_the_tolerance_covers_it() -> None:
    page = render_report(sample_report())
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    within, beyond = cells.index("1.2345678"), cells.index("10.50")
    assert cells[within + 1 : within + 4] == ["1.2345679", "+1e-07", "8.1e-08"]
    assert "within" in cells[within + 4]
    assert cells[beyond + 1 : beyond + 4] == ["10.57", "+0.07", "0.00662"]
    assert "beyond" in cells[beyond + 4]


def test_a_number_that_a_rule_leaves_out_is_no_deviation() -> None:
    outputs = compare_text(
        "text/plain", "x 1.25 at 0x7f0123456789", "x 1.26 at 0x7fabcdef0123", TextSettings(Tolerance())
    )
    found = deviations_of(outputs)
    assert found is not None
    assert [(row.published, row.fresh) for row in found.rows] == [("1.25", "1.26")]


def test_of_many_numbers_the_furthest_apart_are_shown_and_all_are_counted() -> None:
    one, other = " ".join(f"{n}.5" for n in range(1, 90)), " ".join(f"{n}.7" for n in range(1, 90))
    found = deviations_of(compare_text("text/plain", one, other, TextSettings(Tolerance())))
    assert found is not None
    assert (found.count, found.compared, len(found.rows)) == (89, 89, MOST_ROWS)
    assert found.rows[0].published == "1.5"


def test_texts_that_were_not_compared_by_numbers_have_no_table_of_them() -> None:
    assert deviations_of(compare_text("text/plain", "one 1.5", "two 1.7", TextSettings(Tolerance()))) is None


def test_the_rules_that_fired_are_named_with_how_often() -> None:
    page = render_report(sample_report())
    assert "<code>html-layout</code> in 1 output, <code>memory-addresses</code> in 1 output" in page


def test_a_rule_that_the_reason_names_is_not_told_once_more() -> None:
    pair = replace(figure_pair(), reason="Left out before by these rules: dates.", rules=("dates", "colours"))
    page = render_report(make_report(pair))
    assert "Left out before comparing: colours." in page


def test_provenance_is_whole() -> None:
    page = html.unescape(render_report(sample_report()))
    for said in (
        "https://doi.org/10.5072/silica",
        "a" * 40,
        "swh:1:dir:" + "b" * 40,
        COMPARATOR_VERSION,
        "34" * 32,
        "package-59==1.59",
        "3.9.18 (asked for in runtime.txt)",
        "the date of the commit",
        "bwrap 0.8.0",
        "A processor",
        "gain 2",
        "ef" * 32,
        "none but the sandbox's own loopback",
    ):
        assert said in page, said


def test_every_link_of_the_contents_leads_to_a_place_in_the_page() -> None:
    page = render_report(sample_report())
    places = re.findall(r'\sid="([^"]+)"', page)
    links = re.findall(r'href="#([^"]+)"', page)
    assert len(links) > 8
    assert set(links) <= set(places)
    assert len(places) == len(set(places))


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["differs", "failed"])
def test_axe_finds_no_barrier_in_a_report(tmp_path: Path, width: int, scheme: Scheme, kind: str) -> None:
    failure = Failure("c1", 2, "E", "gone", "Traceback of the cell")
    report = sample_report() if kind == "differs" else make_report(failure=failure)
    (tmp_path / "report.html").write_text(render_report(report), encoding="utf-8")
    with open_browser() as browser:
        visitor = Visitor(browser, "file:///", width=width, scheme=scheme)
        visitor.page.goto((tmp_path / "report.html").as_uri())
        for summary in visitor.page.locator("summary").all():
            summary.click()
        options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
        found = Axe().run(visitor.page, options=options).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
        assert visitor.barriers() == []
        assert visitor.overhang() == 0
        assert visitor.wrongs == []
