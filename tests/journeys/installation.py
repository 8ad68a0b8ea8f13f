"""An installation of its own for a journey: data directory, processes, and a way to look into its database."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_PREPARES = "prepare_installation()"
_DATABASE = "reprise.sqlite3"
_DATES = {"GIT_AUTHOR_DATE": "2025-06-01T12:00:00+00:00", "GIT_COMMITTER_DATE": "2025-06-01T12:00:00+00:00"}
_NAMES = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


def variables(data: Path, **more: str) -> dict[str, str]:
    """The environment of an installation: this one's, without the settings of the tests."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("REPRISE_", "DATABASE_", "DJANGO_"))
    }
    # A journey that is about repetition asks for it; for the others a second run would only take time.
    ours = {"REPRISE_DATA": str(data), "PYTHONUNBUFFERED": "1", "REPRISE_REPETITIONS": "1"}
    return {**kept, **ours, **more}


def share_environments(data: Path, shared: Path) -> None:
    """Let an installation use the environments that another journey built."""
    shared.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    (data / "environments").symlink_to(shared)


def ask(data: Path, code: str, **more: str) -> Any:  # noqa: ANN401 - JSON
    """Run Python code inside the installation; what it assigns to `answer` comes back as JSON."""
    if _PREPARES in code and "DATABASE_URL" not in more and not (data / _DATABASE).exists():
        _take_over(_prepared(), data)
    return _answer(data, code, **more)


def _prepared() -> Path:
    """Return a data directory that was prepared once for this session: its migrations and static files take seconds."""
    place = Path(os.environ["REPRISE_DATA"]) / "prepared"
    if not place.exists():
        made = Path(tempfile.mkdtemp(prefix="prepared-", dir=place.parent))
        _answer(made, f"from config.installation import prepare_installation\n{_PREPARES}\nanswer = 0")
        # Another process of the tests may have been quicker; both made the same.
        with suppress(OSError):
            made.rename(place)
    return place


def _take_over(prepared: Path, data: Path) -> None:
    """Give an installation that is about to be prepared what that would make."""
    data.mkdir(parents=True, exist_ok=True)
    shutil.copytree(prepared / "static", data / "static", dirs_exist_ok=True)
    with (
        closing(sqlite3.connect(prepared / _DATABASE)) as one,
        closing(sqlite3.connect(data / _DATABASE)) as other,
    ):
        one.backup(other)


def _answer(data: Path, code: str, **more: str) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run(
        (
            sys.executable,
            "manage.py",
            "shell",
            "--no-imports",
            "-c",
            f"{code}\nimport json; print('ANSWER' + json.dumps(answer))",
        ),
        cwd=ROOT,
        env=variables(data, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    assert found, done.stdout + done.stderr
    return json.loads(found[-1].removeprefix("ANSWER"))


def git_repository(folder: Path, files: Mapping[str, str] | Path) -> str:
    """Make a git repository of the files, or of a directory's files, and return its commit."""
    if isinstance(files, Path):
        shutil.copytree(files, folder)
    else:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A", "-f"), ("commit", "-q", "-m", "As published")):
        subprocess.run(("git", "-C", str(folder), *arguments), check=True, env={**os.environ, **_DATES, **_NAMES})
    head = subprocess.run(("git", "-C", str(folder), "rev-parse", "HEAD"), check=True, capture_output=True, text=True)
    return head.stdout.strip()


def notebook(*cells: tuple[str, str]) -> str:
    """A notebook as JSON, from pairs of source and what it printed."""
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                "language_info": {"name": "python", "version": "3.11.2"},
            },
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{number}",
                    "metadata": {},
                    "execution_count": number + 1,
                    "source": source,
                    "outputs": [{"output_type": "stream", "name": "stdout", "text": printed}] if printed else [],
                }
                for number, (source, printed) in enumerate(cells)
            ],
        }
    )
