"""Several runs of one notebook: what is stable, what is not, and where the published output lies among them."""

from __future__ import annotations

from nbformat import NotebookNode

from reproduce.compare import NotebookComparison, OutputComparison, Tolerance, compare_notebooks, compare_repeatedly
from tests.reproduce.compare.notebooks import cell, display, figure, image_output, notebook, stdout, text


def repeated(
    published: NotebookNode | None, *runs: NotebookNode | None, source: str = "x", tolerance: Tolerance | None = None
) -> NotebookComparison:
    """Compare a notebook of one cell with one output, or none, with runs that show one output each, or none."""
    shown = [notebook(cell(source, *([output] if output is not None else []), id="a")) for output in (published, *runs)]
    return compare_repeatedly(shown[0], shown[1:], tolerance=tolerance or Tolerance())


def only(comparison: NotebookComparison) -> OutputComparison:
    (output,) = comparison.cells[0].outputs
    return output


def test_runs_that_agree_say_what_one_run_says() -> None:
    published, fresh = notebook(cell("x", stdout("1.25\n"), id="a")), notebook(cell("x", stdout("1.5\n"), id="a"))
    once = compare_notebooks(published, fresh)
    twice = compare_repeatedly(published, [fresh, fresh])
    assert twice.cells == once.cells
    assert (twice.counts, twice.runs, once.runs) == (once.counts, 2, 1)


def test_a_number_as_near_to_our_runs_as_they_are_to_each_other_is_unstable_and_within() -> None:
    found = repeated(stdout("mean 1.012\n"), stdout("mean 1.001\n"), stdout("mean 1.009\n"))
    output = only(found)
    assert (output.state, found.cells[0].state, found.counts["unstable"]) == ("unstable", "unstable", 1)
    assert output.noise is not None
    assert output.noise["published_within"] is True
    assert output.noise["runs"] == 2
    floor = output.noise["floor"]
    assert (floor["name"], floor["unstable"], floor["numbers"]) == ("largest_relative_spread", 1, 1)
    assert abs(floor["value"] - 0.008 / 1.009) < 1e-9


def test_a_number_beyond_what_chance_explains_differs_with_its_noise() -> None:
    output = only(repeated(stdout("mean 3.412\n"), stdout("mean 1.001\n"), stdout("mean 1.004\n")))
    assert output.state == "differs"
    assert output.noise is not None
    assert output.noise["published_within"] is False
    assert "3.412 was published, our runs say 1.001, 1.004" in output.reason


def test_a_number_that_is_neither_near_nor_beyond_chance_is_not_placed() -> None:
    output = only(repeated(stdout("mean 1.100\n"), stdout("mean 1.001\n"), stdout("mean 1.009\n")))
    assert output.state == "unstable"
    assert output.noise is not None
    assert output.noise["published_within"] is None


def test_more_runs_tell_more_about_the_same_number() -> None:
    runs = [stdout(f"mean 1.00{last}\n") for last in (1, 9, 4, 6, 3)]
    output = only(repeated(stdout("mean 1.100\n"), *runs))
    assert output.state == "differs"


def test_numbers_spread_over_their_own_size_place_nothing() -> None:
    output = only(repeated(stdout("mean 0.412\n"), stdout("mean -0.301\n"), stdout("mean 0.809\n")))
    assert output.state == "unstable"
    assert output.noise is not None
    assert output.noise["published_within"] is None


def test_a_number_that_all_runs_share_beside_an_unstable_one_is_still_compared() -> None:
    runs = [stdout("points 1200 mean 1.001\n"), stdout("points 1200 mean 1.009\n")]
    assert only(repeated(stdout("points 9000 mean 1.004\n"), *runs)).state == "differs"
    output = only(repeated(stdout("points 1200 mean 1.004\n"), *runs))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", True)


def test_a_number_that_two_runs_may_share_by_chance_refutes_nothing() -> None:
    runs = [stdout("wins 3 mean 1.001\n"), stdout("wins 3 mean 1.009\n")]
    output = only(repeated(stdout("wins 4 mean 1.004\n"), *runs))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", None)


def test_runs_that_are_near_by_luck_in_a_noisy_output_refute_nothing() -> None:
    runs = [stdout("59.982 0.0051\n"), stdout("59.981 0.0076\n")]
    output = only(repeated(stdout("59.973 0.0062\n"), *runs))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", None)


def test_words_that_change_are_placed_only_where_one_run_shows_them() -> None:
    shown = only(repeated(stdout("first: b\n"), stdout("first: a\n"), stdout("first: b\n")))
    assert (shown.state, shown.noise and shown.noise["published_within"]) == ("unstable", True)
    other = only(repeated(stdout("first: c\n"), stdout("first: a\n"), stdout("first: b\n")))
    assert (other.state, other.noise and other.noise["published_within"]) == ("unstable", None)


