"""Files that are written at the same time: each writer ends well, and what is seen is whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from builder.engines import whole_files
from builder.engines.whole_files import write_whole


def test_who_writes_while_another_does_is_not_in_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    replace = Path.replace
    others: list[threading.Thread] = []

    def replace_after_another(self: Path, target: Path) -> Path:
        if not others:
            others.append(threading.Thread(target=write_whole, args=(path, "the other's")))
            others[0].start()
            others[0].join()
            assert path.read_text() == "the other's"
        return replace(self, target)

    monkeypatch.setattr(whole_files.Path, "replace", replace_after_another)
    write_whole(path, "ours")
    assert path.read_text() == "ours"
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "before")

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(whole_files.Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_whole(path, "after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
