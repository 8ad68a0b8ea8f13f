"""Pictures that our runs draw otherwise each time, beside what the runs recorded of the figures in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode

from reproduce.compare import OutputComparison, compare_repeatedly
from reproduce.compare.own_figures import RecordOf
from tests.reproduce.compare.notebooks import cell, display, figure, image_output, notebook, stdout
from tests.reproduce.compare.test_recorded import RISE, line
from tests.reproduce.compare.test_recorded import figure as recorded

PLAIN, SPIKE, MAPPED = figure(), figure(has_spike=True), figure(is_mapped=True)
MOVED = [0.0, 0.5, 1.02, 0.2]


def record_of(content: dict[str, Any] | None, place: int = 0) -> RecordOf:
    """Give one record, for the output at this place of the first cell."""
    data = None if content is None else json.dumps(content).encode()
    return lambda index, output: data if (index, output) == (0, place) else None


def settle(
    published: NotebookNode,
    runs: list[NotebookNode],
    records: list[dict[str, Any] | None],
    source: str = "x",
    place: int = 0,
) -> OutputComparison:
    """Compare the last output of one cell with that of some runs, with a record for each."""
    before = [stdout("so\n") for _ in range(place)]
    shown = [notebook(cell(source, *before, output, id="a")) for output in (published, *runs)]
    found = compare_repeatedly(shown[0], shown[1:], records=[record_of(each, place) for each in records])
    return found.cells[0].outputs[-1]


def pictures(*encoded: bytes) -> list[NotebookNode]:
    return [image_output(each) for each in encoded]


def test_pictures_of_one_figure_that_are_drawn_otherwise_are_not_unstable() -> None:
    output = settle(image_output(PLAIN), pictures(SPIKE, PLAIN), [recorded(line(RISE))] * 2)
    assert (output.state, output.published == output.fresh) == ("within_tolerance", True)
    assert output.reason == (
        "Our 2 runs hold the same figure and draw it otherwise each time; one of them shows it as published."
    )
    assert output.noise is not None
    assert output.noise["figure"] == {"is_same": True, "changes": []}
    assert output.noise["floor"]["name"] == "largest_unexplained_region"


def test_a_record_makes_no_picture_pass_that_no_run_shows() -> None:
    same = [recorded(line(RISE))] * 2
    far = settle(image_output(MAPPED), pictures(PLAIN, SPIKE), same)
    assert (far.state, far.difference_png is not None) == ("differs", True)
    colours = ("#d62728", "#1f77b4", "#2ca02c")
    near = settle(*_published_and_runs([figure(colour=colour) for colour in colours]), same)
    assert (near.state, near.noise and near.noise["guesses"]) == ("not_compared", [])


def _published_and_runs(shown: list[bytes]) -> tuple[NotebookNode, list[NotebookNode]]:
    return image_output(shown[0]), pictures(*shown[1:])


@pytest.mark.parametrize("change", ["other words", "unread", "no record"])
def test_what_a_record_does_not_tell_stays_unstable(change: str) -> None:
    runs = [display(image__png=each["data"]["image/png"], text__plain="7") for each in pictures(SPIKE, PLAIN)]
    records: list[dict[str, Any] | None] = [recorded(line(RISE)), recorded(line(RISE))]
    if change == "other words":
        runs[1]["data"]["text/plain"] = "8"
    elif change == "unread":
        records[0]["figure"]["unread"] = records[1]["figure"]["unread"] = 1  # type: ignore[index]  # both are there
    else:
        records[1] = None
    assert settle(runs[1], runs, records).state == "unstable"


def test_the_reason_and_the_noise_name_the_artist_and_its_part_of_the_axis() -> None:
    records = [recorded(line(values, label="model")) for values in (RISE, MOVED)]
    output = settle(image_output(PLAIN), pictures(SPIKE, PLAIN), records)
    assert output.state == "unstable"
    moved = (
        "Axes 1, the red line “model”: the third of 4 points moved from (0.2, 1.00) to (0.2, 1.02), 2 % of the y axis."
    )
    assert f"From run to run: {moved}" in output.reason
    assert output.noise is not None
    (change,) = output.noise["figure"]["changes"]
    assert abs(change.pop("deviation") - 0.02) < 1e-9
    assert change == {"what": "points", "axes": 1, "artist": "the red line “model”", "sentence": moved}


def test_of_several_runs_each_change_is_told_where_it_is_largest() -> None:
    records = [recorded(line([0.0, 0.5, value, 0.2])) for value in (1.0, 1.02, 1.2)]
    output = settle(image_output(PLAIN), pictures(SPIKE, PLAIN, MAPPED), records)
    assert output.noise is not None
    (change,) = output.noise["figure"]["changes"]
    assert "to (0.2, 1.20), 20 % of the y axis" in change["sentence"]


def test_what_a_record_says_without_end_is_cut() -> None:
    records = [recorded(line(RISE), projection=name * 100_000) for name in ("a", "b")]
    output = settle(image_output(PLAIN), pictures(SPIKE, PLAIN), records)
    assert output.noise is not None
    (change,) = output.noise["figure"]["changes"]
    assert (len(change["sentence"]), len(output.reason) < 1000) == (400, True)


def test_pictures_that_agree_while_their_figures_do_not_tell_so() -> None:
    small = figure(scale=0.5)
    output = settle(image_output(PLAIN), pictures(PLAIN, small), [recorded(line(RISE)), recorded(line(MOVED))])
    assert (output.state, output.noise is not None) == ("within_tolerance", True)
    assert "From run to run: Axes 1, the red line: the third of 4 points moved" in output.reason


def test_the_record_is_that_of_the_output_behind_merged_streams() -> None:
    records = [recorded(line(RISE)), recorded(line(MOVED))]
    output = settle(image_output(PLAIN), pictures(SPIKE, PLAIN), records, place=3)
    assert "From run to run: Axes 1" in output.reason


Guesses = Callable[..., list[str]]


@pytest.fixture
def guesses() -> Guesses:
    """Return the guesses at a figure of which two runs recorded this."""
    source = "import random, time, os\nrandom.random()\ntime.time()\nos.listdir('.')"

    def guess(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        output = settle(image_output(MAPPED), pictures(PLAIN, SPIKE), [one, other], source)
        assert output.noise is not None
        return [words.split("(")[0].strip() for words in output.noise["guesses"]]

    return guess


def test_numbers_that_change_are_first_put_down_to_random_numbers(guesses: Guesses) -> None:
    assert guesses(recorded(line(RISE)), recorded(line(MOVED)))[0] == "random numbers are drawn"


def test_words_that_change_are_first_put_down_to_the_time(guesses: Guesses) -> None:
    titles = [recorded(line(RISE), titles=["", title, ""]) for title in ("made at 12:01", "made at 12:02")]
    assert guesses(*titles)[0] == "the time is asked for"


def test_the_same_values_in_another_order_are_first_put_down_to_that_order(guesses: Guesses) -> None:
    found = guesses(recorded(line(RISE)), recorded(line(RISE[::-1])))
    assert found[:2] == ["the same values come in another order", "the order of a set or of a directory is used"]
