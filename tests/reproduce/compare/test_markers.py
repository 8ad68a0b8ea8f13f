from __future__ import annotations

import pytest

from reproduce.compare import compare_notebooks
from tests.reproduce.compare.notebooks import cell, compare_outputs, error, notebook, stdout


@pytest.mark.parametrize("marker", ["# NBVAL_IGNORE_OUTPUT", "#PYTEST_VALIDATE_IGNORE_OUTPUT", "  # NBVAL_SKIP"])
def test_a_comment_of_nbval_excludes_the_cell(marker):
    (result,) = compare_outputs([stdout("1")], [stdout("2")], source=f"{marker}\nprint(1)")
    assert result.state == "ignored"
    assert result.reason


@pytest.mark.parametrize("tag", ["nbval-ignore-output", "nbval-skip"])
def test_a_tag_of_nbval_excludes_the_cell(tag):
    one = notebook(cell("x", stdout("1"), id="a", metadata={"tags": [tag]}))
    assert compare_notebooks(one, notebook(cell("x", stdout("2"), id="a"))).counts["ignored"] == 1


def test_a_comment_wins_over_a_tag():
    one = notebook(
        cell("# NBVAL_CHECK_OUTPUT", stdout("1"), id="a", metadata={"tags": ["nbval-ignore-output"]}),
    )
    assert compare_notebooks(one, notebook(cell("x", stdout("2"), id="a"))).counts["differs"] == 1


def test_a_marker_inside_a_line_of_code_is_none():
    (result,) = compare_outputs([stdout("1")], [stdout("2")], source="x = 1  # NBVAL_IGNORE_OUTPUT")
    assert result.state == "differs"


def test_tags_that_are_no_list_are_passed_over():
    one = notebook(cell("x", stdout("1"), id="a"))
    one.cells[0].metadata["tags"] = 5
    assert compare_notebooks(one, one).counts["identical"] == 1


def test_an_error_is_equal_by_type_and_message_whatever_the_traceback():
    (result,) = compare_outputs([error("ValueError", "bad")], [error("ValueError", "bad")])
    assert result.state == "identical"


@pytest.mark.parametrize("other", [error("TypeError", "bad"), error("ValueError", "worse")])
def test_another_error_differs(other):
    (result,) = compare_outputs([error("ValueError", "bad")], [other])
    assert result.state == "differs"


def test_a_cell_never_executed_in_the_publication_is_told_and_not_judged():
    one = notebook(cell("x", execution_count=None, id="a"))
    (result,) = compare_notebooks(one, notebook(cell("x", stdout("2"), id="a"))).cells[0].outputs
    assert result.state == "ignored"
    assert "never executed" in result.reason
