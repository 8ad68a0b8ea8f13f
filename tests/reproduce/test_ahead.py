"""Figures are compared while their notebook still runs: the verdict is the same, and waits for less."""

from __future__ import annotations

import base64
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from builder.engines.protocol import BuiltEnvironment, Lock
from reproduce import ahead
from reproduce.compare import known_pictures
from reproduce.compare.images import compare_pictures
from reproduce.repetition import Repetition
from reproduce.reproduction import Claim, Reproduction, find_sandbox, reproduce_notebook
from reproduce.runner.job import Job, Limits, Result
from reproduce.runner.shown import ShownCells
from tests.reproduce.compare.notebooks import cell, figure, image_output, notebook
from tests.reproduce.runner.conftest import wait_until
from tests.reproduce.test_repetition import result

PUBLISHED, FRESH = figure(), [figure(scale=0.9), figure(has_spike=True), figure(scale=0.8)]
AHEAD = "pictures-ahead"


class Place:
    """Draws the figures, a cell each, and does `before_end` before its run ends."""

    name = "local"

    def __init__(self, before_end: Callable[[Path], None], executed: NotebookNode | None = None) -> None:
        self._before_end = before_end
        self._executed = executed

    def run(self, job: Job, bundle: Path, *, on_event: Callable[[dict[str, Any]], None], **_: Any) -> Result:  # noqa: ANN401 - of the protocol
        bundle.mkdir(parents=True, exist_ok=True)
        shown, fresh = ShownCells(bundle / "shown.jsonl"), drawn(FRESH)
        for index, each in enumerate(fresh.cells):
            each.metadata["reprise"] = {"index": index}
            shown.add(each)
            on_event({"type": "cell-ended", "index": index})
        self._before_end(bundle)
        nbformat.write(self._executed or fresh, bundle / "executed.ipynb")
        return result()


def drawn(pictures: list[bytes]) -> NotebookNode:
    return notebook(*(cell(f"draw({at})", image_output(each), id=f"c{at}") for at, each in enumerate(pictures)))


def environment() -> BuiltEnvironment:
    """Return that of this interpreter."""
    argv = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")
    readable = (Path(sys.prefix), Path(sys.base_prefix))
    lock = Lock("", "0" * 64, "3.11", datetime(2024, 6, 1, tzinfo=UTC), (), ())
    return BuiltEnvironment("local", "0" * 64, Path(sys.prefix), "3.11", "python", argv, readable, lock, (), True, 0.0)


Compared = list[tuple[str, bytes]]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """Note which fresh pictures are compared, and by which thread."""
    noted: Compared = []

    def note(mime, published, fresh, tolerance):
        answer = compare_pictures(mime, published, fresh, tolerance)
        noted.append((threading.current_thread().name, fresh))
        return answer

    monkeypatch.setattr(known_pictures, "compare_pictures", note)
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: {0, 1})
    return noted


@pytest.fixture
def reproduce(tmp_path: Path) -> Callable[..., Reproduction]:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    nbformat.write(drawn([PUBLISHED] * len(FRESH)), snapshot / "figure.ipynb")

    def reproduce(place: Place, runs: int = 1, **claim: Any) -> Reproduction:  # noqa: ANN401 - of Claim
        return reproduce_notebook(
            Claim(snapshot, "figure.ipynb", **claim),
            environment(),
            sandbox="bwrap",
            limits=Limits(),
            bundle=tmp_path / "bundle",
            executor=place,
            repetition=Repetition(runs, is_always=True),
        )

    return reproduce


def states(found: Reproduction) -> list[str]:
    assert found.comparison is not None
    return [output.state for each in found.comparison.cells for output in each.outputs]


def test_figures_are_compared_before_the_run_ends_and_not_once_more(
    reproduce: Callable[..., Reproduction], compared: Compared, tmp_path: Path
) -> None:
    found = reproduce(Place(lambda _: wait_until(lambda: len(compared) == 3, 60)))
    assert states(found) == ["within_tolerance", "differs", "within_tolerance"]
    assert compared == [(AHEAD, each) for each in FRESH]
    assert not (tmp_path / "bundle" / "shown.jsonl").exists()
    assert AHEAD not in {thread.name for thread in threading.enumerate()}


