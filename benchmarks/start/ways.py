"""The ways a notebook is started without the service: papermill, and our runner cold, bare and warm."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import nbformat
from nbformat.v4 import new_code_cell

from benchmarks.overhead.run import call
from builder.recipe.read import import_roots
from reproduce.runner.job import Container, Job, Kernel, SandboxKind
from reproduce.runner.launch import run_job

PROJECT: Final = Path(__file__).resolve().parents[2]
_STAMP: Final = "import time\nprint(repr(time.time()))"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the start to the first cell, and to the end."""

    first_cell: float
    end: float


Way = Callable[[], Times]


def stamped(source: Path, notebook: str, place: Path) -> Path:
    """Copy the source, with a cell before the others that prints the time."""
    copy = Path(shutil.copytree(source, place / "source"))
    content = nbformat.read(copy / notebook, as_version=4)
    content.cells.insert(0, new_code_cell(_STAMP, id="stamp"))
    nbformat.write(content, copy / notebook)
    return copy


def papermill_way(peers: Path, source: Path, notebook: str, place: Path) -> Way:
    """Return bare papermill, started in the environment of the notebook."""
    out = place / "papermill.ipynb"
    program = [str(peers / "bin" / "papermill"), str(source / notebook), str(out), "-k", "python3"]
    program += ["--cwd", str((source / notebook).parent), "--no-progress-bar"]

    def run() -> Times:
        started = time.time()
        call(program, cwd=source, variables={"JUPYTER_PATH": str(peers / "share" / "jupyter")})
        return Times(_first_cell(out) - started, time.time() - started)

    return run


def runner_way(
    peers: Path,
    source: Path,
    notebook: str,
    place: Path,
    *,
    sandbox: SandboxKind,
    pool: PoolOfOne | None = None,
    container: Container | None = None,
) -> Way:
    """Return our runner over the same environment; with a pool, the runner that waits there."""
    python = str(peers / "bin" / "python")
    real = call_output([python, "-c", "import sys; print(sys.base_prefix)"])
    argv = (python, "-m", "ipykernel_launcher", "-f", "{connection_file}")
    kernel = Kernel(argv=argv, language="python", prefix=str(peers), readonly_paths=(str(peers), real))
    roots = import_roots(source)
    job = Job(
        id="start",
        source=str(source),
        notebook=notebook,
        kernel=kernel,
        sandbox=sandbox,
        import_roots=roots,
        container=container,
    )
    name = sandbox if container is None else Path(container.program).name
    bundle = place / f"{name}-{'cold' if pool is None else 'warm'}"

    def run() -> Times:
        if pool is not None:
            pool.wait()
        started = time.time()
        result = run_job(job, bundle, warm=None if pool is None else pool.address)
        ended = time.time()
        if result.status != "completed" or result.is_warm != (pool is not None and pool.is_heated):
            sys.exit(f"{bundle.name}: {result.status}, warm: {result.is_warm}, {result.failure}")
        if pool is not None:
            pool.is_heated = True
        return Times(_first_cell(bundle / "executed.ipynb") - started, ended - started)

    return run


class PoolOfOne(AbstractContextManager["PoolOfOne"]):
    """A pool for one kernel, and how often it said that one is ready."""

    def __init__(self, place: Path) -> None:
        self.address = place / "pool"
        self.is_heated = False
        self._log = place / "pool.log"
        self._waited_for = 0
        options = ["--kernels", "1", "--memory", str(4 << 30), "--idle", "3600"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reproduce.runner.warm", str(self.address), *options],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stderr=log,
            )

    def __enter__(self) -> Self:
        wait_for(self.address.exists)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)

    def wait(self) -> None:
        """Return when the kernel for the next run is ready; at once before the first run."""
        if self.is_heated:
            self._waited_for += 1
            wait_for(lambda: count_ready(self._log) >= self._waited_for)


def count_ready(log: Path) -> int:
    """Count the kernels that got ready, as the pool's log says."""
    return log.read_text().count(" is ready, ") if log.exists() else 0


def wait_for(condition: Callable[[], Any], within_s: float = 120.0) -> None:
    """Return when the condition holds; end the program when it does not in time."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            sys.exit("waited in vain")
        time.sleep(0.05)


def call_output(arguments: list[str]) -> str:
    """Return what a program prints."""
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()


def _first_cell(executed: Path) -> float:
    for cell in json.loads(executed.read_text())["cells"]:
        if cell.get("id") == "stamp" or "".join(cell["source"]) == _STAMP:
            return float("".join(cell["outputs"][0]["text"]))
    sys.exit(f"{executed} has no stamp")
