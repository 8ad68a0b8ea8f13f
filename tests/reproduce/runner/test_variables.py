"""The variables of a run: what a job may declare is set within bounds, and all of it is recorded."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from builder.engines.run_variables import EARLIEST_EPOCH, ONE_THREAD, source_date_epoch
from reproduce.runner.bundle import BundleUnusableError, check_job
from reproduce.runner.kernel_environment import recorded_variables

SAY = "import json, os\nprint(json.dumps(dict(os.environ)))"


@pytest.mark.real
def test_the_kernel_sees_what_the_result_records_and_nothing_else(run):
    ran = run(SAY, threads=3, matplotlib_backend="svg", source_date_epoch=1_700_000_000)
    recorded = ran.result.variables["values"]
    places = {"{home}": "/home/repro", "{tmp}": "/tmp", "{environment}": sys.prefix}
    expected = {}
    for name, value in recorded.items():
        for place, path in places.items():
            value = value.replace(place, path)
        expected[name] = value
    seen = json.loads(ran.text(0))
    # What bubblewrap's own chdir and the kernel itself set.
    added = {"PWD", "PYDEVD_USE_FRAME_EVAL", "JPY_SESSION_NAME", "TERM", "CLICOLOR", "FORCE_COLOR"}
    added |= {"CLICOLOR_FORCE", "PAGER", "GIT_PAGER"}
    assert {name: value for name, value in seen.items() if name not in added} == expected
    assert {recorded[name] for name in ONE_THREAD} == {"3"}
    assert (recorded["MPLBACKEND"], recorded["SOURCE_DATE_EPOCH"]) == ("svg", "1700000000")
    assert recorded["PYTHONHASHSEED"] == "0"


def test_without_a_declaration_there_is_one_thread_and_the_kernels_own_backend(job):
    values = recorded_variables(job("1"), {})["values"]
    assert {values[name] for name in ONE_THREAD} == {"1"}
    assert "MPLBACKEND" not in values
    assert values["SOURCE_DATE_EPOCH"] == str(EARLIEST_EPOCH)


def test_the_same_variables_have_the_same_digest_and_others_another(job):
    one, other = recorded_variables(job("1"), {}), recorded_variables(job("2", notebook="other/b.ipynb"), {})
    assert one == other
    assert recorded_variables(job("1", threads=2), {})["sha256"] != one["sha256"]


def test_no_place_of_the_machine_is_recorded(job):
    assert sys.prefix not in json.dumps(recorded_variables(job("1"), {}))


@pytest.mark.parametrize(
    "declared",
    [
        {"threads": 0},
        {"threads": 65},
        {"threads": 1.5},
        {"matplotlib_backend": "module://evil"},
        {"matplotlib_backend": "tkagg"},
        {"source_date_epoch": 0},
        {"source_date_epoch": "1700000000"},
    ],
)
def test_what_is_out_of_bounds_is_refused(job, declared):
    with pytest.raises(BundleUnusableError):
        check_job(job("1", **declared))


def test_a_date_that_no_archive_holds_becomes_the_earliest_that_all_do():
    assert source_date_epoch(None) == source_date_epoch(datetime(1970, 1, 2, tzinfo=UTC)) == EARLIEST_EPOCH
    assert source_date_epoch(datetime(2024, 5, 1, tzinfo=UTC)) == 1714521600
