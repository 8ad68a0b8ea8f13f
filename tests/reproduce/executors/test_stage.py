"""A shared file system shows files late, partly and with holes: events are read whole, once, in order, or later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reproduce.executors.script import Node, write_script
from reproduce.executors.stage import EventTail, Stage
from reproduce.runner.bundle import write_result
from reproduce.runner.job import Result


def _line(number: int) -> bytes:
    return json.dumps({"type": "log", "seq": number}).encode() + b"\n"


def _seen(tail: EventTail) -> list[int]:
    return [event["seq"] for event in tail.read()]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    _begin(tmp_path, "attempt-aaaaaa")
    return Stage(tmp_path)


def _begin(place: Path, name: str) -> Path:
    (place / name).mkdir()
    (place / "current").write_text(f"{name}\n")
    return place / name / "events.jsonl"


def test_before_the_job_starts_there_is_nothing(tmp_path: Path) -> None:
    tail = EventTail(Stage(tmp_path))
    assert (tail.read(), tail.started, Stage(tmp_path).result()) == ([], 0, None)


def test_a_line_counts_when_it_is_whole(stage: Stage) -> None:
    events, tail = stage.place / "attempt-aaaaaa" / "events.jsonl", EventTail(stage)
    whole = _line(1) + _line(2)
    seen = []
    for end in range(len(whole) + 1):
        events.write_bytes(whole[:end])
        seen.append(_seen(tail))
    assert [numbers for numbers in seen if numbers] == [[1], [2]]
    assert (seen[len(_line(1))], seen[-1]) == ([1], [2])


def test_a_hole_is_waited_for(stage: Stage) -> None:
    events, tail = stage.place / "attempt-aaaaaa" / "events.jsonl", EventTail(stage)
    events.write_bytes(_line(1) + b"\0" * (len(_line(2)) - 1) + b"\n" + _line(3))
    assert _seen(tail) == [1]
    events.write_bytes(_line(1) + _line(2) + _line(3))
    assert _seen(tail) == [2, 3]


def test_a_file_that_is_still_the_old_one_is_read_on_when_it_is_the_new_one(stage: Stage) -> None:
    events, tail = stage.place / "attempt-aaaaaa" / "events.jsonl", EventTail(stage)
    events.write_bytes(_line(1) + _line(2))
    assert _seen(tail) == [1, 2]
    events.write_bytes(_line(1))
    assert _seen(tail) == []
    events.write_bytes(_line(1) + _line(2) + _line(3))
    assert _seen(tail) == [3]


def test_another_start_is_told_and_read_from_its_beginning(stage: Stage) -> None:
    events, tail = stage.place / "attempt-aaaaaa" / "events.jsonl", EventTail(stage)
    events.write_bytes(_line(1))
    assert (_seen(tail), tail.is_restarted) == ([1], False)
    _begin(stage.place, "attempt-bbbbbb").write_bytes(_line(1) + _line(2))
    events.write_bytes(_line(1) + _line(7))
    assert (_seen(tail), tail.is_restarted, tail.started) == ([1, 2], True, 2)
    assert (_seen(tail), tail.is_restarted) == ([], False)


def test_the_result_of_a_start_that_was_given_up_does_not_count(stage: Stage) -> None:
    write_result(stage.place / "attempt-aaaaaa", _result())
    assert stage.result() is not None
    _begin(stage.place, "attempt-bbbbbb")
    assert stage.result() is None


@pytest.mark.parametrize(
    "name", ["../attempt-aaaaaa", "/etc", "attempt-aaaaa", "attempt-aaaaaa/..", "", "attempt-a/b/c."]
)
def test_a_name_that_is_no_start_leads_nowhere(stage: Stage, name: str) -> None:
    (stage.place / "current").write_text(name)
    assert stage.current() is None


@pytest.mark.parametrize("path", ["relative", "/a\nb", "/a\0b", ""])
def test_a_path_that_could_be_more_than_a_path_gets_into_no_script(path: str) -> None:
    for make in (
        lambda: write_script(Path("/s"), Node(path, "/q"), ()),
        lambda: write_script(Path("/s"), Node("/p", path), ()),
        lambda: write_script(Path("/s"), Node("/p", "/q", module_roots=(path,)), ("a",)),
    ):
        with pytest.raises(ValueError, match="absolute"):
            make()


def test_a_path_with_signs_of_the_shell_stays_one_word() -> None:
    script = write_script(Path("/s/a b;$(id)"), Node("/p q", "/q'r"), ())
    assert "stage='/s/a b;$(id)'" in script
    assert """PYTHONPATH='/q'"'"'r'""" in script


def _result() -> Result:
    return Result("completed", None, "", "", 0.0, None, 0, 0, {}, {}, {})


def test_what_the_newest_start_shows_is_found_in_the_bundle(tmp_path: Path) -> None:
    place, bundle = tmp_path / "stage", tmp_path / "bundle"
    for each in (place, bundle):
        each.mkdir()
    stage, shown = Stage(place), bundle / "shown.jsonl"
    stage.show(bundle)
    assert not shown.is_symlink()
    for name in ("attempt-aaaaaa", "attempt-bbbbbb"):
        _begin(place, name).with_name("shown.jsonl").write_text(name)
        for _ in range(2):
            stage.show(bundle)
            assert shown.read_text() == name


def test_where_nothing_can_be_linked_nothing_is_found(stage: Stage, tmp_path: Path) -> None:
    stage.show(tmp_path / "missing")
    (tmp_path / "bundle" / "shown.jsonl").mkdir(parents=True)
    stage.show(tmp_path / "bundle")
    assert (tmp_path / "bundle" / "shown.jsonl").is_dir()
