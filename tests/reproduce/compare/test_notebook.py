from __future__ import annotations

import copy
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from reproduce.compare import compare_notebooks, comparison_as_dict
from tests.reproduce.compare.notebooks import cell, display, error, figure, image_output, notebook, stdout, text

outputs = st.lists(
    st.one_of(
        st.text(max_size=40).map(stdout),
        st.text(max_size=40).map(text),
        st.text(max_size=40).map(lambda value: display(text__html=value)),
        st.text(max_size=10).map(lambda value: error("E", value)),
        st.floats().map(lambda value: text(repr(value))),
    ),
    max_size=4,
)


@given(st.lists(outputs, max_size=4))
@settings(deadline=None)
def test_a_notebook_compared_with_itself_is_identical(cells):
    one = notebook(*(cell("x", *found, id=f"c{i}") for i, found in enumerate(cells)))
    before = copy.deepcopy(one)
    result = compare_notebooks(one, copy.deepcopy(one))
    assert {output.state for c in result.cells for output in c.outputs} <= {"identical"}
    assert one == before


def test_the_public_form_has_exactly_the_documented_fields():
    one = notebook(cell("x", image_output(figure()), id="a"), cell("y", text("1.23456"), id="b"))
    other = notebook(cell("x", image_output(figure(has_spike=True)), id="a"), cell("y", text("1.23457"), id="b"))
    public = comparison_as_dict(compare_notebooks(one, other))
    assert set(public) == {"cells", "counts"}
    assert [set(c) for c in public["cells"]] == [{"id", "index", "state", "notes", "outputs"}] * 2
    assert set(public["cells"][0]["outputs"][0]) == {"mime", "state", "metric", "tolerance", "reason", "noise"}
    assert [c["state"] for c in public["cells"]] == ["differs", "within_tolerance"]
    assert (public["counts"]["differs"], public["counts"]["within_tolerance"]) == (1, 1)
    json.dumps(public, allow_nan=False)


def test_the_public_form_is_standard_json_even_for_infinite_deviations():
    one, other = notebook(cell("y", text("1e999"), id="b")), notebook(cell("y", text("1.5"), id="b"))
    json.dumps(comparison_as_dict(compare_notebooks(one, other)), allow_nan=False)


def test_the_state_of_a_cell_is_its_worst():
    one = notebook(cell("x", text("a"), text("b"), id="a"))
    other = notebook(cell("x", text("a"), text("c"), id="a"))
    assert compare_notebooks(one, other).cells[0].state == "differs"


def test_a_cell_without_outputs_is_identical_and_counts_nothing():
    one = notebook(cell("x", id="a"))
    result = compare_notebooks(one, one)
    assert result.cells[0].state == "identical"
    assert sum(result.counts.values()) == 0
