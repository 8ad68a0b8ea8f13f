"""Two recordings of a figure: what moved is told as a number and a sentence, apart from what is drawn otherwise."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest

from reproduce.compare import Tolerance, compare_recordings
from reproduce.compare.recorded_words import color_name, ordinal


def array(values):
    values = np.asarray(values, float)
    flat = [value if math.isfinite(value) else str(value) for value in values.ravel().tolist()]
    return {"shape": list(values.shape), "type": "float64", "values": flat}


def line(y, *, label="", color="#ff0000ff", **others):
    return {
        "kind": "line",
        "label": label,
        "is_visible": True,
        "z": 2.0,
        "space": "data",
        "numbers": {"x": array(np.arange(len(y)) / 10), "y": array(y)},
        "words": {"class": "Line2D", "color": color, "line": "-", "marker": "None", "drawn": "default"},
        "style": {"width": 1.5},
        **others,
    }


def image(values):
    colors = [f"#{40 * step % 256:02x}0000ff" for step in range(9)]
    return {
        "kind": "image",
        "label": "",
        "is_visible": True,
        "z": 0.0,
        "space": "data",
        "numbers": {"array": array(values), "extent": array([0, 1, 0, 1]), "range": array([0, 10])},
        "words": {"class": "AxesImage", "map": "viridis", "norm": "Normalize", "map_colors": colors, "origin": "upper"},
        "style": {"interpolation": "auto"},
    }


def axis(low=0.0, high=1.0, scale="linear", label=""):
    return {"limits": [low, high], "scale": scale, "label": label, "is_visible": True, "is_date": False}


def figure(*artists, **axes):
    made = {
        "projection": "rectilinear",
        "label": "",
        "place": [0.1, 0.1, 0.8, 0.8],
        "is_visible": True,
        "has_frame": True,
        "titles": ["", "T", ""],
        "color": "#ffffffff",
        "view": [],
        "legend": None,
        "axis": {"x": axis(), "y": axis()},
        "artists": list(artists),
        **axes,
    }
    canvas = {"size": [6.4, 4.8], "dpi": 100.0, "color": "#ffffffff", "artists": [], "legends": [], "unread": 0}
    return {"schema": "reprise.figure/1", "figure": {**canvas, "axes": [made]}}


def compare(one, other, **tolerance):
    return compare_recordings(json.dumps(one).encode(), json.dumps(other).encode(), Tolerance(**tolerance))


def sentences(found):
    return [finding.sentence for finding in found.findings]


RISE = [0.0, 0.5, 1.0, 0.2]


def test_equal_recordings_are_identical():
    found = compare(figure(line(RISE)), figure(line(RISE)))
    assert (found.state, found.findings, found.largest_deviation) == ("identical", (), None)


def test_a_moved_point_is_named_with_its_place_and_its_part_of_the_axis():
    found = compare(figure(line(RISE, label="model")), figure(line([0.0, 0.5, 1.02, 0.2], label="model")))
    assert found.state == "differs"
    assert sentences(found) == [
        "Axes 1, the red line “model”: the third of 4 points moved from (0.2, 1.00) to (0.2, 1.02), 2 % of the y axis."
    ]
    assert found.largest_deviation == pytest.approx(0.02)


def test_noise_of_the_last_digits_is_within_tolerance_also_near_zero():
    found = compare(figure(line(RISE)), figure(line([1e-16, 0.5 + 1e-13, 1.0, 0.2])))
    assert found.state == "within_tolerance"
    assert 0 < found.largest_deviation < 1e-12


@pytest.mark.parametrize(("rtol", "state"), [(0.05, "within_tolerance"), (0.01, "differs")])
def test_a_declared_tolerance_counts(rtol, state):
    assert compare(figure(line(RISE)), figure(line([0.0, 0.5, 1.02, 0.2])), rtol=rtol).state == state


def test_a_logarithmic_axis_measures_by_decades():
    scales = {"axis": {"x": axis(), "y": axis(1e-4, 1.0, "log")}}
    found = compare(figure(line([1e-3, 1e-2]), **scales), figure(line([1e-3, 1e-3]), **scales))
    assert found.largest_deviation == pytest.approx(0.25)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_becomes_no_number_differs(value):
    found = compare(figure(line(RISE)), figure(line([0.0, value, 1.0, 0.2])))
    assert found.state == "differs"
    assert "no number any more" in sentences(found)[0]


def test_the_same_gaps_on_both_sides_are_the_same():
    gaps = figure(line([0.0, math.nan, 1.0]))
    assert compare(gaps, copy.deepcopy(gaps)).state == "identical"


def test_another_number_of_points_is_told():
    found = compare(figure(line(RISE)), figure(line([*RISE, 0.1])))
    assert "the red line: 5 points instead of 4" in sentences(found)[0]


def test_a_missing_and_an_added_line_are_named():
    one, other = line(RISE, label="a"), line([0.1, 0.2], label="b", color="#0000ffff")
    assert sentences(compare(figure(one, other), figure(one))) == ["Axes 1, the blue line “b” is missing."]
    assert sentences(compare(figure(one), figure(one, other))) == ["Axes 1, the blue line “b” is new."]


def test_a_line_missing_between_others_alike_is_the_one_that_is_named():
    lines = [line([float(number), 0.0]) for number in range(4)]
    found = compare(figure(*lines), figure(*lines[:1], *lines[2:]))
    assert sentences(found) == ["Axes 1, the red line (number 2) is missing."]


def test_lines_in_another_order_are_the_same_lines():
    one, other = line(RISE, label="a"), line([0.1, 0.2], label="b", color="#0000ffff")
    assert compare(figure(one, other), figure(other, one)).state == "identical"


def test_swapped_series_differ():
    one = figure(line(RISE, label="a"), line([0.1, 0.2, 0.3, 0.4], label="b", color="#0000ffff"))
    other = figure(line([0.1, 0.2, 0.3, 0.4], label="a"), line(RISE, label="b", color="#0000ffff"))
    assert compare(one, other).state == "differs"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"axis": {"x": axis(high=2.0), "y": axis()}}, "the x axis runs from 0 to 2.00 instead of from 0 to 1.00"),
        ({"axis": {"x": axis(), "y": axis(scale="log")}}, "the y axis is log instead of linear"),
        ({"axis": {"x": axis(label="energy"), "y": axis()}}, "the x axis is called “energy” instead of “”"),
        ({"titles": ["", "U", ""]}, "the title is “U” instead of “T”"),
        ({"legend": {"title": "", "labels": ["a"], "is_visible": True}}, "a legend is new"),
        ({"projection": "polar"}, "the axes are polar instead of rectilinear"),
        ({"has_frame": False}, "the axes, or their frame, are shown on one side alone"),
    ],
)
def test_what_the_axes_say_is_content(change, sentence):
    found = compare(figure(line(RISE)), figure(line(RISE), **change))
    assert found.state == "differs"
    assert sentence in sentences(found)[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"color": "#0000ffff"}, "the colour is blue instead of red"),
        ({"line": "--"}, "the line style is “--” instead of “-”"),
        ({"marker": "o"}, "the marker is “o” instead of “None”"),
    ],
)
def test_colours_markers_and_dashes_are_content(words, said):
    drawn = line(RISE)
    found = compare(figure(drawn), figure({**drawn, "words": {**drawn["words"], **words}}))
    assert found.state == "differs"
    assert said in found.reason


def test_widths_sizes_and_resolution_are_the_same_data_drawn_otherwise():
    other = figure(line(RISE, style={"width": 2.0}))
    other["figure"].update({"size": [8.0, 6.0], "dpi": 72.0})
    found = compare(figure(line(RISE)), other)
    assert found.state == "within_tolerance"
    assert {finding.weight for finding in found.findings} == {"rendering"}
    assert found.reason.startswith("The same data, drawn otherwise.")


def test_an_image_tells_where_it_changed_most():
    values = np.arange(12.0).reshape(3, 4)
    changed = values.copy()
    changed[1, 2] += 0.5
    found = compare(figure(image(values)), figure(image(changed)))
    assert found.state == "differs"
    assert sentences(found) == [
        "Axes 1, the image: 1 of 12 values changed, most in row 2, column 3: from 6.00 to 6.50, by 5 %."
    ]


def test_another_colour_map_is_named_and_one_of_the_same_colours_is_none():
    one, other = image([[1.0]]), image([[1.0]])
    other["words"] = {**other["words"], "map": "jet", "map_colors": ["#00007fff"] * 9}
    assert "the colour map is “jet” instead of “viridis”" in sentences(compare(figure(one), figure(other)))[0]
    renamed = image([[1.0]])
    renamed["words"] = {**renamed["words"], "map": "another name"}
    assert compare(figure(one), figure(renamed)).state == "identical"


def sampled(values, digest):
    drawn = line([0.0])
    told = {"shape": [1000], "type": "float64", "step": 250, "sample": values, "sha256": digest * 64}
    summary = {"min": 0.0, "max": 1.0, "mean": 0.5}
    drawn["numbers"] = {"y": {**told, **summary}}
    return drawn


def test_a_change_outside_the_sample_is_seen_by_the_digest():
    found = compare(figure(sampled(RISE, "a")), figure(sampled(RISE, "b")))
    assert found.state == "differs"
    assert "outside the sample" in found.reason


def test_noise_all_over_a_sampled_array_is_within_tolerance():
    found = compare(figure(sampled(RISE, "a")), figure(sampled([value + 1e-14 for value in RISE], "b")))
    assert found.state == "within_tolerance"


def test_a_millionth_of_the_axis_is_within_tolerance_and_told():
    found = compare(figure(line(RISE)), figure(line([0.0, 0.5 + 5e-7, 1.0, 0.2])))
    assert (found.state, len(found.findings)) == ("within_tolerance", 1)
    assert compare(figure(line(RISE)), figure(line([0.0, 0.5 + 2e-6, 1.0, 0.2]))).state == "differs"


def dated(first, epoch):
    days = axis(first, first + 10.0)
    made = line(RISE)
    made["numbers"]["x"] = array([first, first + 1, first + 2, first + 3])
    return figure(made, axis={"x": {**days, "is_date": True, "epoch": epoch}, "y": axis()})


def test_dates_that_are_counted_from_another_day_are_the_same_days():
    old, new = dated(737425.0, "0000-12-31T00:00:00"), dated(18262.0, "1970-01-01T00:00:00")
    assert compare(old, new).state == "identical"
    assert compare(old, dated(18263.0, "1970-01-01T00:00:00")).state == "differs"


def test_a_mesh_may_keep_its_rows_or_not():
    mesh = {**image([[1.0, 2.0], [3.0, 4.0]]), "kind": "collection"}
    flat = {**image([1.0, 2.0, 3.0, 4.0]), "kind": "collection"}
    assert compare(figure(mesh), figure(flat)).state == "identical"
    assert compare(figure(image([[1.0, 2.0, 3.0]])), figure(image([1.0, 2.0, 3.0]))).state == "differs"


def test_ticks_that_one_side_alone_fixes_are_rendering_and_other_labels_are_not():
    fixed = {**axis(), "ticks": [0.0, 1.0], "tick_labels": ["a", "b"]}
    other = {**fixed, "tick_labels": ["a", "c"]}
    free, one, two = (figure(line(RISE), axis={"x": each, "y": axis()}) for each in (axis(), fixed, other))
    assert compare(free, one).state == "within_tolerance"
    assert compare(one, two).state == "differs"


def test_parts_that_could_not_be_recorded_are_never_called_identical():
    made = figure(line(RISE))
    made["figure"]["unread"] = 1
    assert compare(made, copy.deepcopy(made)).state == "within_tolerance"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"schema": "reprise.figure/1"}x', b"[" * 100_000, b" " * (9 << 20), b'{"schema": "other"}'],
)
def test_what_is_no_recording_is_not_compared(data):
    found = compare_recordings(json.dumps(figure()).encode(), data)
    assert found.state == "not_compared"
    assert found.reason


@pytest.mark.parametrize("junk", [None, 1, "x", [], {}, [[]], [None], True, 1e308, [{"a": [1]}], "nan"])
def test_junk_in_any_place_of_a_recording_never_raises(junk):
    def spoiled(value, at):
        at[0] -= 1
        if at[0] == 0:
            return junk
        if isinstance(value, dict):
            return {key: spoiled(below, at) for key, below in value.items()}
        return [spoiled(below, at) for below in value] if isinstance(value, list) else value

    whole = figure(line(RISE), image([[1.0, 2.0]]), legend={"title": "", "labels": ["a"], "is_visible": True})
    for place in range(3, 140):
        broken = {"schema": whole["schema"], "figure": spoiled(whole["figure"], [place - 2])}
        data = json.dumps(broken).encode()
        for pair in ((json.dumps(whole).encode(), data), (data, json.dumps(whole).encode())):
            assert compare_recordings(*pair).state in ("identical", "within_tolerance", "differs")


@pytest.mark.parametrize(
    "numbers",
    [
        {"x": array([1.0]), "y": {**array([1.0, 2.0, 3.0]), "shape": [2**60, 2**60, 2**60]}},
        {"x": array([1.0, 2.0]), "y": {**array([]), "shape": [0, 0]}, "z": array([5.0])},
        {"array": {**array([1.0, 2.0]), "shape": [3, 0, 7]}, "range": array([math.nan, math.inf])},
        {"y": {"shape": [10**30], "step": 1e300, "sample": [1, "nan", None, True], "sha256": 3, "min": "x"}},
    ],
)
def test_numbers_that_contradict_each_other_never_raise(numbers):
    scales = {"axis": {"x": axis(math.pi, math.pi), "y": axis(0.0, 1e308, "log")}}
    changed = copy.deepcopy(numbers)
    for told in changed.values():
        told["values"] = [7.5] * len(told.get("values", ()))
        told["sample"] = ["inf"] * len(told.get("sample", ()))
    one, other = (figure({**line(RISE), "numbers": each}, **scales) for each in (numbers, changed))
    assert compare(one, other).state == "differs"


def test_a_recording_that_is_nested_deep_or_holds_too_much_is_not_compared():
    deep = figure(line(RISE))
    data = json.dumps(deep).replace('"-"', "[" * 960 + "]" * 960).encode()
    assert compare_recordings(data, json.dumps(deep).encode()).state in ("not_compared", "differs")
    assert compare_recordings(data, data.replace(b"0.5", b"0.6")).state in ("not_compared", "differs")
    many = figure(*[{}] * 5001)
    assert compare(many, deep).state == "not_compared"


def test_words_of_people():
    assert [ordinal(number) for number in (1, 3, 12, 13, 21, 111, 102)] == [
        *("first", "third", "twelfth", "13th", "21st", "111th", "102nd")
    ]
    assert [color_name(color) for color in ("#1f77b4ff", "#ff0000", "#00000080", "red", None)] == [
        *("blue", "red", "black", "", "")
    ]
