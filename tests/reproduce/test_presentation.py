"""What pages show of a comparison, without a page."""

from __future__ import annotations

from typing import Any

import pytest

from reproduce.presentation import (
    STATE_TONES,
    STATE_WORDS,
    VERDICT_SENTENCES,
    VERDICT_TONES,
    cell_rows,
    counted_states,
    figure_pairs,
    hero_figure,
    measured_words,
    metric_words,
    noise_words,
    number_words,
    tone_of_run,
    word_of_run,
)
from reproduce.verdicts import VERDICTS
from tests.evidence import compared


def output(state: str, published: str | None = "p.png", fresh: str | None = "f.png") -> dict[str, Any]:
    return {"mime": "image/png", "state": state, "published": published, "fresh": fresh, "difference": None}


def cells(*states: str) -> dict[str, Any]:
    return {"cells": [{"id": f"c{n}", "index": n, "state": s, "outputs": [output(s)]} for n, s in enumerate(states)]}


def test_every_verdict_has_a_tone_and_a_sentence() -> None:
    assert set(VERDICT_TONES) == set(VERDICT_SENTENCES) == set(VERDICTS)


def test_every_state_has_a_tone_and_a_word() -> None:
    assert set(STATE_TONES) == set(STATE_WORDS)


def test_only_pictures_become_pairs() -> None:
    pairs = figure_pairs(compared())
    assert [(pair.cell, pair.state, pair.metric) for pair in pairs] == [
        (3, "within_tolerance", "region difference 0.0123 (allowed: image 0.05)")
    ]


def test_the_worst_picture_comes_first() -> None:
    pairs = figure_pairs(cells("identical", "within_tolerance", "differs"))
    assert [pair.state for pair in pairs] == ["differs", "within_tolerance", "identical"]
    assert [pair.number for pair in pairs] == [1, 2, 3]


def test_only_the_cells_of_the_target_are_shown() -> None:
    assert [pair.cell for pair in figure_pairs(cells("differs", "identical"), ["c1"])] == [2]


def test_a_picture_on_one_side_alone_is_shown_without_a_pair() -> None:
    comparison = {"cells": [{"index": 0, "outputs": [output("missing", fresh=None)]}]}
    (pair,) = figure_pairs(comparison)
    assert not pair.has_both
    assert pair.published == "p.png"


def test_what_is_no_picture_by_name_is_never_shown_as_one() -> None:
    comparison = {"cells": [{"index": 0, "outputs": [output("differs", "p.bin", "f.html")]}]}
    assert figure_pairs(comparison) == ()


@pytest.mark.parametrize("comparison", [None, {}, {"cells": []}])
def test_nothing_compared_shows_nothing(comparison: dict[str, Any] | None) -> None:
    assert figure_pairs(comparison) == cell_rows(comparison) == counted_states(comparison) == ()
    assert hero_figure(comparison) is None


def test_the_re_run_picture_stands_for_a_run() -> None:
    assert hero_figure(compared()) == "cell-2-0-fresh.png"


def test_texts_are_offered_where_they_are_not_the_same() -> None:
    same, other = cell_rows(compared())
    assert not same.outputs[0].has_texts
    assert not other.outputs[0].has_texts  # a picture
    differing = compared()
    differing["cells"][0]["outputs"][0]["state"] = "differs"
    assert cell_rows(differing)[0].outputs[0].has_texts


def test_states_are_counted_the_worst_first() -> None:
    counts = {"counts": {"identical": 3, "differs": 1, "ignored": 0}}
    assert counted_states(counts) == (("differs", 1), ("identical", 3))


@pytest.mark.parametrize(
    ("value", "words"), [(0.01234, "0.0123"), (3, "3"), (1234567.0, "1.23e+06"), (None, "unknown"), (True, "True")]
)
def test_numbers_have_three_digits(value: object, words: str) -> None:
    assert number_words(value) == words


def test_a_metric_without_a_tolerance_says_only_its_value() -> None:
    assert metric_words({"name": "max_relative_deviation", "value": 1e-7}, None) == "max relative deviation 1e-07"


@pytest.mark.parametrize(
    ("state", "verdict", "word", "tone"),
    [
        ("done", "identical", "identical", "ok"),
        ("done", "differs", "differs", "differs"),
        ("done", None, "no verdict", "idle"),
        ("cancelled", None, "cancelled", "idle"),
        ("queued", None, "waiting", "running"),
        ("comparing", None, "comparing", "running"),
    ],
)
def test_a_run_has_a_word_and_a_tone(state: str, verdict: str | None, word: str, tone: str) -> None:
    assert word_of_run(state, verdict) == word
    assert tone_of_run(state, verdict) == tone


def test_the_noise_is_said_with_its_measure_or_the_want_of_one() -> None:
    floor = {"name": "largest_relative_spread", "value": 0.00791}
    assert noise_words({"runs": 2, "floor": floor}) == "noise of 2 runs: largest relative spread 0.00791"
    assert noise_words({"runs": 3, "floor": None}) == "noise of 3 runs: not measured"
    assert noise_words(None) == ""


def test_the_noise_of_a_recorded_figure_names_what_changes_most() -> None:
    noise = {"runs": 2, "floor": None}
    line = {"what": "points", "axes": 1, "artist": "the red line", "deviation": 0.0183}
    said = noise_words({**noise, "figure": {"is_same": False, "changes": [line]}})
    assert said == "noise of 2 runs: not measured; most changes the red line in axes 1, by 1.8 % of the axis"
    same = noise_words({**noise, "figure": {"is_same": True, "changes": []}})
    assert same == "noise of 2 runs: not measured; the figure holds the same each time"
    title = {"what": "title", "axes": 1, "artist": "", "deviation": None}
    for figure in (None, {"is_same": False, "changes": []}, {"is_same": False, "changes": [title]}):
        assert noise_words({**noise, "figure": figure}) == "noise of 2 runs: not measured"


def test_what_was_measured_is_said_before_the_noise() -> None:
    measured = {"metric": {"name": "pixel_difference", "value": 0.5}, "noise": {"runs": 3, "floor": None}}
    assert measured_words(measured) == "pixel difference 0.5; noise of 3 runs: not measured"


def test_a_cell_with_notes_and_without_outputs_is_shown() -> None:
    cell = {"id": "a", "index": 0, "state": "identical", "outputs": []}
    assert cell_rows({"cells": [cell]}) == ()
    (row,) = cell_rows({"cells": [{**cell, "notes": ["It was never executed."]}]})
    assert row.notes == ("It was never executed.",)
