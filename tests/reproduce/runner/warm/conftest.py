"""A pool of its own for each test, and runs that may take a kernel from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from builder.process_tree import descendants, is_alive
from reproduce.runner.job import Job
from reproduce.runner.launch import run_job
from tests.reproduce.runner.conftest import Ran, wait_until

PROJECT = Path(__file__).resolve().parents[4]


class PoolProcess:
    """The pool's program as the worker starts it, and what it says."""

    def __init__(self, place: Path, *, kernels: int, memory_bytes: int, idle_s: float) -> None:
        self.address = place / "pool"
        self.scratch = place / "scratch"
        self.scratch.mkdir()
        self._log = place / "log"
        options = ["--kernels", str(kernels), "--memory", str(memory_bytes), "--idle", str(idle_s)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reproduce.runner.warm", str(self.address), *options],
                cwd=PROJECT,
                env={**os.environ, "TMPDIR": str(self.scratch)},
                stdin=subprocess.PIPE,
                stderr=log,
            )
        assert wait_until(self.address.exists, 20)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def says(self, pattern: str, *, within_s: float = 120.0, times: int = 1) -> bool:
        """Whether it says this so often before the time is over."""
        return wait_until(lambda: len(re.findall(pattern, self.log)) >= times, within_s)

    def waiting(self) -> list[int]:
        """Processes of runners and kernels that wait."""
        return [pid for pid in descendants(self.process.pid) if is_alive(pid)]

    def close(self) -> int:
        """End it as the end of the worker does."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(10)


@pytest.fixture
def start_pool() -> Iterator[Callable[..., PoolProcess]]:
    started: list[PoolProcess] = []
    # Not pytest's own directory: the path of a socket may have 108 bytes.
    with tempfile.TemporaryDirectory(prefix="rw-", dir="/tmp") as place:

        def start(*, kernels: int = 1, memory_bytes: int = 4 << 30, idle_s: float = 120.0) -> PoolProcess:
            folder = Path(place) / str(len(started))
            folder.mkdir()
            started.append(PoolProcess(folder, kernels=kernels, memory_bytes=memory_bytes, idle_s=idle_s))
            return started[-1]

        yield start
        for pool in started:
            pool.close()


@pytest.fixture
def pool(start_pool: Callable[..., PoolProcess]) -> PoolProcess:
    return start_pool()


@pytest.fixture
def run_with(job: Callable[..., Job], tmp_path: Path) -> Callable[..., Ran]:
    """Run the cells as a worker with this pool does; `pool=None` is a cold run."""
    numbers = iter(range(1000))

    def start(pool: PoolProcess | None, *cells: str | nbformat.NotebookNode, **options: object) -> Ran:
        bundle = tmp_path / f"bundle-{next(numbers)}"
        return Ran(run_job(job(*cells, **options), bundle, warm=None if pool is None else pool.address), bundle)

    return start


@pytest.fixture
def heated(pool: PoolProcess, run_with: Callable[..., Ran]) -> Callable[..., PoolProcess]:
    """Ask for these cells once, and wait until a kernel is ready for the next who asks."""

    def heat(*cells: str, **options: object) -> PoolProcess:
        assert not run_with(pool, *cells, **options).result.is_warm
        assert pool.says("is ready"), f"{pool.log}\n{pool.waiting()}\n{Path('/proc/meminfo').read_text()[:100]}"
        return pool

    return heat