def test_what_is_no_result_makes_nothing_unstable() -> None:
    runs = [stdout("Wall time: 3.1 s\n<A at 0x7f01>\n1.5\n"), stdout("Wall time: 2.9 s\n<A at 0x7f99>\n1.5\n")]
    assert only(repeated(stdout("Wall time: 9 s\n<A at 0x7faa>\n1.5\n"), *runs)).state == "identical"


def test_runs_that_agree_within_the_tolerance_are_no_noise_but_not_identical() -> None:
    output = only(repeated(text("1.23456789"), text("1.23456789"), text("1.23456788")))
    assert (output.state, output.noise) == ("within_tolerance", None)


def test_a_picture_that_one_run_shows_is_unstable_and_within() -> None:
    one, other = image_output(figure()), image_output(figure(has_spike=True))
    output = only(repeated(one, other, one))
    assert output.state == "unstable"
    assert output.noise is not None
    assert output.noise["published_within"] is True
    assert output.noise["floor"]["name"] == "largest_unexplained_region"
    assert output.fresh is not None
    assert output.published == output.fresh


def test_a_picture_far_from_runs_that_hardly_differ_differs() -> None:
    runs = [image_output(figure()), image_output(figure(has_spike=True))]
    output = only(repeated(image_output(figure(is_mapped=True)), *runs))
    assert output.state == "differs"
    assert output.noise is not None
    assert output.noise["published_within"] is False
    assert output.difference_png is not None


def test_a_picture_no_nearer_than_our_runs_are_is_not_placed() -> None:
    shown = [image_output(figure(colour=colour)) for colour in ("#d62728", "#1f77b4", "#2ca02c")]
    output = only(repeated(*shown))
    assert output.state == "unstable"
    assert output.noise is not None
    assert output.noise["published_within"] is None


def test_one_form_of_an_output_may_be_stable_where_another_is_not() -> None:
    published = display(text__html="<table><tr><td>1.004</td></tr></table>", text__plain="one row of many")
    runs = [
        display(text__html=f"<table><tr><td>{value}</td></tr></table>", text__plain="one row of many")
        for value in ("1.001", "1.009")
    ]
    assert only(repeated(published, *runs)).mime == "text/html"
    published["data"]["text/plain"] = "two rows of many"
    output = only(repeated(published, *runs))
    assert (output.mime, output.state) == ("text/plain", "differs")


def test_an_output_that_only_some_runs_show_is_not_placed() -> None:
    output = only(repeated(text("7"), text("7"), None, text("7")))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", True)
    output = only(repeated(text("8"), text("7"), None))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", None)


def test_an_output_that_the_publication_lacks_is_unexpected_where_every_run_shows_it() -> None:
    assert only(repeated(None, text("7"), text("8"))).state == "unexpected"
    for runs in ((None, text("7")), (text("7"), None)):
        output = only(repeated(None, *runs))
        assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", None)


def test_an_output_that_no_run_shows_is_missing() -> None:
    assert only(repeated(text("7"), None, None)).state == "missing"


def test_what_an_author_has_marked_stays_ignored() -> None:
    source = "# NBVAL_IGNORE_OUTPUT\nrandom.random()"
    assert only(repeated(text("0.1"), text("0.2"), text("0.3"), source=source)).state == "ignored"


def test_cells_are_found_in_every_run_whatever_was_inserted() -> None:
    published = notebook(cell("a", text("1.004"), id="a"), cell("b", text("7"), id="b"))
    runs = [
        notebook(cell("a", text("1.001"), id="a"), cell("b", text("7"), id="b")),
        notebook(cell("p = 1", stdout("new"), id="p"), cell("a", text("1.009"), id="a"), cell("b", text("7"), id="b")),
    ]
    found = compare_repeatedly(published, runs)
    assert [each.state for each in found.cells[:2]] == ["unstable", "identical"]


def test_only_the_named_cells_are_judged() -> None:
    published = notebook(cell("a", text("1"), id="a"), cell("b", text("7"), id="b"))
    runs = [notebook(cell("a", text(value), id="a"), cell("b", text("7"), id="b")) for value in ("2", "3")]
    found = compare_repeatedly(published, runs, cells=["b"])
    assert [(each.id, each.state) for each in found.cells] == [("b", "identical")]


def test_a_guess_is_named_as_a_guess() -> None:
    source = "import numpy as np\nnp.random.normal()"
    output = only(repeated(text("0.1"), text("0.2"), text("0.3"), source=source))
    assert output.noise is not None
    assert output.noise["guesses"] == [
        "random numbers are drawn (np.random.normal in cell 1) and no seed is set before."
    ]
    assert "A guess at why: random numbers are drawn" in output.reason


def test_times_of_today_do_not_refute_one_of_old() -> None:
    runs = [stdout("seen 1790000001.25\n"), stdout("seen 1790000003.75\n")]
    published = stdout("seen 1500000000.5\n")
    assert only(repeated(published, *runs)).state == "differs"
    output = only(repeated(published, *runs, source="import time\nprint('seen', time.time())"))
    assert (output.state, output.noise and output.noise["published_within"]) == ("unstable", None)
