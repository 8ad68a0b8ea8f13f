"""Small notebooks that are really run in the sandbox: the cause, the line it rests on, and whose fault it is."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
import pytest

from catalog.causes import CATALOGUE
from reproduce.diagnose import Facts, explain_failure
from reproduce.diagnose.facts import stored_cells
from reproduce.runner.bundle import read_kernel_log
from tests.reproduce.runner.conftest import Ran, job, kernel, run, source

__all__ = ["job", "kernel", "run", "source"]
pytestmark = pytest.mark.real

CASES = {
    "module-missing": ("import a_module_of_nobody", "import a_module_of_nobody"),
    "name-missing": ("import numpy as np\nnp.no_such_name", "np.no_such_name"),
    "api-removed": ("import numpy as np\nnp.float_(1)", "np.float_(1)"),
    "api-changed": ("import numpy as np\nnp.array([[1], [1, 2]])", "np.array([[1], [1, 2]])"),
    "python-2-code": ("x = 1\nprint x", "print x"),
    "python-too-new": ("from collections import Mapping", "from collections import Mapping"),
    "file-missing": ("open('data/run7.csv')", "open('data/run7.csv')"),
    "file-unreadable": ("import json\njson.loads('version https://git-lfs')", "json.loads"),
    "not-writable": ("open('/usr/result.txt', 'w')", "open('/usr/result.txt', 'w')"),
    "network-needed": (
        "import urllib.request\nurllib.request.urlopen('https://data.example.org/x')",
        "urllib.request.urlopen('https://data.example.org/x')",
    ),
    "credentials-needed": ("import os\nos.environ['PORTAL_TOKEN']", "os.environ['PORTAL_TOKEN']"),
    "program-missing": ("import subprocess\nsubprocess.run(['gnuplot-of-nobody'])", "gnuplot-of-nobody"),
    "library-missing": ("import ctypes\nctypes.CDLL('libnobody.so.3')", "ctypes.CDLL('libnobody.so.3')"),
    "display-needed": ("import tkinter\ntkinter.Tk()", "tkinter.Tk()"),
    "input-needed": ("n = input('How many? ')", "n = input('How many? ')"),
    "magic-missing": ("%nobodys_magic 3", "%nobodys_magic"),
    "name-undefined": ("print(fitted)", "print(fitted)"),
    "cell-raised": ("assert 1 == 2, 'too few'", "assert 1 == 2"),
    "out-of-memory": ("x = bytearray(1 << 40)", "bytearray"),
}


def diagnosed(ran: Ran, published: nbformat.NotebookNode) -> tuple[str, str, str]:
    facts = Facts(ran.result, stored_cells(published), "3.11", {"numpy": "2.3.0"}, read_kernel_log(ran.bundle))
    found = explain_failure(facts)
    assert found is not None
    return found.id, found.evidence, found.fault


@pytest.mark.parametrize("kind", CASES)
def test_a_failure_is_told_with_the_line_it_rests_on(kind: str, run: Callable[..., Ran], source: object) -> None:
    code, line = CASES[kind]
    ran = run(code, limits={"memory_bytes": 1 << 30})
    found, evidence, fault = diagnosed(ran, ran.notebook)
    assert (found, fault) == (kind, CATALOGUE[kind].fault), ran.result.failure
    assert line in evidence, ran.result.failure


def test_a_cell_that_uses_what_a_later_one_defines_is_told(run: Callable[..., Ran]) -> None:
    cells = [nbformat.v4.new_code_cell("print(total)", execution_count=4), nbformat.v4.new_code_cell("total = 3")]
    cells[1].execution_count = 2
    ran = run(*cells)
    found, evidence, _ = diagnosed(ran, nbformat.v4.new_notebook(cells=cells))
    assert found == "cells-out-of-order"
    assert evidence.startswith("cell 1, line 1 | print(total) | NameError")


def test_a_name_of_a_cell_that_was_never_run_is_told(run: Callable[..., Ran]) -> None:
    make = nbformat.v4.new_code_cell
    cells = [make("a = 1", execution_count=1), make("b = a +"), make("print(b)", execution_count=2)]
    ran = run(*cells)
    found, evidence, _ = diagnosed(ran, nbformat.v4.new_notebook(cells=cells))
    assert (found, evidence) == (
        "never-run-completely",
        "cell 3, line 1 | print(b) | NameError: name 'b' is not defined",
    )


def test_a_dying_kernel_is_told_with_the_last_words_of_its_log(run: Callable[..., Ran]) -> None:
    ran = run("import ctypes, sys\nsys.stderr.flush()\nimport faulthandler\nfaulthandler._sigsegv()")
    found, evidence, _ = diagnosed(ran, ran.notebook)
    assert found == "kernel-died"
    assert evidence == "" or "Fatal" in evidence or "Segmentation" in evidence


def test_a_passed_time_limit_is_told_with_the_cell(run: Callable[..., Ran]) -> None:
    ran = run("import time\ntime.sleep(60)", limits={"cell_timeout_s": 1.0})
    found, evidence, _ = diagnosed(ran, ran.notebook)
    assert found == "cell-timeout"
    assert evidence.startswith("cell 1 | ")
