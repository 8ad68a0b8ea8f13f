"""nbval is the peer for text: wherever no rule of ours fires, both must say the same."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from nbformat import NotebookNode
from nbval.plugin import (
    IPyNbCell,
    coalesce_streams,
    find_comment_markers,
    find_metadata_tags,
    get_sanitize_patterns,
    nocolors,
)

from reproduce.compare import compare_notebooks, read_sanitize_file
from reproduce.compare.markers import read_markers
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


def nbval_passes(published: Sequence, fresh: Sequence, sanitize: str = "") -> bool:
    """Ask nbval's own comparison, without a kernel: the part of its test item that compares two lists of outputs."""
    item = IPyNbCell.__new__(IPyNbCell)
    item.parent = SimpleNamespace(skip_compare=SKIPPED, sanitize_patterns=dict(get_sanitize_patterns(sanitize)))
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
    "streams of both names": ([stdout("a"), stdout("w", name="stderr")], [stdout("w", name="stderr"), stdout("a")]),
    "stream cut in three": ([stdout("a\nb\nc")], [stdout("a"), stdout("\nb"), stdout("\nc")]),
    "stream cut by another": (
        [stdout("a"), stdout("w", name="stderr"), stdout("b")],
        [stdout("ab"), stdout("w", name="stderr")],
    ),
    "several returns": ([stdout("1\r2\r3\nx\ry\n")], [stdout("3\ny\n")]),
    "return at the end": ([stdout("1\r")], [stdout("1\r")]),
    "missing error stream": ([text("x"), stdout("a", name="stderr")], [text("x")]),
    "displays in order": (
        [display(text__plain="a"), display(text__plain="b")],
        [display(text__plain="a"), display(text__plain="b")],
    ),
    "displays swapped": (
        [display(text__plain="a"), display(text__plain="b")],
        [display(text__plain="b"), display(text__plain="a")],
    ),
    "display before a stream": ([display(text__plain="a"), stdout("b")], [stdout("b"), display(text__plain="a")]),
    "missing display": ([display(text__plain="a"), text("b")], [text("b")]),
    "error that does not come": ([error("E", "a")], []),
    "error that was not published": ([text("a")], [text("a"), error("E", "a")]),
    "another traceback": ([error("E", "a")], [NotebookNode({**error("E", "a"), "traceback": ["elsewhere"]})]),
    "equal vector figure": ([display(**{"image__svg+xml": "<svg/>"})], [display(**{"image__svg+xml": "<svg/>"})]),
    "other json": ([display(application__json={"a": 1})], [display(application__json={"a": 2})]),
    "equal json": ([display(application__json={"a": 1})], [display(application__json={"a": 1})]),
    "other metadata": ([NotebookNode({**text("a"), "metadata": {"x": 1}})], [text("a")]),
    "other count": ([NotebookNode({**text("a"), "execution_count": 7})], [text("a")]),
    "javascript": ([display(application__javascript="a()")], [display(application__javascript="b()")]),
    "markdown": ([display(text__markdown="*a*")], [display(text__markdown="*b*")]),
}


@pytest.mark.parametrize("name", CASES)
def test_identical_means_that_nbval_passes_too(name):
    published, fresh = CASES[name]
    one, other = notebook(cell("x", *published, id="a")), notebook(cell("x", *fresh, id="a"))
    outputs = compare_notebooks(one, other).cells[0].outputs
    is_identical = all(output.state == "identical" for output in outputs)
    assert is_identical == nbval_passes(published, fresh)


