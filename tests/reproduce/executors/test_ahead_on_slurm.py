"""What a notebook on a node of Slurm has shown is compared while it still runs there."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from reproduce import ahead
from reproduce.compare import known_pictures
from reproduce.compare.images import compare_pictures
from reproduce.executors.batch import BatchExecutor
from reproduce.reproduction import Claim, reproduce_notebook
from reproduce.runner.job import Limits
from tests.reproduce.compare.notebooks import cell, figure, image_output, notebook
from tests.reproduce.test_ahead import AHEAD, environment

pytestmark = pytest.mark.real

SHOWS = "from base64 import b64decode\nfrom IPython.display import Image\nImage(b64decode({!r}))"
# The picture is compared while this waits for it.
WAITS = "import pathlib, time\nwhile not pathlib.Path({!r}).exists():\n    time.sleep(0.1)"


def test_a_figure_is_compared_while_the_job_runs(
    executor: Callable[..., BatchExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, bytes]] = []

    def note(mime, published, fresh, tolerance):
        answer = compare_pictures(mime, published, fresh, tolerance)
        compared.append((threading.current_thread().name, fresh))
        (tmp_path / "compared").touch()
        return answer

    monkeypatch.setattr(known_pictures, "compare_pictures", note)
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: {0, 1})
    snapshot, fresh = tmp_path / "snapshot", figure(scale=0.9)
    snapshot.mkdir()
    source = SHOWS.format(base64.b64encode(fresh).decode())
    waits = cell(WAITS.format(str(tmp_path / "compared")), id="b")
    nbformat.write(notebook(cell(source, image_output(figure()), id="a"), waits), snapshot / "figure.ipynb")
    found = reproduce_notebook(
        Claim(snapshot, "figure.ipynb"),
        environment(),
        sandbox="none",  # the cell looks at a file of this test
        limits=Limits(cell_timeout_s=60.0, run_timeout_s=90.0, memory_bytes=512 << 20),
        bundle=tmp_path / "bundle",
        executor=executor(),
    )
    assert found.verdict == "reproduced", found.cause
    assert compared == [(AHEAD, fresh)]
    assert not (tmp_path / "bundle" / "shown.jsonl").is_symlink()
