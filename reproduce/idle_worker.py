"""A worker that is handed nothing although work waits: it is seen, ended, and started anew by whoever runs it.

Celery's loop and its pool are several programs that hand tasks to each other through pipes and locks. A broker that
hangs, or a process of the pool that is killed while it holds the lock of the others, can leave a worker that lives,
takes messages and gives them to nobody. Nothing it says of itself shows that; that its processes do nothing while the
database knows of work does.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
import time
from typing import Any, Final

import structlog
from billiard import current_process
from celery.signals import task_postrun, task_prerun, worker_process_init, worker_ready
from django.conf import settings
from django.db import Error, connection

from builder.models import Snapshot
from builder.process_tree import is_alive
from reproduce.models import Run

log = structlog.get_logger(__name__)
_LOOKS: Final = 8  # within the time after which a worker is given up
_MOST_LOOKED_AT: Final = 1000
Waiting = frozenset[tuple[str, object, int]]


class PoolActivity:
    """What the processes of a pool do, in memory that they share with their worker. Make it before they are forked."""

    _SLOT: Final = struct.Struct("=qd")  # the process at work, else 0; when that changed (seconds, monotonic)
    _SLOTS: Final = 1024

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, self._SLOT.size * self._SLOTS)

    def note(self, slot: int, *, is_at_work: bool) -> None:
        """Note in a process of the pool that it began or ended a task."""
        pid = os.getpid() if is_at_work else 0
        self._SLOT.pack_into(self._memory, slot % self._SLOTS * self._SLOT.size, pid, time.monotonic())

    def look(self) -> tuple[bytes, bool]:
        """Return what differs whenever anything was begun or ended, and whether a living process is at work."""
        view = self._memory[:]
        return view, any(pid and is_alive(pid) for pid, _ in self._SLOT.iter_unpack(view))


class IdleWatch:
    """Decides, look by look, whether a worker is handed nothing."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._view = b""
        self._left: Waiting | None = None
        self._since = 0.0

    def is_stuck(self, now: float, view: bytes, *, is_at_work: bool, waiting: Waiting | None) -> bool:
        """Tell whether something waited all the time in which nothing was begun, and that time is over.

        `now` and the time are in seconds. `waiting` is None where the database did not say.
        """
        if is_at_work or view != self._view or waiting is None or not self._left or not (left := self._left & waiting):
            self._view, self._left, self._since = view, waiting, now
            return False
        self._left = left
        return now - self._since >= self._patience_s


class IdleWorker:
    """Watches, in the main process of a worker, over its pool."""

    def __init__(self) -> None:
        self._activity = PoolActivity()
        # A process forked while a connection is open would share it.
        self._no_fork = threading.Lock()

    def follow(self) -> None:
        """Note what the pool's processes do, and watch from when the worker is ready. Nothing outside of a worker."""
        worker_process_init.connect(self._idle, weak=False)
        task_prerun.connect(self._at_work, weak=False)
        task_postrun.connect(self._idle, weak=False)
        worker_ready.connect(self._watch, weak=False)

    def _watch(self, **_: Any) -> None:  # noqa: ANN401 - signals pass what they like
        os.register_at_fork(
            before=self._no_fork.acquire, after_in_parent=self._no_fork.release, after_in_child=self._no_fork.release
        )
        threading.Thread(target=self._keep, name="idle-watch", daemon=True).start()

    def _at_work(self, **_: Any) -> None:  # noqa: ANN401 - as above
        self._activity.note(_slot(), is_at_work=True)

    def _idle(self, **_: Any) -> None:  # noqa: ANN401 - as above
        self._activity.note(_slot(), is_at_work=False)

    def _keep(self) -> None:
        # The sweep tells the workers again after two leases. Whoever then waits as long again is not heard.
        patience_s = 4.0 * settings.REPRISE_LEASE_S
        watch = IdleWatch(patience_s)
        while True:
            time.sleep(patience_s / _LOOKS)
            view, is_at_work = self._activity.look()
            waiting = None if is_at_work else self._waiting()
            if watch.is_stuck(time.monotonic(), view, is_at_work=is_at_work, waiting=waiting):
                log.error("worker-handed-nothing", waiting=len(waiting or ()), seconds=patience_s)
                # Nothing here is at work, and what ends with this process holds nothing that is not on record.
                os._exit(1)

    def _waiting(self) -> Waiting | None:
        with self._no_fork:
            try:
                return work_waiting()
            except Error:
                return None
            finally:
                connection.close()


def work_waiting() -> Waiting:
    """Return what any worker might take now: kind, key, and how often it was taken before. Raises Error."""
    runs = Run.objects.filter(state=Run.State.QUEUED).order_by("requested_at").values_list("pk", "attempts")
    fetches = Snapshot.objects.filter(state=Snapshot.State.REQUESTED).order_by("pk").values_list("pk", "attempts")
    return frozenset(
        (kind, key, attempts)
        for kind, rows in (("run", runs), ("fetch", fetches))
        for key, attempts in rows[:_MOST_LOOKED_AT]
    )


def _slot() -> int:
    return int(getattr(current_process(), "index", 0))


IDLE_WORKER: Final = IdleWorker()
