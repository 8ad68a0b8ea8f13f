from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from nbformat import NotebookNode

from reproduce.compare import OutputComparison, at_once, compare_notebooks, compare_repeatedly
from reproduce.compare.outputs import OutputPair
from reproduce.compare.text import TextSettings
from tests.reproduce.compare.notebooks import cell, figure, image_output, notebook, png, stdout

SAME, SPIKED, SMALL, MAPPED = figure(), figure(has_spike=True), figure(scale=0.9), figure(is_mapped=True)
BROKEN = SAME[:500]
# A large picture first: whoever returned what was ready first would change the order.
SHOWN = [(figure(scale=1.5), figure()), (SAME, SAME), (SAME, SPIKED), (SAME, BROKEN), (SAME, SMALL), (SAME, MAPPED)]


def shown(side: int) -> NotebookNode:
    pictures = [
        cell(f"draw({place})", image_output(pair[side]), stdout(f"{place}\n"), id=f"c{place}")
        for place, pair in enumerate(SHOWN)
    ]
    text = cell("print()", stdout(f"value {side}\n"), id="t")
    several = cell("draw()", *(image_output(pair[side]) for pair in SHOWN[2:]), id="s")
    return notebook(*pictures, text, several)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which threads compare."""
    noted: list[str] = []
    compare: Callable[[OutputPair, TextSettings], OutputComparison] = at_once.compare_pair

    def note(pair: OutputPair, settings: TextSettings) -> OutputComparison:
        noted.append(threading.current_thread().name)
        return compare(pair, settings)

    monkeypatch.setattr(at_once, "compare_pair", note)
    return noted


def test_several_at_once_come_to_the_same_in_the_same_order(threads: list[str]) -> None:
    published, fresh = shown(0), shown(1)
    alone = compare_notebooks(published, fresh)
    assert {name.partition("_")[0] for name in threads} == {threading.current_thread().name}
    assert compare_notebooks(published, fresh, at_once=3) == alone
    assert "pictures" in {name.partition("_")[0] for name in threads}
    states = [output.state for output in alone.cells[-1].outputs]
    assert states == ["differs", "not_compared", "within_tolerance", "differs"]


def test_repeated_runs_are_judged_alike_by_several_at_once(threads: list[str]) -> None:
    published, runs = (
        notebook(cell("x", image_output(SAME), id="a")),
        [notebook(cell("x", image_output(encoded), id="a")) for encoded in (SPIKED, MAPPED, SMALL)],
    )
    alone = compare_repeatedly(published, runs)
    assert not any(name.startswith("pictures") for name in threads)
    assert compare_repeatedly(published, runs, at_once=2) == alone
    assert any(name.startswith("pictures") for name in threads)


def test_equal_pictures_and_a_single_other_one_start_no_thread(threads: list[str]) -> None:
    published = notebook(*(cell("x", image_output(SAME), id=f"c{place}") for place in range(4)))
    fresh = notebook(*(cell("x", image_output(SPIKED if place == 2 else SAME), id=f"c{place}") for place in range(4)))
    compare_notebooks(published, fresh, at_once=4)
    assert set(threads) == {threading.current_thread().name}


def test_large_pictures_are_compared_one_by_one(threads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_LARGE_PIXELS", 480 * 360 - 1)
    compare_notebooks(shown(0), shown(1), at_once=3)
    assert set(threads) == {threading.current_thread().name}


@pytest.mark.parametrize("count", [1, 3])
def test_what_breaks_in_one_pair_is_raised_as_alone_and_leaves_nothing_running(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[OutputPair] = []

    def compare(pair: OutputPair, _settings: TextSettings) -> OutputComparison:
        compared.append(pair)
        raise ZeroDivisionError(f"pair {len(compared)}")

    monkeypatch.setattr(at_once, "compare_pair", compare)
    published, fresh = (
        notebook(*(cell("x", image_output(encoded), id=f"c{place}") for place in range(200)))
        for encoded in (SAME, SPIKED)
    )
    with pytest.raises(ZeroDivisionError):
        compare_notebooks(published, fresh, at_once=count)
    assert not any(thread.name.startswith("pictures") for thread in threading.enumerate())


def test_the_first_error_in_the_order_of_the_notebook_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    later = threading.Event()

    def compare(pair: OutputPair, _settings: TextSettings) -> OutputComparison:
        assert pair.fresh is not None
        place = int(pair.fresh.data["text/plain"])
        if place == 0:
            later.wait(60)
        else:
            later.set()
        raise ValueError(f"pair {place}")

    monkeypatch.setattr(at_once, "compare_pair", compare)
    published, fresh = (
        notebook(*(cell("x", image_output(encoded, plain=str(place)), id=f"c{place}") for place in range(2)))
        for encoded in (SAME, SPIKED)
    )
    with pytest.raises(ValueError, match="pair 0"):
        compare_notebooks(published, fresh, at_once=2)


def test_which_warnings_are_errors_is_as_before() -> None:
    before = list(warnings.filters)
    huge = png(np.zeros((1, 1, 3), np.uint8)).replace(b"\0\0\0\1\0\0\0\1\x08", b"\0\0\x2e\xe0\0\0\x2e\xe0\x08", 1)
    published, fresh = (
        notebook(*(cell("x", image_output(encoded), id=f"c{place}") for place in range(6)))
        for encoded in (SMALL, SPIKED)
    )
    for place in (1, 3):
        fresh.cells[place] = cell("x", image_output(huge), id=f"c{place}")
    assert compare_notebooks(published, fresh, at_once=3).counts["not_compared"] == 2
    assert warnings.filters == before


def test_there_are_no_more_threads_than_processors_unless_asked_for() -> None:
    usable = len(os.sched_getaffinity(0))
    assert at_once.threads_for(0) == min(usable, at_once.MOST_THREADS)
    assert [at_once.threads_for(count) for count in (1, 2, 99)] == [1, 2, at_once.MOST_THREADS]