SANITIZE = """[dates]
regex: \\d{1,2}/\\d{1,2}/\\d{2,4}
replace: DATE

[ids]
regex: id=(\\w+) (\\d+)
replace: id=\\1 N
"""
SANITISED = {
    "date": ([text("on 1/2/2016")], [text("on 3/4/2026")]),
    "group kept": ([text("id=a 1")], [text("id=a 2")]),
    "group changed": ([text("id=a 1")], [text("id=b 1")]),
    "not covered": ([text("on 1/2/2016: 5")], [text("on 1/2/2016: 6")]),
    "stream": ([stdout("on 1/2/2016")], [stdout("on 3/4/2026")]),
    "page": ([display(text__html="<b>1/2/2016</b>")], [display(text__html="<b>3/4/2026</b>")]),
    "formula": ([display(text__latex="$1/2/2016$")], [display(text__latex="$3/4/2026$")]),
    "error": ([error("E", "on 1/2/2016")], [error("E", "on 3/4/2026")]),
}


@pytest.mark.parametrize("name", SANITISED)
def test_a_sanitise_file_means_the_same_to_both(name, tmp_path):
    file = tmp_path / "sanitize.cfg"
    file.write_text(SANITIZE)
    published, fresh = SANITISED[name]
    one, other = notebook(cell("x", *published, id="a")), notebook(cell("x", *fresh, id="a"))
    outputs = compare_notebooks(one, other, sanitize=read_sanitize_file(file)).cells[0].outputs
    assert all(output.state == "identical" for output in outputs) == nbval_passes(published, fresh, SANITIZE)


MARKED = [
    *(f"# {word}" for word in ("NBVAL_IGNORE_OUTPUT", "NBVAL_CHECK_OUTPUT", "NBVAL_RAISES_EXCEPTION", "NBVAL_SKIP")),
    *(
        "#PYTEST_VALIDATE_IGNORE_OUTPUT",
        "## NBVAL_SKIP",
        "   # NBVAL_SKIP  ",
        "x = 1  # NBVAL_SKIP",
        "# NBVAL_SKIP now",
    ),
    *(
        "# nbval_skip",
        "'# NBVAL_SKIP'",
        "#NBVAL_IGNORE_OUTPUT\n#NBVAL_CHECK_OUTPUT",
        "#NBVAL_CHECK_OUTPUT\n#NBVAL_IGNORE_OUTPUT",
    ),
]
TAGGED = [
    *([word] for word in ("nbval-ignore-output", "nbval-check-output", "nbval-raises-exception", "nbval-skip")),
    *(
        ["raises-exception"],
        ["pytest-validate-ignore-output"],
        ["NBVAL_SKIP"],
        ["nbval-skip", "other"],
        [],
        None,
        "nbval-skip",
    ),
]


@pytest.mark.parametrize("tags", TAGGED, ids=str)
@pytest.mark.parametrize("source", ["x", *MARKED])
def test_markers_and_tags_mean_the_same_to_both(source, tags):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = dict(find_metadata_tags({"tags": tags}))
        options.update(dict(find_comment_markers(source)))
    found = read_markers(source, tags)
    assert found.is_ignored == (not options.get("check", True))
    assert found.is_skipped == options.get("skip", False)
    assert found.may_raise == options.get("check_exception", False)


@pytest.mark.parametrize("marker", ["# NBVAL_RAISES_EXCEPTION", "# NBVAL_CHECK_OUTPUT"])
@pytest.mark.parametrize("name", ["equal error", "other message", "error that does not come", "changed text"])
def test_a_cell_that_may_raise_or_is_checked_is_compared_like_any_other(marker, name):
    published, fresh = CASES[name]
    one, other = notebook(cell(marker, *published, id="a")), notebook(cell(marker, *fresh, id="a"))
    outputs = compare_notebooks(one, other).cells[0].outputs
    assert all(output.state == "identical" for output in outputs) == nbval_passes(published, fresh)


@pytest.mark.parametrize("marker", ["# NBVAL_IGNORE_OUTPUT", "# NBVAL_SKIP"])
@pytest.mark.parametrize("name", CASES)
def test_a_cell_that_nbval_does_not_compare_is_ignored_here(marker, name):
    published, fresh = CASES[name]
    one, other = notebook(cell(marker, *published, id="a")), notebook(cell(marker, *fresh, id="a"))
    assert {output.state for output in compare_notebooks(one, other).cells[0].outputs} <= {"ignored"}


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
