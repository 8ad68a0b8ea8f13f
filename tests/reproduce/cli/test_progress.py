"""What is shown while notebooks run."""

from __future__ import annotations

import io
import re
import time

import pytest

from catalog.causes import cause
from reproduce.cli.progress import LineProgress, LiveProgress
from reproduce.cli.words import Line, duration, explain, plain, shorten_path, verdict_table


def test_lines_are_written_at_start_and_end_only() -> None:
    stream = io.StringIO()
    progress = LineProgress(stream)
    progress.step("Making the environment")
    progress.log("Downloading numpy")
    progress.started("a.ipynb")
    progress.advanced("a.ipynb", 2, 3)
    progress.ended("a.ipynb", "failed")
    progress.close()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["Making the environment", "a.ipynb: started"]
    assert re.fullmatch(r"a\.ipynb: failed, 2 of 3 cells, \d\.\d s", lines[2])
    assert len(lines) == 3


def test_the_live_block_shows_cells_and_time_and_is_gone_in_the_end() -> None:
    stream = io.StringIO()
    progress = LiveProgress(stream, has_colours=False)
    progress.started("figures/a.ipynb")
    progress.advanced("figures/a.ipynb", 2, 3)
    time.sleep(0.5)
    progress.close()
    shown = stream.getvalue()
    assert re.search(r"figures/a\.ipynb +running +2 of 3 cells +0\.\d s", shown)
    assert shown.endswith("\x1b[1F\x1b[J")


def test_a_live_block_is_never_higher_than_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    progress = LiveProgress(stream, has_colours=False)
    for number in range(40):
        progress.started(f"{number}.ipynb")
        progress.ended(f"{number}.ipynb", "identical")
    progress.started("running.ipynb")
    time.sleep(0.5)
    progress.close()
    blocks = stream.getvalue().split("\x1b[J")
    assert all(block.count("\n") <= 10 for block in blocks)
    assert any("running.ipynb" in block and "40 of 41 started" in block for block in blocks)


def test_what_a_notebook_writes_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in plain("\x1b]0;owned\x07\x1b[2J")
    assert "\n" not in explain(cause("cell-raised", cell=1, ename="E", evalue="a\nb")).splitlines()[0]


def test_the_table_names_the_verdict_the_cells_the_time_and_why() -> None:
    table = verdict_table(
        [
            Line("a.ipynb", "identical", 3, 3, 1.25, None),
            Line("b.ipynb", None, 0, 0, None, cause("notebook-without-outputs", path="b.ipynb")),
        ]
    ).splitlines()
    assert table[0].split() == ["notebook", "verdict", "cells", "time", "cause"]
    assert "identical" in table[1]
    assert "3 of 3" in table[1]
    assert "no verdict" in table[2]
    assert "holds no outputs" in table[2]


def test_a_long_path_keeps_its_end() -> None:
    assert shorten_path("a/" * 60 + "figure-3.ipynb", 20) == "…/a/a/figure-3.ipynb"


@pytest.mark.parametrize(("value", "words"), [(0.04, "0.0 s"), (75, "1 min 15 s"), (7500, "2 h 05 min")])
def test_durations_are_for_people(value: float, words: str) -> None:
    assert duration(value) == words
