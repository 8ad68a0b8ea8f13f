"""Starting the runner program and following it: what the worker and the command line call."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from builder.held_directory import held_directory
from reproduce.runner.bundle import RESULT_FILE, RUNNER_LOG, BundleUnusableError, clear_results, read_result, write_job
from reproduce.runner.confinement.choose import confinement_of
from reproduce.runner.events import now_text
from reproduce.runner.job import Failure, Job, Result, Status
from reproduce.runner.quantities import seconds_words
from reproduce.runner.warm.take import WarmRunner, taken_from

OnEvent = Callable[[dict[str, Any]], None]

_PROJECT: Final = Path(__file__).resolve().parents[2]
_POLL_S: Final = 0.2
_CANCEL_GRACE_S: Final = 1.0
_OVERTIME_S: Final = 15.0
_LINE_BYTES: Final = 1 << 20


def run_job(
    job: Job,
    bundle: Path,
    *,
    on_event: OnEvent | None = None,
    is_cancelled: Callable[[], bool] | None = None,
    warm: Path | None = None,
) -> Result:
    """Run the job in the bundle directory and return how it ended; blocks until then.

    `on_event` gets every event as it happens. `is_cancelled` is asked several times a second; once it says so, no
    process of the run is left two seconds later. Whatever the notebook does ends as a Result: only an error raised
    by one of the two callables, or a job that cannot be run (BundleUnusableError), is raised, and then nothing is
    left running either. The runner also ends when the calling process, or the thread that called, does. `warm` is the
    address of a pool of runners that wait; where it has none for this job, one is started.
    """
    write_job(bundle, job)
    clear_results(bundle)
    with taken_from(warm, job, bundle) as taken:
        if taken is None:
            follower = _run_cold(job, bundle, on_event or _ignore, is_cancelled or _never)
        else:
            follower = _Follower(taken, job, on_event or _ignore, is_cancelled or _never)
            follower.follow()
    if taken is not None and not (bundle / RESULT_FILE).exists():
        confinement_of(job).sweep()
    return _result(bundle, job, follower)


def _run_cold(job: Job, bundle: Path, on_event: OnEvent, is_cancelled: Callable[[], bool]) -> _Follower:
    with (
        # The runner's own directories lie in here, so that they go even when it had to be killed.
        held_directory("rl-") as home,
        (bundle / RUNNER_LOG).open("wb") as log,
    ):
        process = _start(bundle, home, log.fileno())
        follower = _Follower(process, job, on_event, is_cancelled)
        try:
            follower.follow()
        finally:
            _end(process)
            # A runner that was killed could not remove what it had made.
            if process.returncode != 0:
                confinement_of(job).sweep()
    return follower


def runner_variables(home: Path) -> dict[str, str]:
    """Return the environment of a runner, whose own directories lie in `home`."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "PYTHONPATH": str(_PROJECT),
        "TMPDIR": str(home),
        "JUPYTER_PLATFORM_DIRS": "1",
        # Which authorities this service trusts: the proxy of a run verifies hosts by them.
        **{name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ},
    }


def _start(bundle: Path, home: Path, log_fd: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-P", "-s", "-m", "reproduce.runner", str(bundle.resolve()), "--parent"]
    return subprocess.Popen(
        [*arguments, str(os.getpid())],
        env=runner_variables(home),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log_fd,
        start_new_session=True,
    )


class _Follower:
    """Reads the runner's events, asks about cancellation and keeps the clock of last resort."""

    def __init__(
        self,
        process: subprocess.Popen[bytes] | WarmRunner,
        job: Job,
        on_event: OnEvent,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self.started_at = now_text()
        self.last_cell: dict[str, Any] | None = None
        self.cells_total = 0
        self.cells_done = 0
        self.ended_as: Status | None = None
        self._process = process
        self._on_event = on_event
        self._is_cancelled = is_cancelled
        self._kill_at: float | None = None
        self._overtime_at: float | None = None
        self._run_timeout_s = job.limits.run_timeout_s
        self._line = b""

    def follow(self) -> None:
        """Return when the runner has ended or was killed."""
        stream = self._process.stdout
        if stream is None:
            return
        os.set_blocking(stream.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            is_open = True
            while is_open:
                if selector.select(_POLL_S):
                    is_open = self._read(stream.fileno())
                if self._is_over():
                    self._process.kill()
                    return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_CANCEL_GRACE_S)

    def _read(self, fd: int) -> bool:
        """Hand on the events that have come; False when there will be no more."""
        chunk = os.read(fd, 1 << 16)
        *lines, self._line = (self._line + chunk).split(b"\n")
        if len(self._line) > _LINE_BYTES:
            self._line = b""
        for line in lines:
            event = json.loads(line)
            self._note(event)
            self._on_event(event)
        return bool(chunk)

    def _note(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "kernel-started":
            self.cells_total = event["total"]
            self._overtime_at = time.monotonic() + self._run_timeout_s + _OVERTIME_S
        elif kind == "cell-started":
            self.last_cell = event
        elif kind == "cell-ended" and event["status"] == "done":
            self.cells_done += 1

    def _is_over(self) -> bool:
        """Whether the runner must be killed: asked to stop it did not, or it missed its own time limit."""
        now = time.monotonic()
        if self._kill_at is None and self._is_cancelled():
            self._kill_at = now + _CANCEL_GRACE_S
            self._process.send_signal(signal.SIGTERM)
        if self._kill_at is not None and now > self._kill_at:
            self.ended_as = "cancelled"
            return True
        if self._overtime_at is not None and now > self._overtime_at:
            self.ended_as = "run-timeout"
            return True
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the runner: with it end bubblewrap and all that runs inside."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _result(bundle: Path, job: Job, follower: _Follower) -> Result:
    with suppress(BundleUnusableError):
        return read_result(bundle)
    status: Status = follower.ended_as or "internal-error"
    place = follower.last_cell or {"id": None, "index": None}
    words = {
        "cancelled": ("it was cancelled", ""),
        "run-timeout": ("the run's time was over", seconds_words(job.limits.run_timeout_s)),
    }
    evalue, limit = words.get(status, ("the runner ended without a result", ""))
    log = (bundle / RUNNER_LOG).read_bytes()[-4000:].decode("utf-8", "replace")
    return Result(
        status=status,
        failure=Failure(place["id"], place["index"], "", evalue, log, limit),
        started_at=follower.started_at,
        ended_at=now_text(),
        run_s=0.0,
        first_cell_s=None,
        cells_total=follower.cells_total,
        cells_done=follower.cells_done,
        sandbox=confinement_of(job).describe(""),
        machine={},
        digests={},
    )


def _ignore(_: dict[str, Any]) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False
