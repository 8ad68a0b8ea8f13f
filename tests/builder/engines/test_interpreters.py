"""Pythons are found, run to be believed, and ordered by nearness."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from builder.engines.interpreters import Interpreter, discover, nearest


def made(*versions: str) -> list[Interpreter]:
    return [Interpreter(Path(f"/py/{version}"), version, Path("/py"), "linux") for version in versions]


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_finds_the_python_that_runs_this_test() -> None:
    here = ".".join(map(str, sys.version_info[:3]))
    assert here in {each.version for each in discover()}


def test_what_does_not_answer_as_a_python_is_left_out(tmp_path: Path) -> None:
    script(tmp_path / "python3", "echo hello")
    script(tmp_path / "python3.9", "exit 1")
    script(tmp_path / "python3.10", 'echo \'{"version": "3.10.1", "implementation": "PyPy", "is_final": true}\'')
    (tmp_path / "python3.8").write_text("not executable")
    assert discover(places=[tmp_path]) == ()


def test_wrappers_of_pyenv_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "shims").mkdir()
    (tmp_path / "shims" / "python3").symlink_to(sys.executable)
    assert discover(places=[tmp_path / "shims"]) == ()


def test_answers_are_kept_until_the_file_changes(tmp_path: Path) -> None:
    answer = '{"version": "3.9.1", "implementation": "CPython", "is_final": true, "is_virtual": false, "prefix": "/"}'
    script(tmp_path / "bin" / "python3", f"echo x >> {tmp_path}/asked; echo '{answer}'")
    for _ in range(2):
        (found,) = discover(tmp_path / "cache.json", places=[tmp_path / "bin"])
        assert found.version == "3.9.1"
    assert (tmp_path / "asked").read_text().count("x") == 1


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "cache.json").write_text("{")
    assert discover(tmp_path / "cache.json")


@pytest.mark.parametrize(
    ("wished", "order"),
    [
        ("3.6", ["3.6.15", "3.7.16", "3.11.7"]),
        ("3.8", ["3.7.16", "3.6.15", "3.11.7"]),
        ("3.9", ["3.7.16", "3.11.7", "3.6.15"]),
        ("3.5", ["3.5.10", "3.6.15", "3.7.16", "3.11.7"]),
        ("3.13", ["3.11.7", "3.7.16", "3.6.15"]),
    ],
)
def test_the_nearest_goes_first_and_python_2_last(wished: str, order: list[str]) -> None:
    here = [version for version in ("3.11.7", "3.7.16", "3.6.15", "3.5.10") if version in order]
    assert [each.version for each in nearest(made(*here, "2.7.18"), wished)] == [*order, "2.7.18"]


def test_python_2_goes_first_where_it_is_wished_and_then_the_python_3_of_its_time() -> None:
    here = made("3.11.7", "3.6.15", "3.5.10", "2.7.18")
    assert [each.version for each in nearest(here, "2.7")] == ["2.7.18", "3.5.10", "3.6.15", "3.11.7"]


@pytest.mark.parametrize(
    ("version", "is_taken"), [("2.6.9", False), ("2.7.18", True), ("3.4.10", False), ("3.5.10", True)]
)
def test_pythons_that_nothing_serves_are_left_out(tmp_path: Path, version: str, is_taken: bool) -> None:
    answer = f'{{"version": "{version}", "implementation": "CPython", "is_final": true, "prefix": "/"}}'
    script(tmp_path / "bin" / "python", f"echo '{answer}'")
    found = nearest(discover(places=[tmp_path / "bin"]), "3.6")
    assert bool(found) is is_taken


def test_the_exact_release_goes_before_a_newer_one() -> None:
    assert nearest(made("3.11.7", "3.11.2"), "3.11.2")[0].version == "3.11.2"
    assert nearest(made("3.11.7", "3.11.2"), "3.11")[0].version == "3.11.7"
