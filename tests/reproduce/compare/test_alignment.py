from __future__ import annotations

from nbformat.v4 import new_markdown_cell

from reproduce.compare import compare_notebooks
from tests.reproduce.compare.notebooks import cell, notebook, stdout


def test_cells_are_aligned_by_id_when_their_order_changed():
    one = notebook(cell("a", stdout("1"), id="first"), cell("b", stdout("2"), id="second"))
    other = notebook(cell("b", stdout("2"), id="second"), cell("a", stdout("1"), id="first"))
    assert [c.state for c in compare_notebooks(one, other).cells] == ["identical", "identical"]


def test_cells_without_ids_are_aligned_by_the_index_the_runner_noted():
    one, other = notebook(cell("same", stdout("1")), cell("same", stdout("2"))), notebook()
    for node in one.cells:
        del node["id"]
    other.cells = [
        cell("same", stdout("2"), metadata={"reprise": {"index": 1}}),
        cell("same", stdout("1"), metadata={"reprise": {"index": 0}}),
    ]
    result = compare_notebooks(one, other)
    assert [(c.id, c.state) for c in result.cells] == [("cell-0", "identical"), ("cell-1", "identical")]


def test_cells_without_ids_and_notes_are_aligned_by_source_and_not_by_position():
    one = notebook(cell("a", stdout("1")), cell("b", stdout("2")))
    other = notebook(cell("inserted"), cell("a", stdout("1")), cell("b", stdout("2")))
    for node in (*one.cells, *other.cells):
        del node["id"]
    assert compare_notebooks(one, other).counts["identical"] == 2


def test_injected_parameters_are_left_out():
    one = notebook(cell("a", stdout("1"), id="a"))
    injected = cell("x = 2", stdout("surprise"), id="p", metadata={"tags": ["injected-parameters"]})
    result = compare_notebooks(one, notebook(injected, cell("a", stdout("1"), id="a")))
    assert [c.id for c in result.cells] == ["a"]


def test_index_counts_all_cells_of_the_published_notebook():
    one = notebook(new_markdown_cell("text"), cell("a", stdout("1"), id="a"))
    assert compare_notebooks(one, one).cells[0].index == 1


def test_outputs_of_a_cell_that_was_not_executed_are_missing():
    one = notebook(cell("a", stdout("1"), id="a"), cell("b", stdout("2"), id="b"))
    result = compare_notebooks(one, notebook(cell("a", stdout("1"), id="a")))
    assert result.cells[1].outputs[0].state == "missing"


def test_an_added_cell_that_shows_something_is_unexpected():
    one = notebook(cell("a", stdout("1"), id="a"))
    result = compare_notebooks(one, notebook(*one.cells, cell("more", stdout("2"), id="z")))
    assert [(c.id, c.state) for c in result.cells] == [("a", "identical"), ("z", "unexpected")]


def test_cells_restricts_the_comparison():
    one = notebook(cell("a", stdout("1"), id="a"), cell("b", stdout("2"), id="b"))
    assert [c.id for c in compare_notebooks(one, one, cells={"b"}).cells] == ["b"]


def test_an_id_that_occurs_twice_decides_nothing():
    one = notebook(cell("a", stdout("1")), cell("b", stdout("2")))
    other = notebook(cell("b", stdout("2")), cell("a", stdout("1")))
    for node in (*one.cells, *other.cells):
        node["id"] = "a"
    states = [c.state for c in compare_notebooks(one, other).cells]
    assert states.count("identical") == 1
    assert "differs" not in states
