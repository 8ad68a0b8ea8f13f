"""The pool of waiting kernels of this worker: where it answers, and that it keeps running."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings

from builder.held_directory import make_held, release
from reproduce.runner.launch import runner_variables

log = structlog.get_logger(__name__)
_AGAIN_S: Final = 5.0


class WarmPool:
    """Runs the pool's program beside a worker. Without one, and whenever it is not there, runs start cold."""

    def __init__(self) -> None:
        self.address: Path | None = None
        self._held: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def settle_address(self) -> None:
        """Settle where it will answer: before the worker's processes are forked, so that all of them know."""
        if settings.REPRISE_WARM_KERNELS:
            # Short, as the path of a socket must be, and closed to other users.
            place, self._held = make_held("rw-")
            self.address = place / "pool"

    def start(self) -> None:
        """Start it, and again whenever it ends; called once in the worker's main process."""
        if self.address is not None:
            self._thread = threading.Thread(target=self._keep, args=(self.address,), name="warm-pool", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End it with all that waits. The end of this process does the same."""
        self._is_over.set()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._thread is not None:
            self._thread.join(_AGAIN_S)
        if self._process is not None and self._process.poll() is None:
            # On a busy machine it may not have come as far as to notice; what waits in it ends with it.
            self._process.kill()
            self._process.wait()
        if self.address is not None and self._held is not None:
            release(self.address.parent, self._held)
            self.address = None

    def _keep(self, address: Path) -> None:
        arguments = [sys.executable, "-P", "-s", "-m", "reproduce.runner.warm", str(address)]
        arguments += ["--kernels", str(settings.REPRISE_WARM_KERNELS), "--memory", str(settings.REPRISE_WARM_MEMORY)]
        arguments += ["--idle", str(settings.REPRISE_WARM_IDLE_S)]
        while not self._is_over.is_set():
            try:
                self._process = subprocess.Popen(
                    arguments,
                    env=runner_variables(Path(tempfile.gettempdir())),
                    cwd="/",
                    # It ends when this is closed, by whatever ends this process, and then it still clears up.
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                log.warning("warm-pool-not-started", error=str(error))
            else:
                status = self._process.wait()
                with suppress(OSError):
                    if self._process.stdin is not None:
                        self._process.stdin.close()
                if not self._is_over.is_set():
                    log.warning("warm-pool-ended", status=status)
            self._is_over.wait(_AGAIN_S)


WARM_POOL: Final = WarmPool()
