"""PDFs are compared by what they show: drawn page by page, within bounds, by a program of its own."""

from __future__ import annotations

import io
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from nbformat import NotebookNode

from reproduce.compare import OutputComparison, Tolerance, compare_files, compare_repeatedly
from reproduce.compare.apart import Apart
from reproduce.compare.pdf_drawing import NotDrawnError, draw_unlike_pages
from reproduce.compare.pdf_figures import compare_pdfs, without_authorship
from reproduce.output_files import confined
from tests.reproduce.compare.notebooks import cell, compare_one, image_output, notebook

POINTS = [1.0, 3.0, 2.0, 2.5, 1.5]
MOVED = [1.0, 3.0, 2.0, 2.2, 1.5]
MONDAY = {"CreationDate": datetime(2016, 5, 2, tzinfo=UTC)}
LINE = b"0 0 m 50 50 l S"
LATER = {"CreationDate": None, "Producer": "another release (of long ago)", "Author": None}


def drawing(points: list[float], title: str = "Intensity") -> Figure:
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot(points, marker="o")
    axes.set_title(title)
    return figure


def pdf(*figures: Figure, metadata: dict = MONDAY) -> bytes:
    stream = io.BytesIO()
    with PdfPages(stream, metadata=metadata) as pages:
        for figure in figures:
            pages.savefig(figure)
    return stream.getvalue()


def by_hand(page: str, *more: bytes, count: int = 1, content: bytes = LINE, packed: bytes = b"") -> bytes:
    """Write the smallest PDF there is, with what `page` says of its page and `more` objects; no table of offsets."""
    packed = packed or zlib.compress(content)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join([b"3 0 R"] * count)),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s >>" % page.encode(),
        b"<< /Length %d /Filter /FlateDecode >> stream\n%s\nendstream" % (len(packed), packed),
        *more,
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, held) for number, held in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n"


def compared(published: bytes, fresh: bytes, tolerance: Tolerance | None = None) -> OutputComparison:
    return compare_pdfs(published, fresh, tolerance or Tolerance(), Apart())


def test_the_same_figure_written_at_another_time_by_another_release_is_identical():
    one, other = pdf(drawing(POINTS)), pdf(drawing(POINTS), metadata=LATER)
    assert len(one) != len(other)
    assert compared(one, other).state == "identical"


def test_a_table_of_offsets_that_leads_elsewhere_is_no_matter_of_authorship():
    one = pdf(drawing(POINTS))
    entry = re.search(rb"\d{10}(?= 00000 n)", one)
    other = one[: entry.start()] + b"0000000099" + one[entry.end() :]
    assert without_authorship(one) != without_authorship(other)


def test_pages_that_are_drawn_alike_are_within_tolerance_where_the_files_are_written_differently():
    plain = by_hand("/MediaBox [0 0 200 200]")
    found = compared(plain, plain.replace(b"/Type /Page ", b"/Type /Page /Tabs /S "))
    assert found.state == "within_tolerance"
    assert found.reason == "The page is drawn alike to the pixel; the files are written differently."


def test_a_point_that_moved_differs_with_its_place_both_pages_and_a_map():
    found = compared(pdf(drawing(POINTS)), pdf(drawing(MOVED)))
    assert found.state == "differs"
    assert "lines or markers differ" in found.reason
    assert "inside the axes" in found.reason
    assert (found.metric or {})["value"] > 1
    for png in (found.published, found.fresh, found.difference_png):
        assert (png or b"").startswith(b"\x89PNG")


def test_other_words_differ():
    found = compared(pdf(drawing(POINTS)), pdf(drawing(POINTS, title="Absorption")))
    assert found.state == "differs"
    assert "words differ" in found.reason


def test_letters_drawn_from_another_form_of_the_font_are_the_same_figure():
    one = pdf(drawing(POINTS))
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        found = compared(one, pdf(drawing(POINTS)))
    assert found.state == "within_tolerance"
    assert found.reason.startswith("The same figure, drawn otherwise at the same size; ")


def test_the_declared_limit_of_pictures_counts():
    found = compared(pdf(drawing(POINTS)), pdf(drawing(MOVED)), Tolerance(image=1e6))
    assert (found.state, found.tolerance) == ("within_tolerance", {"max": 1e6})


def test_the_page_that_differs_most_is_named_and_shown():
    one = pdf(drawing(POINTS), drawing(POINTS), drawing(POINTS))
    found = compared(one, pdf(drawing(POINTS), drawing(POINTS, title="Intensitx"), drawing(POINTS[::-1])))
    assert found.state == "differs"
    assert found.reason.startswith("2 of 3 pages differ. Page 3: ")
    assert found.difference_png


def test_another_number_of_pages_differs():
    found = compared(pdf(drawing(POINTS)), pdf(drawing(POINTS), drawing(MOVED)))
    assert found.state == "differs"
    assert found.reason == "The PDF had 1 pages and now has 2."


PAGE = "/MediaBox [0 0 200 200]"
ENCRYPTED = by_hand(PAGE).replace(
    b"/Size 5",
    b"/Size 5 /ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
    % (b"41" * 32, b"42" * 32),
)
PICTURE = b"""<< /Type /XObject /Subtype /Image /Width 30000 /Height 30000 /BitsPerComponent 1
    /ColorSpace /DeviceGray /Length 2 >> stream\n00\nendstream"""
