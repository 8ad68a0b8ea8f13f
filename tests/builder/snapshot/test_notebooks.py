"""What is told of a notebook without running it, whoever wrote the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from builder.errors import SnapshotError
from builder.snapshot import reading
from builder.snapshot.facts import NotebookOutline
from builder.snapshot.notebooks import outline_notebooks, read_notebook
from tests.builder.snapshot.conftest import PRINTED, code, notebook

PICTURE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": ["aaaa", "bbbb"], "text/plain": "<F>"}}
TABLE = {
    "output_type": "execute_result",
    "metadata": {},
    "execution_count": 1,
    "data": {"text/html": "<TABLE></TABLE>", "text/plain": "x"},
}
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


def heading(text: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def outline(tmp_path: Path, text: str | bytes, name: str = "a.ipynb") -> NotebookOutline:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (found,) = outline_notebooks(tmp_path)
    return found


def test_tells_title_kernel_counts_and_figures(tmp_path: Path) -> None:
    found = outline(
        tmp_path,
        notebook(
            heading("# Hysteresis of a disc"),
            code("1", PRINTED),
            heading("## *Figure 3*: phase diagram"),
            code("plot()", PICTURE, PRINTED),
            code("frame", TABLE),
            kernelspec={"name": "python2", "language": "python"},
            language_info={"name": "python", "version": "2.7.11"},
        ),
    )
    assert (found.title, found.kernel_name, found.language_version) == ("Hysteresis of a disc", "python2", "2.7.11")
    assert (found.code_cells, found.stored_outputs, found.problem) == (3, 4, None)
    assert [(hint.cell_id, hint.mime, hint.heading) for hint in found.figures] == [
        ("cell-3", "image/png", "Figure 3: phase diagram"),
        ("cell-4", "text/html", "Figure 3: phase diagram"),
    ]


def test_a_comment_in_a_code_fence_is_no_title(tmp_path: Path) -> None:
    assert outline(tmp_path, notebook(heading("```\n# no\n```\n## yes"), code("1"), **PYTHON)).title == "yes"


def test_checkpoints_and_hidden_directories_are_left_out(tmp_path: Path) -> None:
    for name in (".ipynb_checkpoints/a.ipynb", ".git/b.ipynb", "b/.ipynb_checkpoints/c.ipynb", "b/d.ipynb", "a.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(notebook())
    assert [each.path for each in outline_notebooks(tmp_path)] == ["a.ipynb", "b/d.ipynb"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "notebook-not-json"),
        ("<html>", "notebook-not-json"),
        ("<<<<<<< HEAD\n{}", "notebook-not-json"),
        ("[" * 100_000, "notebook-not-json"),
        ("[]", "notebook-invalid"),
        ("{}", "notebook-invalid"),
        ('{"nbformat": 9, "cells": []}', "notebook-invalid"),
        ('{"nbformat": 4, "cells": [1]}', "notebook-invalid"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}', "notebook-invalid"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": [3]}]}', "notebook-invalid"),
        (notebook(code("1"), **PYTHON), "notebook-without-outputs"),
        (notebook(code("what is this?!? <- 5 %>%", PRINTED)), "notebook-without-kernel"),
        (notebook(code("x <- 1", PRINTED), kernelspec={"name": "ir", "language": "R"}), "kernel-unknown"),
        (notebook(code("1", PRINTED), kernelspec={"name": "xeus-magic"}), "kernel-unknown"),
    ],
)
def test_each_problem_has_its_cause(tmp_path: Path, text: str, problem: str) -> None:
    found = outline(tmp_path, text)
    assert found.problem == problem
    assert "a.ipynb" in found.problem_message


def test_a_notebook_of_no_kernel_is_python_when_its_code_is(tmp_path: Path) -> None:
    found = outline(tmp_path, notebook(code("%matplotlib inline\nimport numpy as np", PRINTED), code("print 'x'")))
    assert (found.language, found.language_version, found.problem) == ("python", "2.7", None)


def test_a_notebook_over_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZE_LIMIT_BYTES", 10)
    assert outline(tmp_path, notebook(code("1"))).problem == "notebook-too-large"


def test_a_byte_order_mark_is_understood(tmp_path: Path) -> None:
    assert outline(tmp_path, b"\xef\xbb\xbf" + notebook(code("1", PRINTED), **PYTHON).encode()).problem is None


def test_format_3_is_upgraded(tmp_path: Path) -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "metadata": {}, "source": ["Figure 1"]},
                    {
                        "cell_type": "code",
                        "collapsed": False,
                        "language": "python",
                        "metadata": {},
                        "input": ["print 1"],
                        "prompt_number": 1,
                        "outputs": [{"output_type": "display_data", "metadata": {}, "png": "aaaa"}],
                    },
                ],
                "metadata": {},
            }
        ],
    }
    found = outline(tmp_path, json.dumps(old))
    assert (found.problem, found.language_version, found.title) == (None, "2.7", "Figure 1")
    assert [hint.cell_id for hint in found.figures] == ["cell-1"]


def test_reading_twice_gives_the_same_ids(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(notebook(code("1"), heading("x"), code("2")))
    ids = [[cell.id for cell in read_notebook(tmp_path / "a.ipynb").cells] for _ in range(2)]
    assert ids == [["cell-0", "cell-1", "cell-2"]] * 2


def test_ids_of_the_notebook_are_kept_and_doubles_replaced(tmp_path: Path) -> None:
    cells = [
        {**code("1"), "id": "one"},
        {**code("2"), "id": "one"},
        {**code("3"), "id": "bad id"},
        {**code("4"), "id": "cell-1"},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    assert [cell.id for cell in read_notebook(tmp_path / "a.ipynb").cells] == ["one", "cell-1-x", "cell-2", "cell-1"]


def test_pictures_in_lines_are_joined(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(notebook(code("1", PICTURE)))
    assert read_notebook(tmp_path / "a.ipynb").cells[0].outputs[0].data["image/png"] == "aaaabbbb"


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError) as caught:
        read_notebook(tmp_path / "a.ipynb", name="figures/a.ipynb")
    assert (caught.value.kind_id, caught.value.data["path"]) == ("notebook-missing", "figures/a.ipynb")
