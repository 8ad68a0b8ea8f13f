"""Temporary directories: held while their maker lives, swept when it was killed, never another program's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from builder.held_directory import held_directory, hold, sweep_left
from tests.journeys.installation import ROOT

MAKE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from builder.held_directory import held_directory
with held_directory("rl-", Path(sys.argv[1])) as place:
    (place / "home").mkdir()
    (place / "home" / "locked").mkdir(mode=0)
    os.kill(os.getpid(), signal.SIGKILL)
"""

DIE_BETWEEN_TWO_MOVES = """
import os, signal, sys
from pathlib import Path
from builder.held_directory import held_directory
with held_directory("rl-", Path(sys.argv[1])) as place:
    (place / "a" / "b" / "c").mkdir(parents=True)
    remove = os.rmdir
    def die_after(*arguments, **options):
        remove(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
    os.rmdir = die_after
"""

DIE_WHILE_REMOVING = """
import os, signal, sys
from pathlib import Path
from builder.held_directory import held_directory
with held_directory("rl-", Path(sys.argv[1])) as place:
    (place / "file").touch()
    (place / "home").mkdir()
    Path.rmdir = os.rmdir = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""

DIE_BEFORE_HOLDING = """
import os, signal, sys
from pathlib import Path
from builder.held_directory import held_directory
os.open = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
with held_directory("rl-", Path(sys.argv[1])):
    pass
"""


def test_it_is_there_while_it_is_held_and_gone_afterwards(tmp_path: Path) -> None:
    with held_directory("rl-", tmp_path) as place:
        (place / "file").write_text("kept")
        assert sweep_left(tmp_path, "rl-") == 0
        assert (place / "file").read_text() == "kept"
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", MAKE_AND_DIE, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    assert sweep_left(tmp_path, "rv-") == 0
    assert sweep_left(tmp_path, "rl-") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_left_of_a_removal_that_was_killed_is_swept(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE_WHILE_REMOVING, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    assert sweep_left(tmp_path, "rl-") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_removal_had_moved_up_when_it_was_killed_goes_too(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE_BETWEEN_TWO_MOVES, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == -9
    [place] = tmp_path.iterdir()
    assert [path.name for path in place.glob(".removed-*/*")] == ["c"]
    assert sweep_left(tmp_path, "rl-") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_was_killed_before_it_held_anything_is_swept(tmp_path: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIE_BEFORE_HOLDING, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == -9
    assert [list(left.iterdir()) for left in tmp_path.iterdir()] == [[]]
    assert sweep_left(tmp_path, "rl-") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_between_making_and_holding_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swept = []

    def hold_too_late(place: Path) -> int:
        if len(swept) < 3:
            swept.append(sweep_left(tmp_path, "rl-"))
        return hold(place)

    monkeypatch.setattr("builder.held_directory.hold", hold_too_late)
    with held_directory("rl-", tmp_path) as place:
        assert swept == [1, 1, 1]
        assert list(tmp_path.iterdir()) == [place]
        assert sweep_left(tmp_path, "rl-") == 0


def test_a_directory_of_another_program_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "rl-of-somebody-else").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "rl-link.reprise").symlink_to(tmp_path / "target")
    assert sweep_left(tmp_path, "rl-") == 0
    assert len(list(tmp_path.iterdir())) == 3
