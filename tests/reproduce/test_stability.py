"""Runs on record whose notebooks are run again: which, and what of it is kept and shown. With real kernels."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import nbformat
import pytest
from django.test import Client
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.engines.protocol import BuiltEnvironment, Lock, Package
from builder.models import Build, Environment
from builder.prepare import Prepared
from catalog.models import Evidence, Target
from reproduce import execute as executing
from reproduce.execute import execute
from reproduce.models import Run
from reproduce.record import read_statement
from reproduce.stability import is_stable
from tests.evidence import LOCK, make_environment
from tests.personas import api_client
from tests.reproduce.compare.notebooks import figure, image_output

pytestmark = [pytest.mark.enable_socket, pytest.mark.real, pytest.mark.django_db(transaction=True)]
SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "schemas" / "reproduction.schema.json").read_text())
STABLE = "print(6 * 7)"
# Each run has a time of its own.
UNSTABLE = "import time\nprint('seen', time.time_ns())"
# On a busy machine matplotlib says that it makes its list of fonts.
WALK = """
import logging, random
logging.getLogger('matplotlib').setLevel(logging.ERROR)
import matplotlib.pyplot as plt
plt.plot([0, random.uniform(0.2, 0.9), 1], label='walk')
plt.show()
"""


@pytest.fixture
def run_of(
    target: Target, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str | NotebookNode], Run]:
    """Publish a notebook with one cell and what it printed or showed, and run it in this project's own Python."""
    settings.REPRISE_DATA = tmp_path / "reprise"
    settings.REPRISE_REPETITIONS = 2
    snapshot = target.repository.snapshots.get()
    snapshot.path = str(tmp_path / "snapshot")
    (tmp_path / "snapshot").mkdir()
    Target.objects.filter(pk=target.pk).update(notebook="figure.ipynb", cells=[])
    made: list[Environment] = []

    def prepare(build: Build, **_: object) -> Prepared:
        lock = Lock(LOCK, "0" * 64, "3.11", datetime(2020, 4, 1, tzinfo=UTC), (Package("numpy", "1.18.2"),), ())
        argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
        paths = (Path(sys.prefix), Path(sys.base_prefix))
        built = BuiltEnvironment(
            "local", "e" * 64, paths[0], "3.11.0", "python", argv, paths, lock, ("requirements.txt",), False, 1.0
        )
        if not made:
            made.append(make_environment(build.snapshot, approximations=[]))
        return Prepared(made[0], built, build)

    monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
    monkeypatch.setattr(executing, "prepare", prepare)

    def run(code: str, shown: str | NotebookNode) -> Run:
        output = new_output("stream", text=shown) if isinstance(shown, str) else shown
        cells = [
            new_code_cell(code, id="a", execution_count=2, outputs=[output]),
            new_code_cell("print(7)", id="b", execution_count=1, outputs=[new_output("stream", text="7\n")]),
        ]
        kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
        nbformat.write(
            new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), tmp_path / "snapshot" / "figure.ipynb"
        )
        run = Run.objects.create(target=target, reason=Run.Reason.CLICK)
        execute(run.pk)
        run.refresh_from_db()
        return run

    return run


def ends(run: Run) -> list[str]:
    return [end["status"] for end in run.repetitions.get("runs", ())]


def test_the_first_run_is_repeated_and_the_next_ones_are_not(run_of: Callable[[str, str], Run]) -> None:
    first, second = run_of(STABLE, "42\n"), run_of(STABLE, "42\n")
    assert (first.verdict, second.verdict) == ("identical", "identical")
    assert (ends(first), ends(second)) == (["completed", "completed"], [])
    assert "executed-2.ipynb" in first.artefacts
    assert "executed-2.ipynb" not in second.artefacts
    assert (first.cells_done, first.cells_total) == (2, 2)
    told = list(first.events.values_list("text", flat=True))
    assert told.count("Run 2 of 2, to see what comes out the same each time.") == 1
    assert told.count("Cell 1 (1 of 2): print(6 * 7)") == 2


