from __future__ import annotations

import pytest

from reproduce.compare import Tolerance
from tests.reproduce.compare.notebooks import compare_one, compare_outputs, stdout, text

EQUAL = {
    "memory-addresses": ("<object at 0x7f0000001234>", "<object at 0x7f00000abcde>"),
    "object-reprs": ("<matplotlib.axes._subplots.AxesSubplot at 0x7f001234>", "<Axes: xlabel='t'>"),
    "progress-bars": ("100%|###| 9/9 [00:01<00:00, 8.9it/s]", "100%|###| 9/9 [00:03<00:00, 2.9it/s]"),
    "ansi": ("\x1b[31mred\x1b[0m", "red"),
    "timings": (
        "CPU times: user 4 ms, sys: 1 ms, total: 5 ms\nWall time: 5.1 ms",
        "CPU times: user 14 ms, sys: 2 ms, total: 16 ms\nWall time: 6 s",
    ),
    "dates": ("Last updated: 2016-03-04 10:11:12", "Last updated: 2026-03-04 10:11:13"),
    "paths": ("saved /home/anna/paper/fig.png", "saved /tmp/tmpab12cd34/fig.png"),
    "warning-places": ("/opt/a/numpy/core.py:12: FutureWarning: old", "/usr/b/numpy/core.py:99: FutureWarning: old"),
    "numpy-scalars": ("np.float64(1.5)", "1.5"),
    "literal-order": ("{'b': 1, 'a': {2, 1}}", "{'a': {1, 2}, 'b': 1}"),
    "array-wrapping": ("array([ 1.5,\n        2.5])", "array([1.5, 2.5])"),
    "column-spacing": ("alpha    1.5\nbeta     2.5", "alpha  1.5\nbeta   2.5"),
}
DIFFERENT = [
    ("value 0xdeadbeef", "value 0xdeadbeee"),
    ("decay time: 3.2 s", "decay time: 3.9 s"),
    ("measured 2016-03-04 10:11:12", "measured 2017-03-04 10:11:12"),
    ("/data/a.csv", "/data/b.csv"),
    ("saved /tmp/a.png", "saved /tmp/b.png"),
    ("['a  b']", "['a b']"),
    ("[1, 2]", "[2, 1]"),
    ("{'a': 1}", "{'a': 2}"),
    ("   *\n *", " *\n   *"),
    ("5 mm", "5 cm"),
    ("1+2j", "1-2j"),
    ("nan", "1.0"),
    ("inf", "-inf"),
    ("x1", "x2"),
    ("version 1.2.3", "version 1.2.4"),
    ("17 counts", "18 counts"),
    ("p = 0.04", "p = 0.05"),
    ("1 2", "1 2 3"),
    ("a\nb", "a"),
    ("12345.", "12346."),
    ("9007199254740992", "9007199254740993"),
    ("<Figure size 640x480 with 1 Axes>", "<Figure size 640x480 with 2 Axes>"),
    ("Text(0.5, 1.0, 'a')", "Text(0.5, 1.0, 'b')"),
]


@pytest.mark.parametrize("rule", EQUAL)
def test_a_rule_leaves_out_what_is_no_result_and_is_named(rule):
    result = compare_one(text(EQUAL[rule][0]), text(EQUAL[rule][1]))
    assert result.state == "identical"
    assert rule in result.rules
    assert rule in result.reason


@pytest.mark.parametrize("rule", EQUAL)
def test_a_disabled_rule_does_not_fire(rule):
    tolerance = Tolerance(disabled_rules=frozenset({rule}))
    result = compare_one(text(EQUAL[rule][0]), text(EQUAL[rule][1]), tolerance)
    assert rule not in result.rules
    assert result.state != "identical"


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_a_changed_result_differs(one, other):
    assert compare_one(text(one), text(other)).state == "differs"
    assert compare_one(text(other), text(one)).state == "differs"


def test_equal_texts_name_no_rule():
    result = compare_one(text("<a at 0x7f001234>"), text("<a at 0x7f001234>"))
    assert (result.state, result.rules) == ("identical", ())


def test_split_streams_are_merged():
    (result,) = compare_outputs([stdout("one\ntwo\n")], [stdout("one\n"), stdout("two\n")])
    assert result.state == "identical"


def test_a_carriage_return_overwrites_the_line():
    assert compare_one(stdout("10 %\r20 %\rdone\n"), stdout("50 %\rdone\n")).state == "identical"


def test_a_differing_error_stream_is_ignored_and_said_so():
    (result,) = compare_outputs([], [stdout("DeprecationWarning", name="stderr")])
    assert (result.state, result.rules) == ("ignored", ("error-stream",))


def test_a_target_can_have_its_error_stream_judged():
    tolerance = Tolerance(disabled_rules=frozenset({"error-stream"}))
    result = compare_one(stdout("a", name="stderr"), stdout("b", name="stderr"), tolerance)
    assert result.state == "differs"


def test_an_output_in_the_middle_that_is_missing_does_not_shift_the_others():
    states = [r.state for r in compare_outputs([text("a"), text("b"), text("c")], [text("a"), text("c")])]
    assert states == ["identical", "missing", "identical"]


def test_an_extra_output_is_unexpected():
    states = [r.state for r in compare_outputs([text("a")], [text("a"), text("b")])]
    assert states == ["identical", "unexpected"]


def test_a_form_that_only_the_publication_has_is_missing():
    one, other = text("a"), text("a")
    one.data["text/html"] = "<b>a</b>"
    assert compare_one(one, other).state == "missing"


def test_the_reason_shows_the_first_line_that_differs():
    reason = compare_one(text("same\nold words"), text("same\nnew words")).reason
    assert "Line 2" in reason
    assert "old words" in reason


@pytest.mark.parametrize(
    "hostile",
    ["[" * 200_000, "{" * 200_000, "(" * 100_000, "/tmp" * 100_000, "1." * 200_000, " " * 400_000, "\x1b[" * 100_000],
)
@pytest.mark.timeout(20)
def test_a_hostile_text_takes_no_longer_than_its_length_warrants(hostile):
    assert compare_one(text(hostile + "\na"), text(hostile + "\nb")).state == "differs"


def test_widgets_are_ignored_and_said_so():
    one, other = text("HBox()"), text("HBox()")
    one.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}
    other.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "2"}
    assert compare_one(one, other).state == "identical"
    del one.data["text/plain"], other.data["text/plain"]
    assert compare_one(one, other).state == "ignored"
