"""Output files of several runs: what they disagree about is unstable."""

from __future__ import annotations

from pathlib import Path

import pytest

from reproduce.compare import FileComparison, Tolerance
from reproduce.output_files import compare_output_files_of_runs


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