HOSTILE = {
    "broken": (b"%PDF-1.4 \xff\x00", "it cannot be read"),
    "empty": (b"", "it cannot be read"),
    "encrypted": (ENCRYPTED, "it asks for a password"),
    "ten thousand pages": (by_hand(PAGE, count=10_000), "it has 10000 pages; 50 at most are drawn"),
    "page within itself": (by_hand(PAGE).replace(b"[3 0 R]", b"[2 0 R]"), "page 1 cannot be read"),
    "blank": (by_hand(PAGE, content=b"nothing"), "nothing of it is drawn"),
    "picture bomb": (
        by_hand(f"{PAGE} /Resources << /XObject << /I 5 0 R >> >>", PICTURE, content=b"9 0 0 9 0 0 cm /I Do"),
        "page 1 has a picture of 30000 × 30000 pixels",
    ),
    "huge page": (by_hand("/MediaBox [0 0 1000000 1000000]"), "page 1 has 1e+06 × 1e+06 points, which is no page"),
    "large page": (by_hand("/MediaBox [0 0 9000 9000]"), "its pages are together larger than is drawn"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_pdf_that_can_be_drawn_is_refused_and_the_reason_is_told(name):
    data, reason = HOSTILE[name]
    with pytest.raises(NotDrawnError) as refused:
        draw_unlike_pages(by_hand(PAGE), data)
    assert (str(refused.value), refused.value.side) == (reason, "fresh")


def test_a_page_too_large_to_be_looked_at_closely_is_compared_where_it_is_drawn_alike_alone():
    poster = by_hand("/MediaBox [0 0 2000 2000]")
    assert draw_unlike_pages(poster, poster.replace(b"/Page ", b"/Page /Tabs /S "))["unlike"] == []
    with pytest.raises(NotDrawnError, match="page 1 is another, and too large to be compared closely"):
        draw_unlike_pages(poster, by_hand("/MediaBox [0 0 2000 2000]", content=b"0 0 m 50 60 l S"))


def test_what_cannot_be_drawn_is_not_compared():
    found = compared(ENCRYPTED, pdf(drawing(POINTS)))
    assert found.state == "not_compared"
    assert found.reason == "The published PDF was not compared: it asks for a password."


def test_javascript_in_a_pdf_is_not_run():
    action = b"/Type /Catalog /OpenAction << /S /JavaScript /JS (while (true) {}) >>"
    found = draw_unlike_pages(by_hand(PAGE), by_hand(PAGE).replace(b"/Type /Catalog", action))
    assert found == {"pages": [1, 1], "unlike": []}


def test_a_page_that_unfolds_beyond_the_memory_ends_its_reader_alone():
    packer = zlib.compressobj(9, wbits=-15)
    # Blocks of deflate that stand for themselves: 2 GiB in 2 MiB.
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    found = compared(by_hand(PAGE), by_hand(PAGE, packed=b"\x78\xda" + block * 2048))
    assert found.state == "not_compared"
    assert "the program that reads it came to no end of its own" in found.reason


def shown(document: bytes) -> NotebookNode:
    return image_output(document, mime="application/pdf")


def test_a_cell_that_shows_a_pdf_is_compared_by_it():
    found = compare_one(shown(pdf(drawing(POINTS))), shown(pdf(drawing(MOVED))))
    assert (found.mime, found.state) == ("application/pdf", "differs")
    assert found.difference_png
    assert compare_one(shown(pdf(drawing(POINTS))), shown(pdf(drawing(POINTS), metadata=LATER))).state == "identical"


def test_runs_whose_pdfs_say_another_time_agree():
    one, *runs = (
        notebook(cell("plot()", shown(pdf(drawing(POINTS), metadata=said)), id="a")) for said in (MONDAY, LATER, {})
    )
    assert compare_repeatedly(one, runs).counts["identical"] == 1


def test_where_a_drawing_in_svg_is_built_of_other_parts_the_pdf_beside_it_decides():
    one, other = shown(pdf(drawing(POINTS))), shown(pdf(drawing(POINTS)))
    one.data["image/svg+xml"] = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M 0 0 L 1 1'/></svg>"
    )
    other.data["image/svg+xml"] = one.data["image/svg+xml"].replace("path", "line")
    found = compare_one(one, other)
    assert (found.mime, found.state) == ("application/pdf", "identical")


def test_a_pdf_in_broken_base64_is_not_compared():
    broken = shown(b"")
    broken.data["application/pdf"] = "%%%"
    found = compare_one(shown(pdf(drawing(POINTS))), broken)
    assert (found.state, found.reason) == ("not_compared", "A PDF was not compared: its base64 encoding is broken.")


def test_all_pdfs_of_a_comparison_together_have_a_time_of_their_own():
    apart = Apart(left_s=0.001)
    reasons = [compare_pdfs(by_hand(PAGE), b"no pdf", Tolerance(), apart).reason for _ in range(2)]
    assert "it took more than 0 seconds" in reasons[0]
    assert "those before it took all the time there is" in reasons[1]


@pytest.mark.real
def test_pdfs_are_drawn_in_a_sandbox(tmp_path: Path):
    one, other = tmp_path / "one.pdf", tmp_path / "other.pdf"
    one.write_bytes(pdf(drawing(POINTS)))
    other.write_bytes(pdf(drawing(MOVED)))
    (found,) = compare_files({"a.pdf": one}, {"a.pdf": other}, tolerance=Tolerance(), confine=confined)
    assert found.outcome.state == "differs"
    assert found.outcome.difference_png
