"""What attacks aim at: files, variables and listeners of this machine that must stay as they are."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from builder.lifeline import adopt_orphans
from reproduce.runner.job import Job, Limits
from reproduce.runner.launch import run_job
from tests.hostile.cases import Case, Outside
from tests.hostile.confinements import Confined
from tests.hostile.watched_host import WatchedHost, background, settle
from tests.reproduce.runner.conftest import wait_until


@pytest.fixture(autouse=True)
def tallied(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Have the test of a fixture counted under what it attacks."""
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    case = parameters.get("case")
    if isinstance(case, Case):
        record_property("tallied", f"hostile {case.folder}")


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    """A directory with a file, and a listener on loopback."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept").write_text("kept canary")
    found = Outside(folder)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        found.address = f"127.0.0.1:{server.getsockname()[1]}"
        is_over = threading.Event()
        thread = threading.Thread(target=_listen, args=(server, found.asked, is_over))
        thread.start()
        yield found
        is_over.set()
        thread.join()


def _listen(server: socket.socket, asked: list[object], is_over: threading.Event) -> None:
    while not is_over.is_set():
        try:
            link, address = server.accept()
        except TimeoutError:
            continue
        asked.append(address)
        link.close()


@pytest.fixture(scope="module")
def host(confined: Confined, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedHost]:
    """A host on which another run is under way and all temporary files lie in one place."""
    adopt_orphans()
    before = tempfile.tempdir
    directory = tmp_path_factory.mktemp("host")
    temporary = tempfile.tempdir = tempfile.mkdtemp(prefix="h")
    os.environ["REPRISE_HOSTILE_SECRET"] = "a worker keeps secrets in its variables"
    host = WatchedHost(directory, Path(temporary), confined.engine)
    stop = threading.Event()
    (directory / "snapshot").mkdir()
    waiting = {**new_notebook(), "cells": [new_code_cell("import time\nwhile True: time.sleep(1)")]}
    (directory / "snapshot" / "figure.ipynb").write_text(json.dumps(waiting))
    limits = Limits(cell_timeout_s=3600, run_timeout_s=3600)
    job = Job(
        *("beside", str(directory / "snapshot"), "figure.ipynb", confined.kernel, confined.sandbox),
        container=confined.container,
        limits=limits,
    )
    run = threading.Thread(target=run_job, args=(job, directory / "run"), kwargs={"is_cancelled": stop.is_set})
    try:
        with background(run, stop):
            assert wait_until(lambda: "cell-started" in _said(directory / "run" / "events.jsonl"), 60)
            host.connection = str(next(Path(temporary).glob("rl-*/**/k.json")))
            settle(os.getpid())
            yield host
            assert run.is_alive()
    finally:
        host.close()
        del os.environ["REPRISE_HOSTILE_SECRET"]
        tempfile.tempdir = before
        shutil.rmtree(temporary)


def _said(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
