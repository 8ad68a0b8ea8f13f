"""What a stored notebook tells of how its outputs came about."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_markdown_cell, new_output

from reproduce.compare import compare_notebooks
from reproduce.compare.history import notes_on
from tests.reproduce.compare.notebooks import cell, notebook, stdout


def result(count: int | None) -> object:
    return new_output("execute_result", data={"text/plain": "7"}, execution_count=count)


def test_a_notebook_run_from_top_to_bottom_needs_no_notes() -> None:
    cells = [cell("a", execution_count=1), new_markdown_cell("words"), cell("b", result(2), execution_count=2)]
    assert notes_on(cells) == {}


def test_numbers_that_skip_say_nothing() -> None:
    assert notes_on([cell("a", execution_count=3), cell("b", execution_count=9)]) == {}


def test_a_notebook_without_any_number_was_cleaned_and_tells_nothing() -> None:
    assert notes_on([cell("a", stdout("7"), execution_count=None), cell("b", execution_count=None)]) == {}


def test_a_cell_that_was_never_executed_is_told() -> None:
    found = notes_on([cell("a", execution_count=1), cell("b", execution_count=None), cell("  ", execution_count=None)])
    assert found == {1: ("The cell was never executed in the published notebook.",)}


def test_outputs_without_a_number_are_told() -> None:
    found = notes_on([cell("a", execution_count=1), cell("b", stdout("7"), execution_count=None)])
    assert "without the number of an execution" in found[1][0]


def test_a_result_of_another_execution_than_the_cells_last_is_told() -> None:
    found = notes_on([cell("a", result(4), execution_count=9)])
    assert found == {0: ("The published result is of execution 4, the cell's last one was 9: it may be stale.",)}


def test_a_cell_that_was_executed_before_one_above_it_is_told() -> None:
    found = notes_on([cell("a", execution_count=1), cell("b", execution_count=7), cell("c", execution_count=3)])
    assert list(found) == [2]
    assert "(as number 3) before cell 2 above it (number 7)" in found[2][0]


def test_a_number_that_two_cells_carry_is_told() -> None:
    found = notes_on([cell("a", execution_count=2), cell("b", execution_count=2)])
    assert found == {1: ("The cell carries the same number (2) as cell 1: they were executed in different sessions.",)}


@pytest.mark.parametrize(
    "metadata",
    [
        lambda time: {"execution": {"iopub.execute_input": time}},
        lambda time: {"papermill": {"start_time": time}},
        lambda time: {"ExecuteTime": {"start_time": time}},
    ],
)
def test_a_time_stamp_older_than_one_above_is_told(metadata: object) -> None:
    cells = [
        cell("a", execution_count=1, metadata=metadata("2021-03-04T10:00:00.000000Z")),
        cell("b", execution_count=2, metadata=metadata("2021-03-04T09:00:00")),
    ]
    assert notes_on(cells) == {1: ("By its time stamp the cell was executed before cell 1 above it.",)}


@pytest.mark.parametrize(
    "metadata", [{"execution": "x"}, {"execution": {"iopub.execute_input": 7}}, {"papermill": {"start_time": "later"}}]
)
def test_time_stamps_that_are_none_are_passed_over(metadata: dict[str, object]) -> None:
    one = cell("a", execution_count=1)
    one["metadata"] = metadata
    assert notes_on([one, cell("b", execution_count=2)]) == {}


def test_ten_thousand_cells_out_of_order_take_no_long_time() -> None:
    cells = [cell("a", execution_count=100_000 - number) for number in range(10_000)]
    assert len(notes_on(cells)) == 9_999


def test_the_comparison_carries_the_notes_of_each_cell() -> None:
    one = notebook(cell("a", execution_count=7, id="a"), cell("b", stdout("7"), execution_count=3, id="b"))
    found = compare_notebooks(one, one)
    assert [bool(each.notes) for each in found.cells] == [False, True]
