"""Each way to fail is explained by the catalogue's cause for it."""

from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from catalog.causes import CATALOGUE
from reproduce.diagnose import Facts, StoredCell, explain_failure
from reproduce.runner.job import Failure, Result, Status

COMPLETED = Result(
    status="completed",
    failure=None,
    started_at="2026-01-01T00:00:00+00:00",
    ended_at="2026-01-01T00:00:01+00:00",
    run_s=1.0,
    first_cell_s=0.5,
    cells_total=3,
    cells_done=3,
    sandbox={"kind": "bwrap", "network": False},
    machine={},
    digests={},
)


def explain(result):
    return explain_failure(Facts(result))


def failed(ename: str, evalue: str, trace: str = "", *, status: Status = "cell-raised", network: bool = False, **more):
    failure = Failure("c", 2, ename, evalue, trace, **more)
    return dataclasses.replace(COMPLETED, status=status, failure=failure, sandbox={"network": network})


def test_a_completed_run_needs_no_explanation():
    assert explain(COMPLETED) is None


def test_every_other_status_has_a_cause_of_the_catalogue():
    for status in get_args(Status):
        if status != "completed":
            assert explain(failed("X", "y", status=status)).id in CATALOGUE


def test_a_cell_that_needs_the_network_names_the_address_it_holds():
    source = "url = 'https://data.example.org/scan.zip?download=1'\nrequest.urlretrieve(url)"
    found = explain(
        failed("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>", source=source)
    )
    assert found.id == "network-needed"
    assert "https://data.example.org/scan.zip?download=1" in found.message


def test_cells_are_counted_from_one():
    assert "Cell 3 " in explain(failed("ValueError", "no")).message


@pytest.mark.parametrize(
    ("ename", "evalue", "module"),
    [
        ("ModuleNotFoundError", "No module named 'ipywidgets'", "ipywidgets"),
        ("ModuleNotFoundError", "No module named 'mpl_toolkits.basemap'", "mpl_toolkits.basemap"),
        ("ImportError", "No module named seaborn", "seaborn"),
        ("ImportError", "Missing optional dependency 'Jinja2'. DataFrame.style requires jinja2.", "Jinja2"),
    ],
)
def test_a_missing_module_is_named(ename, evalue, module):
    found = explain(failed(ename, evalue))
    assert found.id == "module-missing"
    assert module in found.message


def test_a_name_that_ipython_wants_of_matplotlib_to_show_a_figure_is_not_laid_to_the_cell():
    trace = "/opt/ipykernel/pylab/backend_inline.py in _is_transparent(color)\n--> 247     rgba = colors.to_rgba(color)"
    result = failed("AttributeError", "module 'matplotlib.colors' has no attribute 'to_rgba'", trace)
    found = explain_failure(Facts(result, packages={"matplotlib": "1.5.3"}))
    assert found.id == "packages-incompatible"
    assert "to_rgba" in found.message


def test_a_name_that_a_module_does_not_have_is_told_with_the_module():
    found = explain(failed("ImportError", "cannot import name 'imread' from 'scipy.misc'"))
    assert found.id == "name-missing"
    assert "imread of scipy.misc" in found.message


@pytest.mark.parametrize(
    ("ename", "evalue", "trace", "address"),
    [
        (
            *("URLError", "<urlopen error [Errno -3] Temporary failure in name resolution>"),
            "----> 1 urlopen('https://rodare.hzdr.de/record/277/files/data.zip')",
            "https://rodare.hzdr.de/record/277/files/data.zip",
        ),
        (
            "ConnectionError",
            "HTTPSConnectionPool(host='zenodo.org', port=443): Max retries exceeded with url: /record/1 (Caused by x)",
            *("", "zenodo.org/record/1"),
        ),
        ("OSError", "[Errno 101] Network is unreachable", "connect(('192.0.2.1', 80))", "192.0.2.1:80"),
        ("gaierror", "[Errno -2] Name or service not known", "", "not told"),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", "", "not told"),
        ("CustomError", "could not fetch: Name or service not known", "", "not told"),
    ],
)
def test_a_cell_that_wants_the_network_is_told_with_the_address(ename, evalue, trace, address):
    found = explain(failed(ename, evalue, trace))
    assert found.id == "network-needed"
    assert address in found.message


def test_json_in_which_pandas_finds_nothing_cannot_be_read():
    assert explain(failed("ValueError", "Expected object or value")).id == "file-unreadable"


