"""The command as a process: usage, interruption, terminal, and what it needs of the installation."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.reproduce.cli.conftest import AS_OF, PROJECT, REPOSITORIES

COMMAND = [sys.executable, str(PROJECT / "manage.py"), "reproduce"]


def environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("REPRISE_", "DJANGO_", "PYTEST_"))
    }
    return {**kept, "REPRISE_DATA": str(settings.REPRISE_DATA), **changes}


def reproduce(*arguments: str, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=120
    )


def running_in(folder: Path) -> list[str]:
    """The command lines of processes that name `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "SOURCE"),
        ([".", "--jobs", "none"], "between 1 and 256"),
        ([".", "--engine", "magic"], "magic"),
        ([".", "--as-of", "yesterday"], "yesterday"),
        ([".", "--loud"], "--loud"),
    ],
)
def test_wrong_usage_ends_with_64_and_one_line_beside_the_usage(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    call = reproduce(*arguments, cwd=tmp_path)
    assert call.returncode == 64
    assert said in call.stderr
    assert "Traceback" not in call.stderr


@pytest.mark.real
def test_neither_database_nor_migrations_are_needed_and_evidence_goes_to_its_default_place(tmp_path: Path) -> None:
    call = reproduce(
        str(REPOSITORIES / "no-notebooks"), "--json", "-", cwd=tmp_path, REPRISE_DATA=str(tmp_path / "data")
    )
    assert call.returncode == 2, call.stderr
    assert json.loads(call.stdout)["cause"]["id"] == "no-notebooks"
    assert (tmp_path / "reprise-evidence" / "no-notebooks" / "report.html").is_file()
    assert not list((tmp_path / "data").glob("*.sqlite3*"))


def start_endless(tmp_path: Path, stdout: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - a file or a number
    return subprocess.Popen(
        [
            *COMMAND,
            str(REPOSITORIES / "endless-cell"),
            "--as-of",
            AS_OF.isoformat(),
            "--out",
            str(tmp_path / "evidence"),
        ],
        cwd=tmp_path,
        env=environment(TMPDIR=str(tmp_path)),
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def wait_for_first_cell(tmp_path: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        events = list(tmp_path.glob(".evidence.bundles-*/1/events.jsonl"))
        if events and "cell-started" in events[0].read_text():
            return
        time.sleep(0.05)
    raise AssertionError("the cell did not start")


@pytest.mark.real
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_no_process_and_keeps_the_evidence(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    process = start_endless(tmp_path, subprocess.PIPE)
    wait_for_first_cell(tmp_path)
    process.send_signal(number)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == code, output
    statement = json.loads((tmp_path / "evidence" / "reproduction.json").read_text())
    assert statement["notebooks"][0]["cause"]["id"] == "cancelled"
    assert b"Traceback" not in output
    assert running_in(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]


@pytest.mark.real
def test_a_killed_command_leaves_no_process(tmp_path: Path) -> None:
    process = start_endless(tmp_path, subprocess.DEVNULL)
    wait_for_first_cell(tmp_path)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while running_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_in(tmp_path) == []


@pytest.mark.real
def test_on_a_terminal_the_progress_is_one_redrawn_block(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = start_endless(tmp_path, theirs)
    os.close(theirs)
    wait_for_first_cell(tmp_path)
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 65536)
        except OSError:  # the other side has gone
            break
    os.close(ours)
    assert process.wait(15) == 130
    text = shown.decode()
    assert len(re.findall(r"\x1b\[1F\x1b\[J +figure-1\.ipynb +running +0 of \d cells", text)) >= 2
    assert "figure-1.ipynb: started" not in text
