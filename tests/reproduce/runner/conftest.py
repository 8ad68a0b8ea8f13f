"""A kernel of the project's own environment, and the shortest way from a few cells to a result."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from builder.process_tree import is_alive
from reproduce.runner.bundle import read_events
from reproduce.runner.job import Job, Kernel, Limits, Result
from reproduce.runner.launch import run_job


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    return Kernel(
        argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
        language="python",
        prefix=sys.prefix,
        readonly_paths=(sys.prefix, sys.base_prefix),
    )


@dataclass
class Ran:
    """A finished run: its result, and what its bundle holds."""

    result: Result
    bundle: Path

    @property
    def notebook(self) -> nbformat.NotebookNode:
        return nbformat.read(self.bundle / "executed.ipynb", as_version=4)

    @property
    def events(self) -> list[dict[str, Any]]:
        return read_events(self.bundle)

    def text(self, cell: int) -> str:
        """Everything the cell printed or returned as text, or the error it raised."""
        parts = []
        for output in self.notebook.cells[cell].outputs:
            if output.output_type == "stream":
                parts.append(output.text)
            elif output.output_type == "error":
                parts.append(f"{output.ename}: {output.evalue}")
            else:
                parts.append(output.data.get("text/plain", ""))
        return "".join(parts)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "snapshot"
    directory.mkdir()
    return directory


@pytest.fixture
def job(source: Path, kernel: Kernel) -> Callable[..., Job]:
    """Write the cells as a notebook, and describe the job that runs it."""

    def make(*cells: str | nbformat.NotebookNode, notebook: str = "figure.ipynb", **options: object) -> Job:
        path = source / notebook
        path.parent.mkdir(parents=True, exist_ok=True)
        if cells:
            made = [new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
            path.write_text(json.dumps({**new_notebook(), "cells": made}))
        limits = Limits(**{"cell_timeout_s": 20.0, "run_timeout_s": 30.0, **options.pop("limits", {})})
        defaults: dict[str, Any] = {"id": "test", "kernel": kernel, "sandbox": "bwrap"}
        return Job(**{**defaults, "source": str(source), "notebook": notebook, "limits": limits, **options})

    return make


@pytest.fixture
def run(job: Callable[..., Job], tmp_path: Path) -> Callable[..., Ran]:
    """Run the cells in the sandbox, with small limits unless others are given."""

    def start(*cells: str | nbformat.NotebookNode, **options: object) -> Ran:
        bundle = tmp_path / "bundle"
        return Ran(run_job(job(*cells, **options), bundle), bundle)

    return start


def processes_with(mark: str) -> list[int]:
    """Running processes whose command line holds the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether the condition holds before the time is over."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
