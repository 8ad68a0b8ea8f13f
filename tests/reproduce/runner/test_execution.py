"""A notebook runs, and what it does comes out: outputs, parameters, ids, figures, files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from reproduce.runner.confinement.protocol import WORK

pytestmark = pytest.mark.real
KERNELSPEC = {"name": "conda-env-gone-py", "display_name": "Gone"}


def test_a_notebook_runs_to_its_end(run):
    ran = run("x = 20", "print('so', x)\nx + 1")
    assert ran.result.status == "completed"
    assert (ran.result.cells_done, ran.result.cells_total) == (2, 2)
    assert ran.result.failure is None
    assert ran.text(1) == "so 20\n21"


def test_the_result_names_the_sandbox_and_the_digests(run, source):
    ran = run("1")
    assert ran.result.sandbox["kind"] == "bwrap"
    assert ran.result.sandbox["version"]
    assert ran.result.sandbox["network"] is False
    outputs = [[{"data": {"text/plain": "1"}, "output_type": "execute_result"}]]
    told = json.dumps(outputs, sort_keys=True, separators=(",", ":"))
    assert ran.result.digests == {
        "outputs": hashlib.sha256(told.encode()).hexdigest(),
        "notebook": hashlib.sha256((source / "figure.ipynb").read_bytes()).hexdigest(),
        "executed": hashlib.sha256((ran.bundle / "executed.ipynb").read_bytes()).hexdigest(),
    }
    assert ran.result.peak_memory_bytes > 1 << 20


def test_an_unsandboxed_run_says_that_it_was_one(run):
    ran = run("import os\nprint(os.environ['HOME'].startswith('/tmp'), 'work' in os.getcwd())", sandbox="none")
    assert ran.result.status == "completed"
    assert ran.result.sandbox["kind"] == "none"
    assert ran.result.sandbox["network"] is True
    assert ran.text(0) == "True True\n"


def test_events_tell_the_story_in_order(run):
    ran = run("# first\nprint('hello')", new_markdown_cell("text"), "2")
    kinds = [event["type"] for event in ran.events]
    assert kinds == [
        *("started", "kernel-started", "cell-started", "output", "cell-ended"),
        *("cell-started", "output", "cell-ended", "ended"),
    ]
    assert [event["seq"] for event in ran.events] == list(range(1, 10))
    assert ran.events[2] | {"index": 0, "total": 2, "source": "# first"} == ran.events[2]
    assert ran.events[3]["text"] == "hello\n"
    assert ran.events[5]["index"] == 2


def test_published_cells_keep_their_ids_and_places(run):
    ran = run(new_code_cell("a = 1", id="alpha"), new_code_cell("a", id="beta"), parameters={"b": 2})
    blocks = [(cell.id, cell.metadata.reprise.get("index")) for cell in ran.notebook.cells]
    assert blocks == [("reprise-parameters", None), ("alpha", 0), ("beta", 1)]


def test_parameters_go_behind_the_tagged_cell(run):
    tagged = new_code_cell("energy = 1", metadata={"tags": ["parameters"]})
    ran = run(tagged, "print(energy)", parameters={"energy": 12.5})
    assert [cell.metadata.reprise.get("index") for cell in ran.notebook.cells] == [0, None, 1]
    assert ran.text(2) == "12.5\n"


def test_without_a_tag_a_value_is_set_where_the_notebook_assigns_it(run):
    ran = run(new_code_cell("energy = 1  # keV", id="alpha"), "print(energy)", parameters={"energy": 12.5})
    assert ran.notebook.cells[0].source == "energy = 12.5  # keV"
    assert [cell.metadata.reprise.get("index") for cell in ran.notebook.cells] == [0, 1]
    assert ran.text(1) == "12.5\n"


def test_a_notebook_without_ids_gets_them_by_place(run, source):
    notebook = new_notebook(cells=[new_code_cell("1"), new_code_cell("2")])
    notebook["nbformat_minor"] = 4
    for cell in notebook.cells:
        del cell["id"]
    (source / "old.ipynb").write_text(json.dumps(notebook))
    ran = run(notebook="old.ipynb")
    assert [cell.id for cell in ran.notebook.cells] == ["cell-0", "cell-1"]
    assert [event["id"] for event in ran.events if event["type"] == "cell-started"] == ["cell-0", "cell-1"]


def test_ids_that_are_there_twice_are_replaced(run):
    ran = run(new_code_cell("1", id="same"), new_code_cell("2", id="same"))
    assert [cell.id for cell in ran.notebook.cells] == ["cell-0", "cell-1"]


def test_nbformat_3_is_upgraded_and_run(run, source):
    cell = {"cell_type": "code", "input": "print(6 * 7)", "outputs": [], "language": "python", "collapsed": False}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
    (source / "three.ipynb").write_text(json.dumps(old))
    ran = run(notebook="three.ipynb")
    assert ran.result.status == "completed"
    assert ran.text(0) == "42\n"


def test_the_kernelspec_of_the_notebook_does_not_matter(run, source):
    notebook = new_notebook(cells=[new_code_cell("5")], metadata={"kernelspec": KERNELSPEC})
    nbformat.write(notebook, source / "named.ipynb")
    assert run(notebook="named.ipynb").result.status == "completed"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<<<<<<< HEAD", "not JSON"),
        (b"[1, 2]", "not a notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 5}', ""),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', ""),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "x", "metadata": {}}]}',
            "no known",
        ),
        (b'{"nbformat": "4", "metadata": {}, "cells": []}', "not a notebook"),
        (b'{"nbformat": 99, "metadata": {}, "cells": []}', ""),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_notebook_is_told_as_such(run, source, content, reason):
    (source / "bad.ipynb").write_bytes(content)
    ran = run(notebook="bad.ipynb")
    assert ran.result.status == "notebook-invalid"
    assert reason in ran.result.failure.evalue


def test_a_notebook_that_links_out_of_the_repository_is_refused(run, source, tmp_path):
    (tmp_path / "outside.ipynb").write_text(nbformat.writes(new_notebook(cells=[new_code_cell("1")])))
    (source / "link.ipynb").symlink_to(tmp_path / "outside.ipynb")
    ran = run(notebook="link.ipynb")
    assert ran.result.status == "notebook-invalid"
    assert "out of the repository" in ran.result.failure.evalue


def test_a_raising_cell_ends_the_run_with_its_traceback(run):
    ran = run("def f():\n    return 1 / 0", "f()", "print('never')")
    assert ran.result.status == "cell-raised"
    failure = ran.result.failure
    assert (failure.ename, failure.evalue, failure.cell_index) == ("ZeroDivisionError", "division by zero", 1)
    assert "return 1 / 0" in failure.traceback
    assert "\x1b" not in failure.traceback
    assert ran.result.cells_done == 1
    assert ran.text(1).startswith("ZeroDivisionError")
    assert ran.events[-2]["status"] == "failed"


def test_a_cell_that_was_not_run_for_the_paper_may_fail(run):
    ran = run(new_code_cell("1", execution_count=1), new_code_cell("for n in range(3):"), "print('on')")
    assert ran.result.status == "completed"
    assert ran.text(2) == "on\n"
    assert "tags" not in ran.notebook.cells[1].metadata


def test_a_cell_published_with_an_error_is_run_past_it(run):
    error = new_output("error", ename="NameError", evalue="name 'x' is not defined", traceback=[])
    ran = run(new_code_cell("x", outputs=[error]), "print('on')")
    assert ran.result.status == "completed"
    assert ran.text(0).startswith("NameError")
    assert ran.text(1) == "on\n"
    assert "tags" not in ran.notebook.cells[0].metadata


def test_the_working_directory_is_the_notebooks(run, source):
    (source / "analysis").mkdir()
    (source / "analysis" / "data.txt").write_text("17")
    ran = run("import os\nprint(os.getcwd(), open('data.txt').read())", notebook="analysis/figure.ipynb")
    assert ran.text(0) == f"{WORK}/analysis 17\n"


def test_the_snapshot_stays_as_it_was(run, source):
    (source / "data.txt").write_text("original")
    ran = run("open('data.txt', 'w').write('changed')\nopen('new.txt', 'w').write('x')\nprint(open('data.txt').read())")
    assert ran.text(0) == "changed\n"
    assert (source / "data.txt").read_text() == "original"
    assert not (source / "new.txt").exists()


def test_named_output_files_are_kept_and_links_out_are_not(run):
    code = "import os\nopen('table.csv', 'w').write('1,2')\nos.symlink('/etc/passwd', 'secret.csv')"
    ran = run(code, output_files=("table.csv", "secret.csv", "missing.csv"))
    assert [path.name for path in (ran.bundle / "files").iterdir()] == ["table.csv"]
    assert ran.result.digests["files/table.csv"] == hashlib.sha256(b"1,2").hexdigest()


@pytest.mark.parametrize("magic", ["", "%matplotlib inline\n"])
def test_a_figure_comes_out_with_and_without_the_magic(run, magic):
    ran = run(f"{magic}import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert ran.result.status == "completed"
    assert any("image/png" in output.get("data", {}) for output in ran.notebook.cells[0].outputs)


def test_updated_and_cleared_displays_end_in_their_last_state(run):
    update = "from IPython.display import display\nh = display('one', display_id=True)\nh.update('two')"
    ran = run(update, "from IPython.display import clear_output\nprint('old')\nclear_output()\nprint('new')")
    assert ran.text(0) == "'two'"
    assert ran.text(1) == "new\n"


def test_text_printed_in_pieces_is_kept_as_one(run):
    ran = run("import sys, time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.02)")
    assert len(ran.notebook.cells[0].outputs) == 1
    assert ran.text(0) == "0\n1\n2\n"


def test_nothing_of_the_machine_is_left_in_the_executed_notebook(run, source):
    text = (run("1", parameters={"a": 1}).bundle / "executed.ipynb").read_text()
    assert "papermill" not in text
    assert str(source) not in text


def test_characters_that_utf8_cannot_hold_do_no_harm(run):
    ran = run(r"print('a\ud800b')" + "\nraise ValueError('\\ud800')")
    assert ran.result.status == "cell-raised"
    assert ran.notebook.cells[0].outputs


def test_a_notebook_imports_the_package_that_its_repository_is(run, source):
    (source / "src").mkdir()
    (source / "src" / "our_beamline.py").write_text("WAVELENGTH_NM = 0.6\n")
    ran = run(
        "import our_beamline\nprint(our_beamline.WAVELENGTH_NM)", notebook="docs/figure.ipynb", import_roots=("src",)
    )
    assert ran.text(0) == "0.6\n"


def test_the_kernel_sees_only_declared_variables(run, monkeypatch):
    monkeypatch.setenv("REPRISE_SECRET_KEY", "hidden")
    ran = run("import os\nprint(sorted(os.environ))", environment_variables={"MY_MODE": "paper"})
    assert "MY_MODE" in ran.text(0)
    assert "PYTHONHASHSEED" in ran.text(0)
    for name in ("REPRISE_SECRET_KEY", "JPY_PARENT_PID", "PYTEST_CURRENT_TEST", "VIRTUAL_ENV"):
        assert name not in ran.text(0)


def test_an_earlier_attempt_leaves_nothing_in_the_bundle(run):
    (Path(run("open('a.txt','w')", output_files=("a.txt",)).bundle) / "files" / "a.txt").stat()
    again = run("raise SystemError('second')", output_files=("a.txt",))
    assert again.result.failure.evalue == "second"
    assert not (again.bundle / "files").exists()


def test_what_a_widget_captures_is_followed_and_no_comm_message_ends_the_run(run):
    ran = run(
        "from comm import create_comm\n"
        "model = {'_model_module': '@jupyter-widgets/output', '_model_name': 'OutputModel', 'msg_id': ''}\n"
        "widget = create_comm(target_name='jupyter.widget', data={'state': model})\n"
        "asked = get_ipython().kernel.get_parent()['header']['msg_id']\n"
        "widget.send({'method': 'update', 'state': {'msg_id': asked}})\n"
        "print('inside')\n"
        "widget.send({'method': 'update', 'state': {'msg_id': ''}})\n",
        "get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, 'comm_msg', {'comm_id': 1, 'data': 2})\n"
        "print('outside')",
    )
    assert ran.result.status == "completed"
    assert ran.text(1) == "outside\n"
