"""Cancelling at every stage: on record at once, and nothing of the run is left two seconds later."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.builder.engines.local_index import LocalIndex, serve_index
from tests.faults.installation import Installation
from tests.faults.invariants import wait_until_swept
from tests.faults.ledger import name
from tests.faults.processes import command_line, is_runner
from tests.journeys.installation import git_repository, notebook

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

SLEEPS = "import time\nprint('begun', flush=True)\ntime.sleep(300)"
# Quick while its metadata is asked for.
SLOW_TO_BUILD = """
import inspect, time
time.sleep(300 if "build_wheel" in [frame.function for frame in inspect.stack()] else 0)
"""
DEAF = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 1000)
            while True:
                try:
                    time.sleep(300)
                except BaseException:
                    pass
        os._exit(0)
while True:
    try:
        time.sleep(300)
    except BaseException:
        pass
"""


class SilentServer:
    """Takes connections on loopback and never says a word."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self._taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self._taken.append(self._socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        """Take no more, and let go of those that wait."""
        for taken in (self._socket, *self._taken):
            taken.close()


def cancel_at(installation: Installation, target: int, is_there: Callable[[str], bool]) -> None:
    """Cancel a run of the target once it is there: on record with the answer, and gone within two seconds."""
    installation.tend()
    run = str(installation.clerk.ask("request", target))
    until = time.monotonic() + 120
    while not is_there(run):
        assert time.monotonic() < until, f"{installation.ledger.active()} {installation.logs()}"
        installation.tend()
        time.sleep(0.02)
    asked = time.monotonic()
    assert installation.clerk.ask("cancel", run) is True
    assert run not in installation.ledger.active()
    (machine,) = installation.machines
    while below := machine.below():
        assert time.monotonic() - asked < 2.0, [command_line(pid) for pid in below]
        time.sleep(0.02)
    assert wait_until_swept(installation) == []
    rows = installation.ledger.rows("SELECT id, state, verdict, claim FROM reproduce_run")
    assert [row[1:] for row in rows if name(row[0]) == run] == [("cancelled", None, None)]


def target_of(installation: Installation, kind: str) -> int:
    return next(target for target, each in installation.kinds.items() if each == kind)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One machine whose environment is built, and a repository whose host does not answer."""
    folder = tmp_path_factory.mktemp("cancel")
    cells = {"sleeps": (SLEEPS, "begun\n"), "deaf": (DEAF, "begun\n"), "quick": ("print(1)", "1\n")}
    files = {f"{kind}.ipynb": notebook(cell) for kind, cell in cells.items()}
    git_repository(folder / "repository", files | {"requirements.txt": "ipykernel\n"})
    silent = SilentServer()
    papers = [(f"file://{folder / 'repository'}", kind) for kind in cells]
    made = Installation(folder, [*papers, (f"{silent.url}/silent.git", "fetched")], machines=1)
    try:
        made.run_once(target_of(made, "quick"))
        yield made
    finally:
        made.end()
        silent.close()


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, LocalIndex]]:
    """One machine whose index has a package that takes long to build, and may answer late itself."""
    folder = tmp_path_factory.mktemp("building")
    git_repository(folder / "built", {"built.ipynb": notebook(("print(1)", "1\n")), "requirements.txt": "lens\n"})
    with serve_index() as index:
        index.source("lens", "1.1", uploaded="2016-02-01T00:00:00Z", setup=SLOW_TO_BUILD)
        papers = [(f"file://{folder / 'built'}", "built")]
        made = Installation(folder, papers, machines=1, REPRISE_INDEX_URL=index.url)
        try:
            yield made, index
        finally:
            made.end()


def test_in_the_queue(installation: Installation) -> None:
    installation.machines[0].cut_power()
    run = str(installation.clerk.ask("request", target_of(installation, "quick")))
    assert installation.clerk.ask("cancel", run) is True
    installation.tend()
    time.sleep(3)
    rows = installation.ledger.rows("SELECT id, state, attempts FROM reproduce_run")
    assert [row[1:] for row in rows if name(row[0]) == run] == [("cancelled", 0)]


def test_while_the_repository_is_fetched(installation: Installation) -> None:
    def is_there(_: str) -> bool:
        return any("ls-remote" in command_line(pid) for pid in installation.machines[0].below())

    cancel_at(installation, target_of(installation, "fetched"), is_there)


@pytest.mark.parametrize("stage", ["resolve", "build"])
def test_while_the_environment_is_made(building: tuple[Installation, LocalIndex], stage: str) -> None:
    installation, index = building
    index.delays_s = (300.0, 0.0) if stage == "resolve" else (0.0, 0.0)

    def is_there(run: str) -> bool:
        return installation.ledger.has_said(run, f"Stage: {stage}") and len(installation.machines[0].below()) > 0

    cancel_at(installation, target_of(installation, "built"), is_there)


def test_while_the_kernel_starts(installation: Installation) -> None:
    def is_there(_: str) -> bool:
        return any(is_runner(pid) for pid in installation.machines[0].below())

    cancel_at(installation, target_of(installation, "sleeps"), is_there)


def test_in_a_cell(installation: Installation) -> None:
    cancel_at(
        installation,
        target_of(installation, "sleeps"),
        lambda run: installation.ledger.has_said(run, "Cell 1 (1 of 1)"),
    )


def test_in_a_cell_with_daemons_that_hear_no_signal(installation: Installation) -> None:
    def is_there(run: str) -> bool:
        kernels = [pid for pid in installation.machines[0].below() if "ipykernel" in command_line(pid)]
        return installation.ledger.has_said(run, "Cell 1 (1 of 1)") and len(kernels) >= 4

    cancel_at(installation, target_of(installation, "deaf"), is_there)
