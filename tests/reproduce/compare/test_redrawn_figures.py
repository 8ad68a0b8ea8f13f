"""Figures that matplotlib draws again by other means, and figures whose results changed."""

from __future__ import annotations

import dataclasses
import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from reproduce.compare import Tolerance
from reproduce.compare.frames import Frame, depth_of, find_frames, pair_frames
from reproduce.compare.images import compare_pictures
from reproduce.compare.lettering import compare_lines
from reproduce.compare.raster import decode_picture
from reproduce.compare.words import Line
from tests.reproduce.compare.notebooks import png

X = np.linspace(0.4, 9.6, 24)
ALIASED = {"lines.antialiased": False, "patch.antialiased": False, "text.antialiased": False}


def drawn_under_a_legend(*, height=0.62, **way):
    """Return a figure with a thick line where the lower side of a legend runs, elsewhere at another dpi."""
    figure = Figure(figsize=(6, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([0, 10], [height, height + 0.15], linewidth=6, label="sample 0")
    for number in range(1, 5):
        axes.plot(X, 0.1 * number + 0.02 * np.sin(X), "o-", label=f"sample {number}")
    axes.set(xlim=(0, 10), ylim=(0, 1))
    axes.legend(loc="upper right", ncols=2)
    stream = io.BytesIO()
    figure.savefig(stream, **way)
    return stream.getvalue()


def draw(
    *, shift=0.0, lift=0.0, label="Energy (eV)", tick="6", colour="#0000ff", cmap="viridis", panels=1,
    dpi=100, rc=None, tight=False, jpeg=0, handle=None, scale=1.0,
):  # fmt: skip
    with mpl.rc_context(rc or {}):
        figure = Figure(figsize=(6, 4))
        FigureCanvasAgg(figure)
        for number in range(panels):
            axes = figure.add_subplot(1, panels, number + 1)
            y = 0.4 + 0.3 * np.sin(X) + (shift if number == panels - 1 else 0.0)
            y[12] += lift if number == panels - 1 else 0.0
            axes.plot(X, scale * y, "o-", linewidth=1.0, markersize=5, color=colour, label="measured")
            axes.plot(X, scale * (0.2 + 0.05 * X), "--", color="#d62728", label="model")
            if panels == 1:
                legend = axes.legend(loc="upper right")
                if handle:
                    legend.get_lines()[0].set_color(handle)
            axes.set(xlim=(0, 10), ylim=(0, scale), xlabel=label, ylabel="Counts")
            axes.set_xticks([0, 2, 4, 6, 8, 10], ["0", "2", "4", tick, "8", "10"])
        stream = io.BytesIO()
        figure.savefig(stream, dpi=dpi, bbox_inches="tight" if tight else None)
    if not jpeg:
        return stream.getvalue()
    lossy = io.BytesIO()
    Image.open(stream).convert("RGB").save(lossy, "JPEG", quality=jpeg)
    return lossy.getvalue()


def compare(one, other):
    return compare_pictures("image/png", one, other, Tolerance())


@pytest.mark.parametrize(
    "way",
    [
        {"rc": {"font.family": "DejaVu Serif"}},
        {"rc": {"font.family": "DejaVu Sans Mono"}},
        {"rc": ALIASED},
        {"rc": {"text.hinting": "none", "text.hinting_factor": 1}},
        {"tight": True},
        {"tight": True, "dpi": 72},
        {"jpeg": 60},
        {"dpi": 90},
        {"dpi": 150},
    ],
    ids=["serif", "monospaced", "aliased", "unhinted", "tight", "tight and small", "JPEG", "dpi 90", "dpi 150"],
)
def test_the_same_figure_drawn_otherwise_is_within_tolerance(way):
    result = compare(draw(), draw(**way))
    assert result.state == "within_tolerance", result.reason


@pytest.mark.parametrize("way", [{}, {"dpi": 72}, {"tight": True, "dpi": 90}, {"jpeg": 75}], ids=str)
@pytest.mark.parametrize(
    "change",
    [{"shift": 0.01}, {"lift": 0.04}, {"tick": "7"}, {"label": "Momentum (eV)"}, {"colour": "#2ca02c"}],
    ids=["shift by 1 %", "point", "tick", "label", "colour"],
)
def test_a_changed_figure_differs_however_it_is_drawn(change, way):
    assert compare(draw(), draw(**change, **way)).state == "differs"


@pytest.mark.parametrize("way", [{"dpi": 72}, {"dpi": 90}, {"dpi": 150}], ids=str)
def test_a_legend_that_reaches_farther_over_data_is_no_difference(way):
    result = compare(drawn_under_a_legend(dpi=100), drawn_under_a_legend(**way))
    assert result.state == "within_tolerance", result.reason
    assert compare(drawn_under_a_legend(dpi=100), drawn_under_a_legend(height=0.64, **way)).state == "differs"


@pytest.mark.parametrize("change", [{"shift": 0.002}, {"scale": 1.0, "lift": 0.006}], ids=["all points", "one point"])
def test_less_than_a_pixel_counts_where_one_renderer_drew_one_page(change):
    assert compare(draw(), draw(**change)).state == "differs"


def test_one_letter_of_a_label_counts_at_the_same_rendering():
    result = compare(draw(), draw(label="Energy (aV)"))
    assert result.state == "differs"
    assert "words differ" in result.reason


@pytest.mark.parametrize("units", [("q (nm)", "q (mm)"), ("B (nT)", "B (mT)"), ("time (ns)", "time (ms)")], ids=str)
@pytest.mark.parametrize("dpi", [90, 100])
def test_a_millimetre_is_no_nanometre_where_one_renderer_drew_both(units, dpi):
    one, other = (draw(label=label, dpi=dpi, rc={"axes.labelsize": "small"}) for label in units)
    assert compare(one, other).state == "differs"


@pytest.mark.parametrize("way", [{}, {"dpi": 110}, {"tight": True, "dpi": 72}], ids=str)
def test_a_result_that_moves_only_the_ticks_of_the_axes_that_follow_it_differs(way):
    result = compare(draw(), draw(scale=1.03, **way))
    assert result.state == "differs"
    assert "labels stand elsewhere along the axes" in result.reason


@pytest.mark.parametrize("way", [{"dpi": 72}, {"dpi": 150}, {"jpeg": 75}], ids=str)
def test_a_letter_more_in_a_label_differs_at_any_resolution(way):
    result = compare(draw(), draw(label="Energy (keV)", **way))
    assert result.state == "differs"
    assert "words differ" in result.reason


@pytest.mark.parametrize("way", [{"dpi": 72}, {"dpi": 90}, {"dpi": 150}], ids=str)
def test_a_digit_whose_strokes_run_elsewhere_differs_at_another_resolution(way):
    result = compare(draw(), draw(tick="7", **way))
    assert result.state == "differs"
    assert "words differ" in result.reason


def written(words):
    """Return words as a picture's ink, and the line that they are."""
    page = Image.new("L", (160, 30))
    ImageDraw.Draw(page).text((8, 8), words, font=ImageFont.load_default(14), fill=255)
    left, top, right, bottom = page.getbbox()
    return np.asarray(page), Line(left, top, right, bottom, len(words), is_upright=False, is_inside=False)


def typeset(*widths):
    """Return a picture of axes and of six words, each as wide as that share of its own width."""
    page = np.full((220, 340, 3), 255, np.uint8)
    page[20:201, (220, 320)] = page[(20, 200), 220:321] = 0
    told = ("Temperature (K)", "Intensity (arb. units)", "0.25", "0.50", "0.75", "1.00")
    for number, (words, width) in enumerate(zip(told, widths, strict=True)):
        ink, line = written(words)
        ink = ink[line.top : line.bottom, line.left : line.right]
        ink = np.asarray(Image.fromarray(ink).resize((round(width * ink.shape[1]), ink.shape[0])))
        top = 20 + 32 * number
        page[top : top + ink.shape[0], 30 : 30 + ink.shape[1]] = 255 - ink[:, :, None]
    return png(page)


def test_a_narrower_font_is_no_difference_but_one_narrower_word_is():
    assert compare(typeset(*[1.0] * 6), typeset(*[0.85] * 6)).state == "within_tolerance"
    assert compare(typeset(*[1.0] * 6), typeset(0.85, *[1.0] * 5)).state == "differs"


def test_a_line_that_was_read_in_part_is_compared_with_all_ink_of_its_place():
    ink, line = written("Energy 12.5")
    shorter, _ = written("Energy")
    part = dataclasses.replace(line, right=line.left + (line.right - line.left) * 2 // 3)
    assert compare_lines((ink, ink), [line], [part]).length_excess() == 0
    assert compare_lines((ink, shorter), [line], [part]).length_excess() > 1


def test_the_reason_names_the_axes_and_what_differs():
    result = compare(draw(panels=2), draw(panels=2, lift=0.1))
    assert "lines or markers differ" in result.reason
    assert "inside axes 2 of 2" in result.reason


def test_a_legend_that_shows_another_colour_differs():
    font = {"font.family": "DejaVu Serif"}
    assert compare(draw(), draw(rc=font)).state == "within_tolerance"
    assert compare(draw(), draw(rc=font, handle="#ff8800")).state == "differs"


def test_letters_that_could_not_be_told_apart_are_said_to_be():
    assert "not told apart" in compare(draw(), draw(rc={"font.family": "DejaVu Sans Mono"})).reason
    assert "not told apart" not in compare(draw(), draw(tight=True)).reason


def test_the_regime_says_that_antialiasing_was_off():
    assert compare(draw(), draw(rc=ALIASED)).metric["regime"] == "without antialiasing"


def test_the_edges_of_axes_are_found_to_a_fraction_of_a_pixel():
    rgb = np.full((200, 300, 3), 255, np.uint8)
    rgb[40:160, 60] = rgb[40:160, 240] = rgb[40, 60:241] = rgb[159, 60:241] = 0
    rgb[40:160, 59] = 128
    (frame,) = find_frames(depth_of(rgb))
    assert frame.left == pytest.approx(60.25, abs=0.1)
    assert (frame.top, frame.right, frame.bottom) == pytest.approx((40.5, 240.5, 159.5), abs=0.1)


def test_white_grid_lines_do_not_cut_axes_into_pieces():
    rgb = np.full((200, 300, 3), 255, np.uint8)
    rgb[40:160, 60:240] = (234, 234, 242)
    rgb[100:102, 60:240] = rgb[40:160, 120:122] = 255
    assert [frame.box for frame in find_frames(depth_of(rgb))] == [pytest.approx((60.5, 40.5, 239.5, 159.5), abs=0.6)]


def test_every_panel_is_a_frame_of_its_own():
    assert len(find_frames(depth_of(decode_picture(draw(panels=2)).rgb))) == 2


WHOLE = Frame(60.0, 40.0, 360.0, 340.0)
BAR = Frame(400.0, 40.0, 420.0, 340.0)


def test_parts_of_a_frame_that_a_pale_row_or_column_cuts_in_one_picture_are_paired_as_that_frame():
    rows = [Frame(60.0, 40.0, 360.0, 140.0), Frame(60.0, 165.0, 360.0, 340.0), BAR]
    columns = [Frame(60.0, 40.0, 160.0, 340.0), Frame(185.0, 40.0, 360.0, 340.0), BAR]
    for parts in (rows, columns):
        assert pair_frames(parts, [WHOLE, BAR]) == [(WHOLE, WHOLE), (BAR, BAR)]
        assert pair_frames([WHOLE, BAR], parts) == [(WHOLE, WHOLE), (BAR, BAR)]


def test_axes_beside_each_other_stay_apart_where_the_other_picture_has_them_apart_or_only_one_of_them():
    panels = [Frame(60.0, 40.0, 360.0, 140.0), Frame(60.0, 165.0, 360.0, 340.0)]
    assert pair_frames(panels, panels) == [(panel, panel) for panel in panels]
    assert len(pair_frames([WHOLE, BAR], [WHOLE, BAR])) == 2
    assert pair_frames(panels, panels[1:]) == [(panels[1], panels[1])]


@pytest.mark.parametrize(("missing", "state"), [(0, "within_tolerance"), (2, "differs")], ids=["at the end", "between"])
def test_only_a_label_at_the_very_end_of_an_axis_may_be_left_out(missing, state):
    def drawn(places):
        figure = Figure(figsize=(5, 3.5))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.plot(X, 0.4 + 0.3 * np.sin(X))
        axes.set(xlim=(0, 10), ylim=(0, 1), xlabel="Energy (eV)")
        axes.set_yticks(places)
        stream = io.BytesIO()
        figure.savefig(stream)
        return stream.getvalue()

    places = [0.0, 0.25, 0.5, 0.75, 1.0]
    fewer = [place for number, place in enumerate(places) if number != missing]
    assert compare(drawn(places), drawn(fewer)).state == state
    assert compare(drawn(fewer), drawn(places)).state == state


def drawn_map(values, *, dpi=100, jpeg=0):
    figure = Figure(figsize=(5, 4))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(values, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xlabel="Energy (eV)", ylabel="Counts", title="Run 417")
    stream = io.BytesIO()
    figure.savefig(stream, dpi=dpi)
    if not jpeg:
        return stream.getvalue()
    lossy = io.BytesIO()
    Image.open(stream).convert("RGB").save(lossy, "JPEG", quality=jpeg)
    return lossy.getvalue()


HILLS = 0.5 + 0.4 * np.outer(np.sin(X / 3), np.cos(X / 4))


def test_areas_that_one_renderer_drew_have_the_same_colours_to_the_level():
    changed = HILLS + 0.016 * (np.indices(HILLS.shape).max(axis=0) > 12)
    result = compare(drawn_map(HILLS), drawn_map(changed))
    assert (result.state, result.metric["regime"]) == ("differs", "same renderer")
    assert "colours of an area differ" in result.reason
    assert compare(drawn_map(HILLS), drawn_map(HILLS, jpeg=75)).state == "within_tolerance"


def test_noise_in_the_cells_of_a_map_differs_at_another_resolution_too():
    noise = np.random.default_rng(3).normal(0, 0.04, HILLS.shape)
    assert compare(drawn_map(HILLS), drawn_map(HILLS + noise, dpi=150)).state == "differs"
    assert compare(drawn_map(HILLS), drawn_map(HILLS, dpi=150)).state == "within_tolerance"


def drawn_caps(order, *, cap=0.51, square=0.55):
    figure = Figure(figsize=(5, 3.5))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([2, 5, 8], [0.3, 0.5, 0.7], "o", markersize=11, color="#1f77b4", zorder=2)
    axes.plot([2, 5, 8], [0.8, square, 0.2], "s", markersize=7, color="#ff7f0e", zorder=order)
    axes.plot([5], [cap], "_", markersize=5, markeredgewidth=1.2, color="#ff7f0e", zorder=order)
    axes.set(xlim=(0, 10), ylim=(0, 1), xlabel="Energy (eV)", ylabel="Counts", title="Run 417")
    stream = io.BytesIO()
    figure.savefig(stream)
    return stream.getvalue()


def test_which_of_two_things_lies_on_top_is_no_difference_where_both_show_in_both_pictures():
    result = compare(drawn_caps(1), drawn_caps(3))
    assert result.state == "within_tolerance", result.reason
    assert compare(drawn_caps(1, square=0.9), drawn_caps(3, square=0.9)).state == "differs"
    assert compare(drawn_caps(3), drawn_caps(3, cap=0.4)).state == "differs"


HOSTILE = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "one column": np.arange(900, dtype=np.uint32).reshape(300, 1, 3).astype(np.uint8),
    "one row": np.arange(900, dtype=np.uint32).reshape(1, 300, 3).astype(np.uint8),
    "one colour": np.full((300, 400, 3), 77, np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8),
    "specks": np.where(np.random.default_rng(2).random((300, 400, 1)) < 0.05, 0, 255)
    .astype(np.uint8)
    .repeat(3, axis=2),
    "stripes": (np.indices((300, 400)).sum(axis=0) % 9 < 4).astype(np.uint8)[:, :, None].repeat(3, axis=2) * 255,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_picture_makes_the_comparison_fail(name):
    odd, figure = png(HOSTILE[name]), draw()
    for one, other in ((odd, figure), (figure, odd)):
        assert compare(one, other).state == "differs"
    mirrored = png(HOSTILE[name][:, ::-1])
    assert compare(odd, mirrored).state in ("identical", "within_tolerance", "differs")
