"""Pictures that were compared before: the same answer, asked for once, whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat import NotebookNode

from reproduce.compare import KnownPictures, Tolerance, at_once, compare_notebooks, known_pictures, pictures_to_compare
from reproduce.compare.alignment import align_cells
from reproduce.compare.images import compare_pictures
from tests.reproduce.compare.notebooks import cell, display, figure, image_output, notebook, stdout

SAME, SPIKED, SMALL, MAPPED = figure(), figure(has_spike=True), figure(scale=0.9), figure(is_mapped=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """Note which pictures are really compared."""
    noted: list[tuple[bytes, bytes]] = []

    def note(mime, published, fresh, tolerance):
        noted.append((published, fresh))
        return compare_pictures(mime, published, fresh, tolerance)

    monkeypatch.setattr(known_pictures, "compare_pictures", note)
    return noted


def test_the_answer_is_that_of_comparing_and_is_asked_for_once(asked: list[tuple[bytes, bytes]]) -> None:
    known = KnownPictures()
    first = known.compare("image/png", SAME, SMALL, Tolerance())
    assert first == compare_pictures("image/png", SAME, SMALL, Tolerance())
    assert known.compare("image/png", SAME, SMALL, Tolerance()) is first
    assert asked == [(SAME, SMALL)]


def test_another_side_type_or_tolerance_is_another_question(asked: list[tuple[bytes, bytes]]) -> None:
    known = KnownPictures()
    spiked = known.compare("image/png", SAME, SPIKED, Tolerance())
    assert (spiked.state, spiked.published, spiked.fresh) == ("differs", SAME, SPIKED)
    assert known.compare("image/png", SPIKED, SAME, Tolerance()).fresh == SAME
    assert known.compare("image/jpeg", SAME, SPIKED, Tolerance()).mime == "image/jpeg"
    assert known.compare("image/png", SAME, SPIKED, Tolerance(image=1e9)).state == "within_tolerance"
    assert len(asked) == 4


def test_threads_that_ask_together_wait_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, begun = threading.Event(), []

    def slow(*question):
        begun.append(question)
        goes_on.wait(30)
        return compare_pictures(*question)

    monkeypatch.setattr(known_pictures, "compare_pictures", slow)
    known = KnownPictures()
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(known.compare, "image/png", SAME, SMALL, Tolerance()) for _ in range(3)]
        goes_on.set()
        found = [answer.result(60) for answer in answers]
    assert len(begun) == 1
    assert found[0] is found[1] is found[2]


def test_a_fault_of_ours_is_told_to_all_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_):
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(known_pictures, "compare_pictures", broken)
    known = KnownPictures()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="a fault"):
            known.compare("image/png", SAME, SMALL, Tolerance())


def test_what_could_not_be_compared_for_a_while_is_compared_later(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [MemoryError()]

    def short_of_memory(*question):
        if ends:
            raise ends.pop()
        return compare_pictures(*question)

    monkeypatch.setattr(known_pictures, "compare_pictures", short_of_memory)
    known = KnownPictures()
    with pytest.raises(MemoryError):
        known.compare("image/png", SAME, SMALL, Tolerance())
    assert known.compare("image/png", SAME, SMALL, Tolerance()).state == "within_tolerance"


def test_a_notebook_comes_out_the_same_by_what_was_known(asked: list[tuple[bytes, bytes]]) -> None:
    shown = [(SAME, SAME), (SAME, SMALL), (SPIKED, SAME), (SAME, b"no picture"), (SAME, MAPPED)]
    sides = [
        notebook(*(cell(f"draw({at})", image_output(pair[side]), id=f"c{at}") for at, pair in enumerate(shown)))
        for side in (0, 1)
    ]
    known = KnownPictures()
    for pair in align_cells(sides[0].cells, sides[1].cells):
        for pictures in pictures_to_compare(pair):
            known.compare(*pictures, Tolerance())
    assert asked == [(SAME, SMALL), (SPIKED, SAME), (SAME, MAPPED)]
    assert compare_notebooks(*sides, pictures=known.compare) == compare_notebooks(*sides)
    # What cannot be decoded is asked for at the end alone.
    assert len(asked) == 4


SVG = "<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.mark.parametrize(
    ("published", "fresh"),
    [
        (cell("x", image_output(SAME)), cell("x", image_output(SAME))),
        (cell("x", stdout("1\n")), cell("x", stdout("2\n"))),
        (cell("x", image_output(SAME)), cell("x", stdout("1\n"))),
        (cell("x", image_output(SAME)), cell("x")),
        (cell("x", display(image__png="?")), cell("x", image_output(SAME))),
        (cell("x", display(image__png="%%%%")), cell("x", image_output(SAME))),
        (cell("# NBVAL_IGNORE_OUTPUT", image_output(SAME)), cell("x", image_output(SMALL))),
    ],
)
def test_what_is_told_without_looking_is_not_looked_at(published: NotebookNode, fresh: NotebookNode) -> None:
    published["id"] = fresh["id"] = "a"
    (pair,) = align_cells([published], [fresh])
    assert list(pictures_to_compare(pair)) == []


def test_a_drawing_is_compared_by_its_lines_first() -> None:
    sides = [display(image__svg_xml=SVG) for _ in range(2)]
    for output, picture in zip(sides, (SAME, SMALL), strict=True):
        output["data"] = {"image/svg+xml": SVG, **image_output(picture)["data"]}
    (pair,) = align_cells([cell("x", sides[0], id="a")], [cell("x", sides[1], id="a")])
    assert list(pictures_to_compare(pair)) == []
    del sides[1]["data"]["image/svg+xml"]
    assert list(pictures_to_compare(pair)) == [("image/png", SAME, SMALL)]


def test_a_large_picture_waits_until_nothing_else_needs_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    (pair,) = align_cells([cell("x", image_output(SAME), id="a")], [cell("x", image_output(SMALL), id="a")])
    assert len(list(pictures_to_compare(pair))) == 1
    monkeypatch.setattr(at_once, "_LARGE_PIXELS", 1000)
    assert list(pictures_to_compare(pair)) == []