def test_where_outputs_differ_it_is_repeated_each_time(run_of: Callable[[str, str], Run]) -> None:
    first, second = run_of(STABLE, "43\n"), run_of(STABLE, "43\n")
    assert (first.verdict, second.verdict) == ("differs", "differs")
    assert (ends(first), ends(second)) == (["completed", "completed"], ["completed", "completed"])


def test_another_notebook_in_the_same_environment_is_a_first_one(run_of: Callable[[str, str], Run]) -> None:
    run_of(STABLE, "42\n")
    assert ends(run_of("print(6 * 8)", "48\n")) == ["completed", "completed"]


def test_with_one_run_in_all_nothing_is_repeated(run_of: Callable[[str, str], Run], settings: Settings) -> None:
    settings.REPRISE_REPETITIONS = 1
    assert ends(run_of(STABLE, "43\n")) == []


def test_what_is_unstable_is_on_no_record_and_is_repeated_the_next_time(
    run_of: Callable[[str, str], Run], target: Target, anonymous: Client
) -> None:
    first = run_of(UNSTABLE, "seen 17\n")
    assert (first.verdict, first.cause["id"]) == (None, "unstable-outputs")
    assert not Evidence.objects.exists()
    assert first.comparison["counts"]["unstable"] == 1
    output = first.comparison["cells"][0]["outputs"][0]
    assert output["noise"]["guesses"] == ["the time is asked for (time.time_ns in cell 1)."]
    assert ends(run_of(UNSTABLE, "seen 17\n")) == ["completed", "completed"]

    statement = read_statement(first)
    assert statement is not None
    jsonschema.Draft202012Validator(SCHEMA).validate(statement)
    (notebook,) = statement["notebooks"]
    assert [end["status"] for end in notebook["runs"]] == ["completed", "completed"]
    assert len({end["outputs_sha256"] for end in notebook["runs"]}) == 2
    assert notebook["cells"][0]["outputs"][0]["state"] == "unstable"
    assert "before cell 1 above it" in notebook["cells"][1]["notes"][0]

    page = anonymous.get(first.get_absolute_url()).content.decode()
    assert "came out otherwise each time the notebook was run" in page
    detail = api_client(None).get(f"/api/v1/runs/{first.pk}/").json()
    assert [end["status"] for end in detail["repetitions"]["runs"]] == ["completed", "completed"]


def test_what_changes_in_an_unstable_figure_is_named_by_what_our_runs_recorded_of_it(
    run_of: Callable[[str, NotebookNode], Run], anonymous: Client
) -> None:
    run = run_of(WALK, image_output(figure()))
    assert (run.verdict, run.cause["id"]) == (None, "unstable-outputs")
    output = run.comparison["cells"][0]["outputs"][0]
    moved = "From run to run: Axes 1, the blue line “walk”: the second of 3 points moved from (1"
    assert moved in output["reason"]
    (change,) = [each for each in output["noise"]["figure"]["changes"] if each["what"] == "points"]
    assert (change["axes"], change["artist"], 0 < change["deviation"] <= 1) == (1, "the blue line “walk”", True)
    statement = read_statement(run)
    assert statement is not None
    jsonschema.Draft202012Validator(SCHEMA).validate(statement)
    for place in (run.get_absolute_url(), run.target.get_absolute_url()):
        page = anonymous.get(place).content.decode()
        assert "most changes the blue line “walk” in axes 1, by " in page
        assert moved in page


def test_a_record_is_stable_when_every_run_came_to_its_end_and_nothing_is_unstable() -> None:
    complete = {"runs": [{"status": "completed"}, {"status": "completed"}]}
    assert is_stable(complete, {"counts": {"identical": 3}})
    assert not is_stable({"runs": [{"status": "completed"}, {"status": "not-run"}]}, {"counts": {}})
    assert not is_stable(complete, {"counts": {"unstable": 1}})
    assert not is_stable(complete, {"counts": {}, "files": [{"state": "unstable"}]})
