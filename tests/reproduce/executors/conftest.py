"""A real Slurm of the tests' own, a kernel of the project's environment, and runs through them."""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from catalog.resources import Resources
from reproduce.executors.batch import BatchExecutor, RunLabel
from reproduce.executors.follow import Patience
from reproduce.executors.script import Node
from reproduce.executors.slurm import Slurm
from reproduce.runner.job import Job, Kernel, Limits, Result
from tests.slurm_cluster import SlurmCluster, slurm_cluster

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def cluster() -> Iterator[SlurmCluster]:
    """A running cluster of one node."""
    with slurm_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slurm(cluster: SlurmCluster) -> Slurm:
    return Slurm(str(cluster.conf))


@pytest.fixture(scope="session")
def node() -> Node:
    return Node(python=sys.executable, project=str(PROJECT))


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    """Write the cells as a notebook, and describe the job that runs it."""

    def make(*cells: str, limits: dict[str, float] | None = None, **options: object) -> Job:
        source = tmp_path / "snapshot"
        source.mkdir(exist_ok=True)
        made = [new_code_cell(cell) for cell in cells]
        (source / "figure.ipynb").write_text(json.dumps({**new_notebook(), "cells": made}))
        kernel = Kernel(
            argv=(sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"),
            language="python",
            prefix=sys.prefix,
            readonly_paths=(sys.prefix, sys.base_prefix),
        )
        given = {"cell_timeout_s": 60.0, "run_timeout_s": 90.0, "memory_bytes": 512 << 20, **(limits or {})}
        return Job("test", str(source), "figure.ipynb", kernel, "bwrap", limits=Limits(**given), **options)

    return make


@dataclass
class Running:
    """A run through Slurm in a thread of its own."""

    bundle: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    result: Result | None = None
    error: Exception | None = None
    thread: threading.Thread | None = None

    def wait(self, within_s: float = 90.0) -> Result:
        assert self.thread is not None
        self.thread.join(within_s)
        assert not self.thread.is_alive(), self.told
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result

    @property
    def told(self) -> list[str]:
        """What was said in words, and the kinds of the other events, in order."""
        return [event["text"] if event["type"] == "log" else event["type"] for event in list(self.events)]

    def wait_until_told(self, begin: str, within_s: float = 40.0) -> None:
        end = time.monotonic() + within_s
        while not any(text.startswith(begin) for text in self.told):
            assert time.monotonic() < end, self.told
            time.sleep(0.05)

    def text(self, cell: int) -> str:
        notebook = nbformat.read(self.bundle / "executed.ipynb", as_version=4)
        return "".join(output.get("text", "") for output in notebook.cells[cell].outputs)

    @property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.bundle / "scheduler.json").read_text())


@pytest.fixture
def executor(slurm: Slurm, node: Node, tmp_path: Path) -> Callable[..., BatchExecutor]:
    """An executor on the cluster, of a run of its own unless one is named."""

    def make(run: str = "", attempt: str = "", resources: Resources | None = None, **patience: float) -> BatchExecutor:
        label = RunLabel(run or uuid.uuid4().hex, attempt or uuid.uuid4().hex)
        patient = Patience(**{"poll_s": 0.3, "lag_s": 3.0, **patience})
        return BatchExecutor("slurm", slurm, tmp_path / "shared", node, label, resources or Resources(), patient)

    return make


@pytest.fixture
def start(executor: Callable[..., BatchExecutor], tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a job through Slurm, and go on while it runs."""
    started: list[Running] = []

    def begin(job: Job, place: BatchExecutor | None = None, **options: object) -> Running:
        running = Running(tmp_path / f"bundle-{len(started)}")
        place = place or executor(**options)

        def run() -> None:
            try:
                running.result = place.run(
                    job, running.bundle, on_event=running.events.append, is_cancelled=running.cancel.is_set
                )
            except Exception as error:  # noqa: BLE001 - handed to the test
                running.error = error

        running.thread = threading.Thread(target=run, daemon=True)
        running.thread.start()
        started.append(running)
        return running

    yield begin
    for running in started:
        running.cancel.set()
        assert running.thread is not None
        running.thread.join(40)
