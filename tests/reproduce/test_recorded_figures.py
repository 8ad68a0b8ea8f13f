"""Two runs' recorded figures beside each other: from bundles, and from runs on record."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pytest_django import Settings

from builder.engines.protocol import BuiltEnvironment, Lock
from builder.models import Build, Environment
from builder.prepare import Prepared
from catalog.models import Target
from reproduce import execute as executing
from reproduce.compare import Tolerance
from reproduce.execute import execute
from reproduce.models import Run
from reproduce.recorded_figures import compare_recorded_figures, figures_of_bundle
from reproduce.runner.bundle import BundleUnusableError, write_result
from reproduce.runner.job import Result
from tests.evidence import LOCK, make_environment, make_run
from tests.reproduce.compare.test_recorded import RISE, figure, line

MOVED = [0.0, 0.5, 1.02, 0.2]


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., Path]:
    """Write a bundle whose result lists these figures: (cell, way, file, y values of a line)."""

    def write(name: str, *figures: tuple[int | None, str, str | None, list[float]]) -> Path:
        place = tmp_path / name
        (place / "figures").mkdir(parents=True)
        rows = []
        for number, (cell, way, file, values) in enumerate(figures, start=1):
            row = {"name": f"{number:04}.json", "cell_index": cell, "way": way, "file": file}
            rows.append(row)
            (place / "figures" / row["name"]).write_text(json.dumps(figure(line(values))))
        fields: dict[str, Any] = {field.name: None for field in dataclasses.fields(Result)}
        told = {"status": "completed", "digests": {}, "data": [], "written": {}, "figures": rows, "sandbox": {}}
        write_result(place, Result(**{**fields, **told, "machine": {}, "variables": {}, "is_warm": False}))
        return place

    return write


def compared(one: Path, other: Path) -> list[tuple[str, str | None]]:
    found = compare_recorded_figures(figures_of_bundle(one), figures_of_bundle(other), Tolerance())
    return [(each.name, each.comparison.state if each.comparison else None) for each in found]


def test_figures_are_paired_by_cell_way_file_and_order(bundle: Callable[..., Path]) -> None:
    one = bundle("a", (2, "saved", "a.png", RISE), (2, "shown", None, RISE), (2, "shown", None, MOVED))
    other = bundle("b", (2, "shown", None, RISE), (2, "saved", "a.png", MOVED), (2, "shown", None, MOVED))
    assert compared(one, other) == [
        ("Cell 3, a.png", "differs"),
        ("Cell 3, figure 1 shown", "identical"),
        ("Cell 3, figure 2 shown", "identical"),
    ]


def test_a_figure_of_one_run_alone_is_told(bundle: Callable[..., Path]) -> None:
    one, other = bundle("a", (0, "shown", None, RISE)), bundle("b", (None, "shown", None, RISE))
    assert compared(one, other) == [("Cell 1, figure 1 shown", None), ("No cell, figure 1 shown", None)]


def test_a_directory_in_which_no_run_has_ended_has_no_figures(tmp_path: Path) -> None:
    with pytest.raises(BundleUnusableError):
        figures_of_bundle(tmp_path)


def test_the_command_says_what_moved_and_its_status_is_1(bundle: Callable[..., Path]) -> None:
    out = StringIO()
    one, other = bundle("a", (0, "shown", None, RISE)), bundle("b", (0, "shown", None, MOVED))
    with pytest.raises(SystemExit) as ended:
        call_command("compare_runs", str(one), str(other), stdout=out)
    assert ended.value.code == 1
    moved = "the third of 4 points moved from (0.2, 1.00) to (0.2, 1.02), 2 % of the y axis"
    assert out.getvalue() == f"Cell 1, figure 1 shown: differs.\n  Axes 1, the red line: {moved}.\n"


def test_the_command_ends_well_where_no_figure_differs(bundle: Callable[..., Path]) -> None:
    out = StringIO()
    one, other = bundle("a", (0, "shown", None, RISE)), bundle("b", (0, "shown", None, MOVED))
    call_command("compare_runs", str(one), str(other), "--rtol", "0.05", stdout=out)
    assert out.getvalue().startswith("Cell 1, figure 1 shown: within tolerance.\n")


@pytest.mark.django_db
def test_the_command_ends_with_2_where_there_is_nothing_to_compare(
    bundle: Callable[..., Path], target: Target, settings: Settings, tmp_path: Path
) -> None:
    settings.REPRISE_DATA = tmp_path / "reprise"
    made = bundle("a", (0, "shown", None, RISE))
    run = make_run(target)
    for place in (str(bundle("b")), str(tmp_path), "no-such-run", str(run.pk)):
        with pytest.raises(CommandError) as ended:
            call_command("compare_runs", str(made), place)
        assert ended.value.returncode == 2


@pytest.fixture
def reproduced(
    target: Target, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Run]:
    """Execute a run of a notebook with a figure, with this project's own Python as the environment."""
    settings.REPRISE_DATA = tmp_path / "reprise"
    notebook = tmp_path / "snapshot" / target.notebook
    notebook.parent.mkdir(parents=True)
    cell = new_code_cell(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('so')",
        execution_count=1,
        outputs=[new_output("stream", text="so\n")],
    )
    nbformat.write(new_notebook(cells=[cell]), notebook)

    def prepare(build: Build, **_: object) -> Prepared:
        argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
        lock = Lock(LOCK, "0" * 64, "3.11", datetime(2020, 4, 1, tzinfo=UTC), (), ())
        readable = (Path(sys.prefix), Path(sys.base_prefix))
        built = BuiltEnvironment(
            *("local", "e" * 64, Path(sys.prefix), "3.11.0", "python", argv, readable, lock, (), False, 1.0)
        )
        known = Environment.objects.filter(snapshot=build.snapshot).first()
        return Prepared(known or make_environment(build.snapshot, approximations=[]), built, build)

    def run() -> Run:
        snapshot = target.repository.snapshots.get()
        snapshot.path = str(tmp_path / "snapshot")
        monkeypatch.setattr(executing, "ready_snapshot", lambda _, **_words: snapshot)
        monkeypatch.setattr(executing, "prepare", prepare)
        made = Run.objects.create(target=target, reason=Run.Reason.CLICK)
        execute(made.pk)
        made.refresh_from_db()
        return made

    return run


@pytest.mark.real
@pytest.mark.enable_socket
@pytest.mark.django_db(transaction=True)
def test_runs_on_record_keep_their_figures_and_are_compared_by_id(
    reproduced: Callable[[], Run], anonymous: Client
) -> None:
    one, other = reproduced(), reproduced()
    assert {"figures.json", "figures/0001.json"} <= set(one.artefacts)
    out = StringIO()
    call_command("compare_runs", str(one.pk), str(other.pk), stdout=out)
    assert out.getvalue() == "Cell 1, figure 1 shown: identical.\n"
    for page in (f"/runs/{other.pk}", other.target.get_absolute_url()):
        assert f"/runs/{other.pk}/artefacts/figures/0001.json?download" in anonymous.get(page).content.decode()
    record = anonymous.get(f"/runs/{one.pk}/artefacts/figures/0001.json").content
    assert json.loads(record)["schema"] == "reprise.figure/1"
