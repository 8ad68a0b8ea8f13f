from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    "installer-output": (
        "Requirement already satisfied: numpy in /opt/a/lib (1.2)\n1.5",
        "Collecting numpy\nSuccessfully installed numpy-1.3\n1.5",
    ),
    "written-files": ("Overwriting fit.py\n", "Writing fit.py\n"),
    "random-identifiers": (
        "run 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "run 9b2d04e0-4f89-41d3-9a0c-0305e82c33ff",
    ),
    "type-names": ("0    a\nName: x, dtype: object", "0    a\nName: x, dtype: str"),
    "column-spacing": ("alpha    1.5\nbeta     2.5", "alpha  1.5\nbeta   2.5"),
}
ALSO_EQUAL = [
    ("[np.float64(1.5), np.str_('a)b'), np.True_]", "[1.5, 'a)b', True]"),
    ("{'a': np.complex128(1+2j), 'b': np.complex128(2j)}", "{'a': (1+2j), 'b': 2j}"),
    ("np.longdouble('1.5')", "1.5"),
    ("np.datetime64('2020-01-01')", "numpy.datetime64('2020-01-01')"),
    ("array([1, 2], dtype=int64)", "array([1, 2])"),
    ("[('a b', 25, 55.5 ) ('c',  5, 61.25)]", "[('a b', 25, 55.5) ('c', 5, 61.25)]"),
    ("array([ True, False], dtype=bool)", "array([ True, False])"),
    ("array([[ True],\n       [False]], dtype=bool)", "array([[ True], [False]])"),
    ("(array([1, 2]), array([3, 4]))", "(array([1, 2]),\n array([3, 4]))"),
    ("array(['a  b', 'c'], dtype='<U4')", "array(['a  b', 'c'],\n      dtype='<U4')"),
    ("Int64Index([1, 2], dtype='int64')", "Index([1, 2], dtype='int64')"),
    ("Index(['a'], dtype='object')", "Index(['a'], dtype='str')"),
    ("a    float64\nb     object\ndtype: object", "a    float64\nb        str\ndtype: object"),
    ("dtype: datetime64[ns]", "dtype: datetime64[us]"),
    (
        "1\ndtypes: float64(1), object(1)\nmemory usage: 1.2+ KB",
        "1\ndtypes: float64(1), str(1)\nmemory usage: 980.0 bytes",
    ),
    ("set(['b', 'a'])", "{'a', 'b'}"),
    ("frozenset({'b', 'a'}) and {2, 1}", "frozenset({'a', 'b'}) and {1, 2}"),
    ("found {'b': <f at 0x7f01>, 'a': 1} here", "found {'a': 1, 'b': <f at 0x7f02>} here"),
    ("OrderedDict([('b', 1), ('a', 2)])", "OrderedDict({'b': 1, 'a': 2})"),
    ("=== 3 passed, 1 skipped in 0.12s ===", "=== 3 passed, 1 skipped in 1.34s ==="),
    ("Ran 3 tests in 0.001s\n\nOK", "Ran 3 tests in 0.204s\n\nOK"),
    ("--- 3.2 seconds ---", "--- 0.1 seconds ---"),
    ("fitting ... done in 3.2 s\nFinished in 2 min", "fitting ... done in 4 s\nFinished in 3 min"),
    ("Last executed: 2016-03-04, 10:11:12", "Last executed: 2026-03-05, 21:13:14"),
    ("Elapsed time: 0:00:03.123456", "Elapsed time: 0:01:04.1"),
    ("2016-03-04 10:11:12,123 - INFO - start", "2026-03-04 10:11:12,456 - INFO - start"),
    ("<Foo id=140234567890123>", "<Foo id=140234567890999>"),
    ("100%|###| 9/9 [00:01<00:00]", "100%|###| 9/9 [00:02<00:00]"),
    ("\r[     ] | 0% Completed |  0.1s\r[#####] | 100% Completed | 16.5s", "[#####] | 100% Completed | 20.21 s"),
    ("[#####] | 100% Completed |  1min  3.2s", "[#####] | 100% Completed | 101.53 ms"),
    ("<BarContainer object of 3 artists>", "<Container object of 3 artists>"),
    ("<a list of 3 Text xticklabel objects>", "<a list of 3 Text major ticklabel objects>"),
    ("/opt/conda/lib/python3.8/site-packages/a/b.py", "/usr/lib/python3.11/site-packages/a/b.py"),
    ("1.0+0.00000j", "1.0-0.00000j"),
]
DIFFERENT = [
    ("Overwriting fit.py", "Writing fits.py"),
    ("Overwriting fit.py\nchi2 1.5", "Writing fit.py\nchi2 1.5"),
    ("Overwriting fit.py", "Appending to fit.py"),
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
    ("<Container object of 3 artists>", "<BarContainer object of 4 artists>"),
    ("np.float32(1.5)", "np.float64(1.5)"),
    ("np.complex128(1+2j)", "(1+3j)"),
    ("array([1, 2], dtype=int64)", "array([1, 2], dtype=int32)"),
    ("array([ True, False], dtype=bool)", "array([ True, False], dtype=object)"),
    ("array([], dtype=bool)", "array([])"),
    ("[('a )', 1)]", "[('a)', 1)]"),
    ("dtype: object", "dtype: int64"),
    ("a    object\nb    1", "a    str\nb    1"),
    ("{'a', 'b'}", "{'a', 'c'}"),
    ("{<f at 0x7f01>: 1}", "{<g at 0x7f01>: 1}"),
    ("OrderedDict([('b', 1), ('a', 2)])", "OrderedDict([('a', 2), ('b', 1)])"),
    ("=== 3 passed in 0.1s ===", "=== 4 passed in 0.1s ==="),
    ("Ran 3 tests in 0.1s", "Ran 4 tests in 0.1s"),
    ("100%|###| 9/9 [00:01<00:00, 8.9it/s, loss=0.1]", "100%|###| 9/9 [00:01<00:00, 8.9it/s, loss=0.2]"),
    ("[#### ] | 80% Completed | 16.5s", "[###  ] | 60% Completed | 16.5s"),
    ("dissolved in 3.2 s", "dissolved in 3.9 s"),
    ("reaction completed in 3.2 s", "reaction completed in 3.9 s"),
    ("Collecting events\n1", "Collecting photons\n1"),
    ("Successfully installed 3 detectors", "Successfully installed 4 detectors"),
    ("memory usage: 1.2 MB", "memory usage: 1.3 MB"),
    ("{'a': ['x' 'y']}", "{'a': ['xy']}"),
    ("2016-03-04 10:11:12 peak", "2016-03-04 10:11:13 peak"),
    (
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301 3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301 9b2d04e0-4f89-41d3-9a0c-0305e82c33ff",
    ),
    ("Successfully fitted 3 peaks", "Successfully fitted 4 peaks"),
    ("1.2(3)", "1.2(4)"),
    ("1.2±0.1", "1.2±0.2"),
    ("12%", "12"),
    ("1,234", "1,235"),
]
# Where a number stands beside what a rule leaves out.
PLACES = [
    "100%|###| 9/9 [00:01<00:00, 8.9it/s, loss={}]",
    "<object at 0x7f0000001234> = {}",
    "Wall time: 5 ms, result {}",
    "[#####] | 100% Completed | 16.5s {}",
    "Finished in 3 s: chi2 = {}",
    "Last updated: 2016-03-04, n = {}",
    "Last updated: 2016-03-04, 10:11, n = {}",
    "2016-03-04 10:11:12,123 - INFO - q = {}",
    "saved /tmp/out.csv with {}",
    "a.py:12: UserWarning: covariance {}",
    "[np.float64({}), np.float64(1.0)]",
    "{{'a': {{{}, 1.5}}, 'b': <f at 0x7f01>}}",
    "array([{},\n  1.5])",
    "=== 3 passed in 0.12s === {}",
    "Successfully installed numpy-1.0\nslope {}",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301 {}",
    "x    {}\ndtype: object",
    "\x1b[31m{}\x1b[0m",
    "10 %\r{}",
    "Text({}, 1.0, 'a')",
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


@pytest.mark.parametrize(("one", "other"), ALSO_EQUAL)
def test_what_only_versions_or_machines_say_otherwise_is_equal(one, other):
    assert compare_one(text(one), text(other)).state in ("identical", "within_tolerance")
    assert compare_one(text(other), text(one)).state in ("identical", "within_tolerance")


@pytest.mark.parametrize("place", PLACES[:-1])
@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
@settings(deadline=None, max_examples=20)
def test_no_rule_hides_a_changed_number_beside_what_it_leaves_out(place, one, other):
    state = compare_one(text(place.format(one)), text(place.format(other))).state
    assert (state == "differs") == (one != other)


words = st.lists(st.sampled_from("ab1.:/<>[]{}()='\", \n_-+%"), max_size=30).map("".join)


@given(words, words, st.integers(0, 99), st.integers(0, 99))
@settings(deadline=None, max_examples=300)
def test_no_rule_hides_a_changed_number_in_a_text_of_any_form(before, after, one, other):
    texts = (f"{before} value {number} counts {after}" for number in (one, other))
    state = compare_one(*map(text, texts)).state
    assert (state == "differs") == (one != other)


def test_a_reason_names_the_rules_that_were_applied_before_a_number_was_judged():
    result = compare_one(text("<a at 0x7f01> 1.23456"), text("<a at 0x7f02> 1.23457"))
    assert result.state == "within_tolerance"
    assert "memory-addresses" in result.reason


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
    [
        "[" * 200_000,
        "{" * 200_000,
        "(" * 100_000,
        "/tmp" * 100_000,
        "1." * 200_000,
        " " * 400_000,
        "\x1b[" * 100_000,
        "np.float64(" * 50_000,
        "set(" * 50_000,
        "<a id=" * 50_000,
        "a  object\n" * 50_000,
        "Collecting a" * 50_000,
    ],
)
@pytest.mark.timeout(300)
def test_a_hostile_text_takes_no_longer_than_its_length_warrants(hostile):
    assert compare_one(text(hostile + "\na"), text(hostile + "\nb")).state == "differs"


def test_widgets_are_ignored_and_said_so():
    one, other = text("HBox()"), text("HBox()")
    one.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "1"}
    other.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "2"}
    assert compare_one(one, other).state == "identical"
    del one.data["text/plain"], other.data["text/plain"]
    assert compare_one(one, other).state == "ignored"
