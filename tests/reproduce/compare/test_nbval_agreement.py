"""nbval is the peer for text: wherever no rule of ours fires, both must say the same."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from nbval.plugin import IPyNbCell, coalesce_streams, nocolors

from reproduce.compare import compare_notebooks
from tests.reproduce.compare.notebooks import cell, display, error, figure, image_output, notebook, stdout, text

SKIPPED = (
    "metadata",
    "traceback",
    "prompt_number",
    "output_type",
    "name",
    "execution_count",
    "application/vnd.jupyter.widget-view+json",
    "image/png",
    "image/jpeg",
)


def nbval_passes(published: Sequence, fresh: Sequence) -> bool:
    """Ask nbval's own comparison, without a kernel: the part of its test item that compares two lists of outputs."""
    item = IPyNbCell.__new__(IPyNbCell)
    item.parent = SimpleNamespace(skip_compare=SKIPPED, sanitize_patterns={})
    item.colors = nocolors
    item.comparison_traceback = []
    item.format_output_compare = lambda *parts: None
    one, other = copy.deepcopy(list(published)), copy.deepcopy(list(fresh))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(item.compare_outputs(coalesce_streams(other), coalesce_streams(one)))


CASES = {
    "equal text": ([text("a")], [text("a")]),
    "changed text": ([text("a")], [text("b")]),
    "changed number": ([text("1.23456")], [text("1.23457")]),
    "merged streams": ([stdout("a\nb\n")], [stdout("a\n"), stdout("b\n")]),
    "interleaved streams": ([stdout("a"), text("x"), stdout("b")], [text("x"), stdout("ab")]),
    "carriage return": ([stdout("1\r2\n")], [stdout("2\n")]),
    "missing output": ([text("a"), text("b")], [text("a")]),
    "extra output": ([text("a")], [text("a"), text("b")]),
    "result or display": ([text("a")], [display(text__plain="a")]),
    "changed html": ([display(text__html="<b>1</b>")], [display(text__html="<b>2</b>")]),
    "missing form": ([display(text__html="1", text__plain="1")], [display(text__plain="1")]),
    "changed latex": ([display(text__latex="$x$")], [display(text__latex="$y$")]),
    "equal error": ([error("E", "a")], [error("E", "a")]),
    "other message": ([error("E", "a")], [error("E", "b")]),
    "other type": ([error("E", "a")], [error("F", "a")]),
    "text beside a figure": ([image_output(figure(), plain="a")], [image_output(figure(), plain="b")]),
    "equal error stream": ([stdout("a", name="stderr")], [stdout("a", name="stderr")]),
    "changed error stream": ([text("x"), stdout("a", name="stderr")], [text("x"), stdout("b", name="stderr")]),
    "stream becomes text": ([stdout("a")], [text("a")]),
    "moved mark": ([stdout("#")], [stdout(" #")]),
}


@pytest.mark.parametrize("name", CASES)
def test_identical_means_that_nbval_passes_too(name):
    published, fresh = CASES[name]
    one, other = notebook(cell("x", *published, id="a")), notebook(cell("x", *fresh, id="a"))
    outputs = compare_notebooks(one, other).cells[0].outputs
    is_identical = all(output.state == "identical" for output in outputs)
    assert is_identical == nbval_passes(published, fresh)


def test_only_a_named_rule_makes_identical_what_nbval_fails():
    published, fresh = [text("<a at 0x7f001234>")], [text("<a at 0x7f005678>")]
    one, other = notebook(cell("x", *published, id="a")), notebook(cell("x", *fresh, id="a"))
    (output,) = compare_notebooks(one, other).cells[0].outputs
    assert not nbval_passes(published, fresh)
    assert (output.state, output.rules) == ("identical", ("memory-addresses",))


def test_a_changed_figure_which_nbval_skips_is_found():
    published, fresh = [image_output(figure())], [image_output(figure(has_spike=True))]
    one, other = notebook(cell("x", *published, id="a")), notebook(cell("x", *fresh, id="a"))
    assert nbval_passes(published, fresh)
    assert compare_notebooks(one, other).counts["differs"] == 1
