"""What the cells of a running notebook show: a line a cell, read as it comes, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_output

from reproduce.runner import shown
from reproduce.runner.shown import ShownCells, ShownReader


def drawn(index: int, *texts: str, mime: str = "image/png"):
    outputs = [new_output("stream", text="said\n"), *(new_output("display_data", data={mime: text}) for text in texts)]
    cell = new_code_cell("draw()", outputs=outputs)
    cell.metadata["reprise"] = {"index": index}
    return cell


def test_cells_are_read_as_they_come(tmp_path: Path) -> None:
    cells, reader = ShownCells(tmp_path / "shown.jsonl"), ShownReader(tmp_path / "shown.jsonl")
    assert list(reader.read()) == []
    cells.add(drawn(3, "aaaa", "bbbb"))
    ((index, outputs),) = reader.read()
    assert index == 3
    assert [output["data"] for output in outputs] == [{"image/png": "aaaa"}, {"image/png": "bbbb"}]
    assert list(reader.read()) == []
    cells.add(drawn(5, "cccc"))
    cells.add(drawn(7, "dddd", mime="image/jpeg"))
    assert [index for index, _ in reader.read()] == [5, 7]


def test_a_cell_without_pictures_is_not_written(tmp_path: Path) -> None:
    cells = ShownCells(tmp_path / "shown.jsonl")
    cells.add(drawn(0))
    cells.add(drawn(1, "<b>", mime="text/html"))
    cells.add(new_code_cell("1"))
    assert not (tmp_path / "shown.jsonl").exists()


def test_what_is_not_whole_is_read_later(tmp_path: Path) -> None:
    path = tmp_path / "shown.jsonl"
    ShownCells(path).add(drawn(1, "aaaa"))
    line = path.read_bytes()
    reader = ShownReader(path)
    path.write_bytes(line + line[:20])
    assert [index for index, _ in reader.read()] == [1]
    assert list(reader.read()) == []
    path.write_bytes(line + line)
    assert [index for index, _ in reader.read()] == [1]


def test_a_run_that_begins_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "shown.jsonl"
    cells, reader = ShownCells(path), ShownReader(path)
    cells.add(drawn(1, "aaaa"))
    cells.add(drawn(2, "aaaa"))
    assert len(list(reader.read())) == 2
    anew = ShownCells(path)
    assert list(reader.read()) == []
    anew.add(drawn(1, "bbbb"))
    assert [outputs[0]["data"]["image/png"] for _, outputs in reader.read()] == ["bbbb"]


def test_another_file_of_the_name_is_read_from_its_beginning_however_long_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "shown.jsonl", tmp_path / "other.jsonl"
    ShownCells(path).add(drawn(1, "aaaa"))
    cells = ShownCells(other)
    cells.add(drawn(2, "bbbb"))
    cells.add(drawn(3, "cccc"))
    reader = ShownReader(path)
    assert [index for index, _ in reader.read()] == [1]
    other.rename(path)
    assert [index for index, _ in reader.read()] == [2, 3]


def test_a_hole_is_waited_for(tmp_path: Path) -> None:
    path, whole = tmp_path / "shown.jsonl", tmp_path / "whole.jsonl"
    cells = ShownCells(whole)
    cells.add(drawn(1, "aaaa"))
    first = len(whole.read_bytes())
    cells.add(drawn(2, "bbbb"))
    content, reader = whole.read_bytes(), ShownReader(path)
    path.write_bytes(b"\0" * (first - 1) + content[first - 1 :])
    assert list(reader.read()) == []
    path.write_bytes(content)
    assert [index for index, _ in reader.read()] == [1, 2]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "shown.jsonl")
    assert list(ShownReader(tmp_path / "shown.jsonl").read()) == []


def test_a_cell_that_was_injected_belongs_to_none(tmp_path: Path) -> None:
    cells = ShownCells(tmp_path / "shown.jsonl")
    cell = drawn(0, "aaaa")
    cell.metadata["reprise"] = {"is_injected": True}
    cells.add(cell)
    assert list(ShownReader(tmp_path / "shown.jsonl").read()) == []


def test_a_cell_that_shows_very_much_and_a_place_that_cannot_be_written_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "_MOST_BYTES", 500)
    cells = ShownCells(tmp_path / "shown.jsonl")
    cells.add(drawn(0, "a" * 1000))
    cells.add(drawn(1, "aaaa"))
    assert [index for index, _ in ShownReader(tmp_path / "shown.jsonl").read()] == [1]
    ShownCells(tmp_path / "missing" / "shown.jsonl").add(drawn(0, "aaaa"))
