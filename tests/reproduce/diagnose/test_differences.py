"""Outputs that differ: each reason for it is told from what the notebook and the comparison hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from nbformat import NotebookNode

from catalog.causes import Cause, cause
from reproduce.compare import compare_notebooks
from reproduce.compare.model import OutputComparison
from reproduce.diagnose import Facts, explain_difference
from reproduce.diagnose.facts import stored_cells
from reproduce.verdict import judge
from tests.reproduce.compare.notebooks import cell, error, figure, image_output, notebook, stdout, text
from tests.reproduce.diagnose.test_failures import COMPLETED


def diagnosed(*cells: tuple[str, list[NotebookNode], list[NotebookNode], int | None]) -> Cause:
    """The cause for cells of (source, published outputs, fresh outputs, stored execution count)."""
    published = notebook(
        *(
            cell(source, *outputs, id=f"c{n}", execution_count=count)
            for n, (source, outputs, _, count) in enumerate(cells)
        )
    )
    fresh = notebook(*(cell(source, *outputs, id=f"c{n}") for n, (source, _, outputs, _) in enumerate(cells)))
    comparison = compare_notebooks(published, fresh)
    verdict, why = judge(COMPLETED, None, comparison)
    assert verdict == "differs"
    assert why is not None
    return explain_difference(Facts(COMPLETED, stored_cells(published), "3.11.2", {}, comparison=comparison), why)


def prints(source: str, one: str, other: str, count: int | None = 1) -> Any:  # noqa: ANN401 - a tuple as above
    return source, [stdout(one)], [stdout(other)], count


SETUP = ("import numpy as np", [], [], 1)


@pytest.mark.parametrize(
    "source",
    [
        "print(np.random.rand())",
        "print(np.random.default_rng().normal())",
        "import random\nprint(random.random())",
        "from numpy import random\nprint(random.randn(3))",
        "from random import randint\nprint(randint(1, 6))",
        "from scipy import stats\nprint(stats.norm.rvs(size=1))",
        "from numpy.random import randn\nprint(randn())",
        "print np.random.rand()",
    ],
)
def test_random_numbers_without_a_seed_are_told_with_their_line(source: str) -> None:
    found = diagnosed(SETUP, prints(source, "0.123456\n", "0.654321\n", 2))
    assert found.id == "random-unseeded"
    assert found.evidence == f"cell 2 | {source.splitlines()[-1]}"


@pytest.mark.parametrize(
    "source",
    [
        "np.random.seed(3)\nprint(np.random.rand())",
        "print(np.random.default_rng(3).normal())",
        "# np.random.rand() would be no better\nprint(measured)",
        "def rand(): return measured\nprint(measured)",
        "from numpy import random\nrandom.seed(3)\nprint(random.randn(3))",
    ],
)
def test_a_seed_or_a_comment_is_no_unseeded_random_number(source: str) -> None:
    assert diagnosed(SETUP, prints(source, "0.123456\n", "0.654321\n", 2)).id == "numeric-drift-large"


@pytest.mark.parametrize("source", ["print(time.time())", "print(platform.node())"])
def test_random_numbers_do_not_explain_a_cell_that_shows_the_time_or_the_machine(source: str) -> None:
    drawn = prints("print(np.random.rand())", "0.123456\n", "0.654321\n", 2)
    assert diagnosed(SETUP, drawn, prints(source, "now: a\n", "now: b\n", 3)).id == "outputs-differ"
    both = prints(f"np.random.rand(); {source}", "now: a\n", "now: b\n", 3)
    assert diagnosed(SETUP, drawn, both).id == "random-unseeded"


def test_random_numbers_do_not_explain_another_error() -> None:
    drawn = prints("print(np.random.rand())", "0.123456\n", "0.654321\n", 2)
    raised = ("fit()", [error("ValueError", "no")], [error("TypeError", "no")], 3)
    assert diagnosed(SETUP, drawn, raised).id == "outputs-differ"


def test_figures_that_ipython_cannot_show_are_laid_to_packages_that_do_not_work_together() -> None:
    raised = error("AttributeError", "module 'matplotlib.colors' has no attribute 'to_rgba'")
    hidden = ("plt.plot(x)", [image_output(figure())], [raised], 2)
    found = diagnosed(SETUP, hidden)
    assert (found.id, found.fault) == ("packages-incompatible", "author")
    assert "to_rgba" in found.message
    assert diagnosed(SETUP, hidden, prints("fit()", "a\n", "b\n", 3)).id == "outputs-differ"
    assert diagnosed(SETUP, ("plot()", [image_output(figure())], [error("KeyError", "'x'")], 2)).id == "outputs-differ"


def test_random_numbers_below_the_difference_do_not_explain_it() -> None:
    found = diagnosed(prints("print(fit)", "1.0\n", "2.0\n", 1), ("np.random.rand()", [], [], 2))
    assert found.id == "numeric-drift-large"


@pytest.mark.parametrize(("other", "kind"), [("1.2345678", "numeric-drift-small"), ("1.9", "numeric-drift-large")])
def test_numbers_that_drift_are_told_by_how_much(other: str, kind: str) -> None:
    found = diagnosed(prints("print(fit)", "radius 1.2345123 nm\n", f"radius {other} nm\n"))
    assert found.id == kind
    assert "%" in found.message
    assert found.evidence.startswith("cell 1 | ")


def test_a_time_in_the_output_is_told() -> None:
    found = diagnosed(prints("print(datetime.datetime.now().year, 'is now')", "2019 is now\n", "2026 is then\n"))
    assert found.id == "time-shown"


def test_versions_and_places_in_the_output_are_told() -> None:
    found = diagnosed(prints("import sys\nprint(sys.version)", "three six\n", "three eleven\n"))
    assert (found.id, found.evidence) == ("machine-shown", "cell 1 | print(sys.version)")


def test_a_time_in_one_of_two_cells_does_not_explain_the_other() -> None:
    found = diagnosed(prints("print(time.time())", "one\n", "two\n", 1), prints("print(name)", "Ada\n", "Grace\n", 2))
    assert found.id == "outputs-differ"


def test_figures_alone_that_differ_are_told_with_what_agrees() -> None:
    picture = ("plot(x)", [image_output(figure())], [image_output(figure(has_spike=True))], 1)
    found = diagnosed(picture, prints("print(mean)", "3.5\n", "3.5\n", 2))
    assert found.id == "figures-alone-differ"
    assert "1 figures differ, while all 1 other" in found.message


def test_a_figure_with_nothing_beside_it_says_nothing_of_the_renderer() -> None:
    picture = ("plot(x)", [image_output(figure())], [image_output(figure(has_spike=True))], 1)
    assert diagnosed(picture).id == "outputs-differ"


def test_cells_that_were_run_in_another_order_are_told() -> None:
    found = diagnosed(("x = 1", [], [], 7), prints("print('x is', y)", "x is old\n", "x is new\n", 3))
    assert (found.id, found.evidence) == ("cells-out-of-order", "cell 1 [7] stands before cell 2 [3]")


def test_cells_in_order_are_not_blamed() -> None:
    found = diagnosed(("x = 1", [], [], 3), prints("print('x is', y)", "x is old\n", "x is new\n", 7))
    assert found.id == "outputs-differ"
    assert found.evidence.startswith("cell 2 | Line 1 was")


def test_a_result_of_another_run_of_the_cell_is_stale() -> None:
    old = text("'blue'")
    old.execution_count = 4
    found = diagnosed(("colour", [old], [text("'red'")], 9))
    assert (found.id, found.evidence) == ("stale-outputs", "cell 1 | it has [9] and shows the result [4]")


def test_outputs_of_a_cell_that_counts_as_never_run_are_stale() -> None:
    found = diagnosed(SETUP, prints("print(colour)", "blue\n", "red\n", None))
    assert found.id == "stale-outputs"


def test_an_output_that_repetitions_do_not_agree_on_is_random() -> None:
    published = notebook(cell("np.random.seed\nnp.random.rand()", stdout("1\n"), id="a"))
    comparison = compare_notebooks(published, published)
    unstable = OutputComparison("text/plain", "unstable", reason="Two runs of ours disagree.")
    shown = dataclasses.replace(comparison.cells[0], outputs=(unstable,))
    facts = Facts(COMPLETED, stored_cells(published), comparison=dataclasses.replace(comparison, cells=(shown,)))
    assert explain_difference(facts, cause("outputs-differ", count=1, total=1)).id == "random-unseeded"


def test_what_our_own_runs_agree_on_is_not_laid_to_random_numbers() -> None:
    published = notebook(cell("import numpy as np\nprint(np.random.rand())", stdout("0.25\n"), id="a"))
    fresh = notebook(cell("import numpy as np\nprint(np.random.rand())", stdout("0.75\n"), id="a"))
    seen = {}
    for runs in (1, 2):
        comparison = dataclasses.replace(compare_notebooks(published, fresh), runs=runs)
        facts = Facts(COMPLETED, stored_cells(published), comparison=comparison)
        seen[runs] = explain_difference(facts, cause("outputs-differ", count=1, total=1)).id
    assert seen == {1: "random-unseeded", 2: "numeric-drift-large"}


def test_a_cell_that_was_never_run_and_changes_the_result_now_is_told() -> None:
    found = diagnosed(
        ("gain = 'low'", [], [], 1),
        ("gain = 'high'", [], [], None),
        prints("print('gain', gain)", "low\n", "high\n", 2),
    )
    assert found.id == "never-run-completely"
    assert found.evidence == "cell 2, which sets gain, has no number, and cell 3 uses it"
