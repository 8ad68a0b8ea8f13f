"""Output files of several runs: what they disagree about is unstable."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from reproduce.compare import FileComparison, Tolerance
from reproduce.output_files import compare_output_files_of_runs
from reproduce.recorded_figures import records_of_files
from tests.reproduce.compare.notebooks import figure
from tests.reproduce.compare.test_recorded import RISE, line
from tests.reproduce.compare.test_recorded import figure as recorded

MOVED = [0.0, 0.5, 1.02, 0.2]


def files_of(tmp_path: Path, published: str | None, *runs: str | None) -> FileComparison:
    """Compare out.csv as published with what each run wrote."""
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    if published is not None:
        (snapshot / "out.csv").write_text(published)
    bundles = [tmp_path / f"run-{number}" for number, _ in enumerate(runs)]
    for bundle, text in zip(bundles, runs, strict=True):
        (bundle / "files").mkdir(parents=True)
        if text is not None:
            (bundle / "files" / "out.csv").write_text(text)
    (file,) = compare_output_files_of_runs(
        ("out.csv",), snapshot=snapshot, bundles=bundles, tolerance=Tolerance(), is_sandboxed=False
    )
    return file


@pytest.mark.parametrize(
    ("published", "runs", "state", "is_within"),
    [
        ("x,1.0042\n", ("x,1.0042\n", "x,1.0042\n"), "identical", None),
        ("x,1.0042\n", ("x,1.2042\n", "x,1.2042\n"), "differs", None),
        ("x,1.0042\n", ("x,1.0012\n", "x,1.0094\n"), "unstable", True),
        ("x,1.1042\n", ("x,1.0012\n", "x,1.0094\n"), "unstable", None),
        ("x,9999.1\n", ("x,1.0012\n", "x,1.0014\n"), "differs", False),
        ("x,1.0042\n", (None, "x,1.0042\n"), "unstable", True),
        ("x,1.0042\n", (None, None), "missing", None),
        (None, ("x,1.0042\n", "x,7.0042\n"), "not_compared", None),
    ],
)
def test_an_output_file_is_judged_by_all_runs(
    published: str | None, runs: tuple[str | None, ...], state: str, is_within: bool | None, tmp_path: Path
) -> None:
    outcome = files_of(tmp_path, published, *runs).outcome
    assert outcome.state == state
    assert (outcome.noise or {}).get("published_within") is is_within


@pytest.mark.parametrize(("last", "state"), [(RISE, "within_tolerance"), (MOVED, "unstable")])
def test_a_picture_is_judged_by_what_the_runs_recorded_when_they_saved_it(
    last: list[float], state: str, tmp_path: Path
) -> None:
    path = "figures/a.png"
    (tmp_path / "figures").mkdir()
    (tmp_path / path).write_bytes(figure())
    runs = [tmp_path / "run-0", tmp_path / "run-1"]
    records = []
    for bundle, picture, values in zip(runs, (figure(), figure(has_spike=True)), (RISE, last), strict=True):
        for name in ("files/figures", "figures"):
            (bundle / name).mkdir(parents=True)
        (bundle / "files" / path).write_bytes(picture)
        (bundle / "figures" / "0002.json").write_text(json.dumps(recorded(line(values))))
        rows = [
            {"way": "saved", "file": file, "name": f"000{number}.json"} for number, file in ((1, "a.png"), (2, path))
        ]
        records.append(records_of_files(SimpleNamespace(figures=rows), bundle, "paper.ipynb"))
    (file,) = compare_output_files_of_runs(
        (path,), snapshot=tmp_path, bundles=runs, tolerance=Tolerance(), is_sandboxed=False, records=records
    )
    assert file.outcome.state == state
    assert ("From run to run: Axes 1, the red line" in file.outcome.reason) is (state == "unstable")


@pytest.mark.parametrize(
    ("notebook", "file", "path"),
    [
        ("paper.ipynb", "out/a.png", "out/a.png"),
        ("notebooks/paper.ipynb", "../out/a.png", "out/a.png"),
        ("notebooks/paper.ipynb", "./a.png", "notebooks/a.png"),
        ("paper.ipynb", "/tmp/a.png", None),
        ("paper.ipynb", "../../a.png", None),
    ],
)
def test_a_saved_figure_belongs_to_the_file_in_the_directory_of_the_notebook(
    notebook: str, file: str, path: str | None, tmp_path: Path
) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "0001.json").write_bytes(b"{}")
    row = {"way": "saved", "file": file, "name": "0001.json"}
    record_of = records_of_files(SimpleNamespace(figures=[row]), tmp_path, notebook)
    found = {each for each in ("out/a.png", "notebooks/a.png", "a.png", "tmp/a.png") if record_of(each) is not None}
    assert found == ({path} if path else set())