def test_a_network_error_with_the_network_on_is_an_ordinary_error():
    assert explain(failed("URLError", "Name or service not known", network=True)).id == "cell-raised"


@pytest.mark.parametrize(
    ("command", "reading", "kind"),
    [
        ("!wget -O a.csv https://data.example.org/1/b.csv", "np.loadtxt('a.csv')", "network-needed"),
        ("!curl -s https://data.example.org/1/b.csv?v=2 > b.csv", "open('b.csv')", "network-needed"),
        ("!wget https://data.example.org/1/b.csv-o.zip", "open('b.csv-o.zip')", "network-needed"),
        ("!wget https://data.example.org/1/b.csv", "np.loadtxt('c.csv')", "cell-raised"),
        ("# wget https://data.example.org/1/b.csv", "np.loadtxt('b.csv')", "cell-raised"),
    ],
)
def test_a_file_that_a_command_of_the_shell_should_have_fetched_needs_the_network(command, reading, kind):
    cells = (StoredCell(0, command, 1), StoredCell(2, reading, 2))
    found = explain_failure(Facts(failed("StopIteration", ""), cells))
    assert found.id == kind
    assert kind == "cell-raised" or "Cell 1 needs the network (https://data.example.org/1/b.csv" in found.message
    assert explain_failure(Facts(failed("StopIteration", "", network=True), cells)).id == "cell-raised"


@pytest.mark.parametrize(
    ("ename", "evalue", "file"),
    [
        ("FileNotFoundError", "[Errno 2] No such file or directory: 'data/run7.h5'", "data/run7.h5"),
        ("IOError", "[Errno 2] No such file or directory: u'old.txt'", "old.txt"),
        ("FileNotFoundError", "[Errno 2] File b'bikes.csv' does not exist: b'bikes.csv'", "bikes.csv"),
        ("FileNotFoundError", "data.npy not found.", "data.npy"),
        (
            "FileNotFoundError",
            "[Errno 2] Unable to synchronously open file (unable to open file: name = 'a.h5', errno = 2, "
            "error message = 'No such file or directory', flags = 0, o_flags = 0)",
            "a.h5",
        ),
        ("Exception", "Couldn't find proposal dir for 'p900123'", "p900123"),
        ("ValueError", "Could not find file 'scan.h5'", "scan.h5"),
        ("OSError", 'cannot locate the data directory of run "r0042"', "r0042"),
    ],
)
def test_a_missing_file_is_named(ename, evalue, file):
    found = explain(failed(ename, evalue))
    assert found.id == "file-missing"
    assert f" {file}," in found.message


@pytest.mark.parametrize(
    "evalue",
    [
        "Could not find proposal directory",
        "cannot find a path from 'a' to 'b'",
        "could not find column 'profile' here",
        "could not find the column in file 'a.csv'",
    ],
)
def test_what_is_not_found_and_is_no_file_is_an_ordinary_error(evalue):
    assert explain(failed("ValueError", evalue)).id == "cell-raised"


@pytest.mark.parametrize(
    ("counts", "kind"), [((5, 3), "cells-out-of-order"), ((2, 3), "cell-raised"), ((5, None), "cell-raised")]
)
def test_a_missing_key_is_laid_to_the_order_only_where_the_counts_show_one(counts, kind):
    cells = (StoredCell(0, "table = table.dropna()", counts[0]), StoredCell(2, "table['Year']", counts[1]))
    found = explain_failure(Facts(failed("KeyError", "'Year'"), cells))
    assert found.id == kind
    assert kind == "cell-raised" or "cell 1 [5] stands before cell 3 [3]" in found.message


def test_a_full_disk_of_the_machine_is_not_the_authors_fault():
    found = explain(failed("OSError", "OSError: [Errno 28] No space left on device", status="internal-error"))
    assert (found.id, found.fault) == ("disk-full", "operator")


def test_a_limit_is_told_with_its_value():
    found = explain(failed("", "used 5 GiB", status="out-of-memory", limit="4 GiB"))
    assert "4 GiB" in found.message


def test_a_long_error_is_cut_and_kept_to_one_line():
    message = explain(failed("ValueError", "a\nb " * 1000)).message
    assert len(message) < 400
    assert "\n" not in message


def test_braces_in_an_error_do_no_harm():
    assert "{0} {cell}" in explain(failed("KeyError", "{0} {cell}")).message
