"""Repositories made on the spot."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.snapshot.checkout import FetchLimits, fetch_snapshot
from builder.snapshot.facts import SnapshotFacts
from builder.snapshot.source import parse_source

SCHEMES = frozenset({"https", "ssh", "http", "file"})
DATE = "2017-03-25T11:43:34+00:00"


def git(*arguments: str, cwd: Path) -> str:
    variables = {
        **os.environ,
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_DATE": DATE,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True, check=True).stdout.strip()


def notebook(*cells: dict, **metadata: object) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": list(cells)})


def code(source: str, *outputs: dict) -> dict:
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": list(outputs)}


PRINTED = {"output_type": "stream", "name": "stdout", "text": "1\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one notebook on main, and a tag v1 on it."""
    root = tmp_path / "repository"
    root.mkdir()
    git("init", "-q", "-b", "main", cwd=root)
    (root / "figure.ipynb").write_text(notebook(code("print(1)", PRINTED), kernelspec={"name": "python3"}))
    (root / "data.csv").write_text("a,b\r\n1,2\r\n")
    git("add", ".", cwd=root)
    git("commit", "-q", "-m", "first", cwd=root)
    git("tag", "-a", "v1", "-m", "one", cwd=root)
    return root


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., SnapshotFacts]:
    def run(
        repository: Path | str, ref: str | None = None, limits: FetchLimits | None = None, log: list[str] | None = None
    ) -> SnapshotFacts:
        address = str(repository) if "://" in str(repository) else f"file://{repository}"
        source = parse_source(f"{address}@{ref}" if ref else address, allowed_schemes=SCHEMES, allow_private=True)
        return fetch_snapshot(
            source,
            into=tmp_path / "snapshots",
            limits=limits or FetchLimits(),
            on_log=(log if log is not None else []).append,
            allowed_schemes=SCHEMES,
            allow_private=True,
        )

    return run
