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
    # By id both would differ; their sources, each there once, decide.
    assert states == ["identical", "identical"]


def without_ids(*notebooks):
    for each in notebooks:
        for node in each.cells:
            node.pop("id", None)
    return notebooks


def test_cells_without_ids_that_were_moved_are_aligned_by_their_source():
    one = notebook(cell("a", stdout("1")), cell("b", stdout("2")), cell("c", stdout("3")), cell("d", stdout("4")))
    other = notebook(cell("d", stdout("4")), cell("c", stdout("9")), cell("b", stdout("2")), cell("a", stdout("1")))
    result = compare_notebooks(*without_ids(one, other))
    assert [c.state for c in result.cells] == ["identical", "identical", "differs", "identical"]


def test_a_moved_source_that_occurs_twice_decides_nothing():
    one = notebook(cell("x", stdout("1")), cell("a", stdout("2")), cell("x", stdout("3")))
    other = notebook(cell("x", stdout("3")), cell("x", stdout("1")), cell("b", stdout("2")))
    states = [c.state for c in compare_notebooks(*without_ids(one, other)).cells]
    assert states.count("missing") == 1
    assert states.count("unexpected") == 1


def test_spaces_that_end_a_line_do_not_part_two_sources():
    one, other = notebook(cell("a = 1\nb", stdout("1"))), notebook(cell("new"), cell("a = 1  \nb\n", stdout("1")))
    assert compare_notebooks(*without_ids(one, other)).counts["identical"] == 1


def test_a_notebook_that_papermill_parametrised_belongs_to_its_source_cell_by_cell():
    parameters = cell("n = 1", id="p", metadata={"tags": ["parameters"]})
    published = notebook(cell("import os", id="i"), parameters, cell("n", stdout("1"), id="n"))
    injected = cell("# Parameters\nn = 1", metadata={"tags": ["injected-parameters"]})
    executed = notebook(
        *(cell("import os"), cell("n = 1", metadata={"tags": ["parameters"]}), injected, cell("n", stdout("1"))),
        cell("extra", stdout("more")),
    )
    result = compare_notebooks(published, without_ids(executed)[0])
    assert [(c.id, c.state) for c in result.cells] == [
        *(("i", "identical"), ("p", "identical"), ("n", "identical")),
        ("cell-3", "unexpected"),
    ]


def test_a_changed_source_with_the_same_id_is_still_the_same_cell():
    one, other = notebook(cell("a", stdout("1"), id="x")), notebook(cell("b", stdout("2"), id="x"))
    assert [c.state for c in compare_notebooks(one, other).cells] == ["differs"]