def test_what_was_not_reached_is_compared_at_the_end(
    reproduce: Callable[..., Reproduction], compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead.ComparingAhead, "hear", lambda *_: None)
    assert states(reproduce(Place(lambda _: None))) == ["within_tolerance", "differs", "within_tolerance"]
    assert [fresh for _, fresh in compared] == FRESH
    assert AHEAD not in {name for name, _ in compared}


def test_of_no_run_what_it_showed_is_kept(
    reproduce: Callable[..., Reproduction], compared: Compared, tmp_path: Path
) -> None:
    shown: list[Path] = []
    reproduce(Place(lambda bundle: shown.append(bundle / "shown.jsonl")), runs=2)
    assert shown == [tmp_path / "bundle" / "shown.jsonl", tmp_path / "bundle" / "run-2" / "shown.jsonl"]
    assert not any(path.exists() for path in shown)


def test_a_figure_that_a_later_cell_changes_counts_as_it_is_at_the_end(
    reproduce: Callable[..., Reproduction], compared: Compared
) -> None:
    changed = drawn([FRESH[0], PUBLISHED, FRESH[1]])
    found = reproduce(Place(lambda _: wait_until(lambda: len(compared) == 3, 60), changed))
    assert states(found) == ["within_tolerance", "identical", "differs"]


def test_only_the_cells_of_the_claim_are_compared(reproduce: Callable[..., Reproduction], compared: Compared) -> None:
    def before_end(_: Path) -> None:
        wait_until(lambda: bool(compared), 60)
        time.sleep(0.2)

    assert states(reproduce(Place(before_end), cells=("c2",))) == ["within_tolerance"]
    assert compared == [(AHEAD, FRESH[2])]


def test_where_there_is_one_processor_it_is_the_notebooks(
    reproduce: Callable[..., Reproduction], compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: {0})
    found = reproduce(Place(lambda _: time.sleep(0.3)))
    assert states(found) == ["within_tolerance", "differs", "within_tolerance"]
    assert AHEAD not in {name for name, _ in compared}


def test_lines_that_cannot_be_read_and_a_fault_in_it_change_no_verdict(
    reproduce: Callable[..., Reproduction], compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ahead.pictures_to_compare
    met: list[str] = []

    def broken(pair):
        met.append(pair.id)
        if pair.id == "c0":
            raise ZeroDivisionError
        yield from real(pair)

    monkeypatch.setattr(ahead, "pictures_to_compare", broken)

    def before_end(bundle: Path) -> None:
        wait_until(lambda: "c0" in met, 60)
        with (bundle / "shown.jsonl").open("ab") as file:
            file.write(b'not JSON\n{"index": 99, "outputs": []}\n')

    assert states(reproduce(Place(before_end))) == ["within_tolerance", "differs", "within_tolerance"]
    assert FRESH[0] in [fresh for name, fresh in compared if name != AHEAD]


def test_a_run_that_fails_leaves_nothing(
    reproduce: Callable[..., Reproduction], compared: Compared, tmp_path: Path
) -> None:
    def before_end(_: Path) -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        reproduce(Place(before_end))
    assert len(compared) <= 1
    assert AHEAD not in {thread.name for thread in threading.enumerate()}
    assert not (tmp_path / "bundle" / "shown.jsonl").exists()


DRAWS = """%matplotlib inline
import matplotlib.pyplot as plt
plt.rcParams["figure.dpi"] = {dpi}
plt.plot([1, 3, 2], label="data")
plt.legend()
plt.show()"""


def test_figures_of_a_real_run_are_compared_while_it_waits(tmp_path: Path, compared: Compared) -> None:
    pictures: list[bytes] = []
    for dpi in (100, 120):
        made = notebook(new_code_cell(DRAWS.format(dpi=dpi), id="draws"))
        NotebookClient(made, kernel_name="python3").execute()
        pictures.append(base64.b64decode(made.cells[0].outputs[-1]["data"]["image/png"]))
    shown = cell(DRAWS.format(dpi=120), image_output(pictures[0]), id="draws")
    waits = cell("import time\ntime.sleep(5)", id="waits")
    nbformat.write(notebook(shown, waits), tmp_path / "figure.ipynb")
    claim, bundle = Claim(tmp_path, "figure.ipynb"), tmp_path / "bundle"
    found = reproduce_notebook(claim, environment(), sandbox=find_sandbox() or "none", limits=Limits(), bundle=bundle)
    assert states(found) == ["within_tolerance"]
    assert [name for name, _ in compared] == [AHEAD]
    assert not (bundle / "shown.jsonl").exists()
