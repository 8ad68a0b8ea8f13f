"""What adds nothing to what is shown: the picture of a formula, the preview of a video, the style sheet of a page."""

from __future__ import annotations

import base64

import pytest

from reproduce.compare import Tolerance
from tests.reproduce.compare.notebooks import compare_one, compare_outputs, display, error, figure, stdout

FIGURE = base64.b64encode(figure()).decode()
OTHER_FIGURE = base64.b64encode(figure(has_spike=True)).decode()
FRAME = '<iframe width="400" height="300" src="https://www.youtube.com/embed/{}" allowfullscreen></iframe>'


def formula(latex: str = "$x^{2}$", picture: str = FIGURE, plain: str = "x**2"):
    return display(**{"text__latex": latex, "text__plain": plain} | ({"image__png": picture} if picture else {}))


def video(address: str = "abc", preview: str = "", shown_by: str = "IPython.lib.display.YouTubeVideo"):
    forms = {"text__html": FRAME.format(address), "text__plain": f"<{shown_by} at 0x7f00aa>"}
    return display(**forms | ({"image__jpeg": preview} if preview else {}))


def test_the_picture_of_the_same_formula_may_be_drawn_otherwise():
    result = compare_one(formula(), formula(picture=OTHER_FIGURE))
    assert (result.state, result.reason.partition(",")[0]) == (
        "within_tolerance",
        "The picture of a formula whose LaTeX is the same",
    )


def test_the_picture_of_the_same_formula_need_not_be_readable():
    assert compare_one(formula(), formula(picture="AAAA")).state == "within_tolerance"


def test_the_picture_of_the_same_formula_may_be_missing():
    assert compare_one(formula(), formula(picture="")).state == "identical"


@pytest.mark.parametrize("changed", [{"latex": "$x^{3}$"}, {"plain": "x**3"}])
def test_another_formula_differs_whatever_its_picture(changed):
    assert compare_one(formula(), formula(picture=OTHER_FIGURE, **changed)).state == "differs"


@pytest.mark.parametrize("words", ["A figure of $x$ and $y$", "\\begin{tabular}{l} a \\end{tabular}", "Energies"])
def test_a_figure_beside_latex_that_is_no_formula_is_compared(words):
    assert compare_one(formula(words), formula(words, OTHER_FIGURE)).state == "differs"


@pytest.mark.parametrize(("one", "other"), [(FIGURE, ""), ("", FIGURE), (FIGURE, OTHER_FIGURE)])
def test_the_preview_of_a_video_of_the_web_is_left_out(one, other):
    result = compare_one(video(preview=one), video(preview=other))
    assert (result.mime, result.state) == ("text/html", "identical")
    assert "video-previews" in result.rules
    assert "video-previews" in result.reason


def test_another_video_differs_without_its_preview_too():
    assert compare_one(video("abc", FIGURE), video("abd")).state == "differs"


def test_only_the_preview_of_a_video_is_left_out():
    picture = "IPython.core.display.Image"
    assert compare_one(video(preview=FIGURE, shown_by=picture), video(shown_by=picture)).state == "missing"


def test_the_rule_about_previews_can_be_switched_off():
    tolerance = Tolerance(disabled_rules=frozenset({"video-previews"}))
    assert compare_one(video(preview=FIGURE), video(), tolerance).state == "missing"


def page(html: str):
    return display(text__html=html, text__plain="<IPython.core.display.HTML object>")


SHEET = "<link href='fonts.css' rel='stylesheet'><style>\ndiv.cell {{ width: {}px; }}\n</style>"
MATHJAX = "<script>\n MathJax.Hub.Config({ displayAlign: 'center' });\n</script>"


@pytest.mark.parametrize("tail", ["", MATHJAX])
def test_a_style_sheet_for_the_page_is_no_result(tail):
    assert compare_one(page(SHEET.format(750) + tail), page(SHEET.format(800) + tail)).state == "ignored"
    assert compare_one(page(SHEET.format(750) + tail), page(SHEET.format(750) + tail)).state == "ignored"


@pytest.mark.parametrize(
    "tail",
    ["<p>1.5</p>", "<script>draw(1.5)</script>", "<script src='draw.js'></script>", "<svg><path d='M0 0'/></svg>"],
)
def test_a_style_sheet_beside_something_that_is_shown_counts(tail):
    assert compare_one(page(SHEET.format(750) + tail), page(SHEET.format(800) + tail)).state == "differs"


def test_a_style_sheet_is_no_substitute_for_what_was_shown():
    assert compare_one(page("<p>1.5</p>"), page(SHEET.format(750))).state == "differs"


def test_an_error_that_only_one_side_shows_is_told_in_words():
    published, fresh = [stdout("a\n")], [stdout("a\n"), error("AttributeError", "no\nsuch name")]
    told = [each.reason for each in compare_outputs(published, fresh) if each.state == "unexpected"]
    assert told == ["The run shows an error that the publication does not: AttributeError: no such name"]
