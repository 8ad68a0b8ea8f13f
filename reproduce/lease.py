"""A worker's claim on a run: renewed while the worker lives, lost to the sweeper when it does not."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.db.models import F
from django.utils import timezone

from reproduce.models import Run

log = structlog.get_logger(__name__)
_TICK_S: Final = 0.25


def claim_run(run_id: uuid.UUID) -> Run | None:
    """Take a queued run for this worker, or return None when another has it or it is over."""
    claim = uuid.uuid4()
    now = timezone.now()
    taken = Run.objects.filter(pk=run_id, state=Run.State.QUEUED).update(
        state=Run.State.PREPARING,
        claim=claim,
        attempts=F("attempts") + 1,
        lease_until=now + timedelta(seconds=settings.REPRISE_LEASE_S),
        started_at=now,
        cells_done=0,
        # What an earlier attempt used is not what this one rests on.
        snapshot=None,
        environment=None,
        build=None,
        sandbox={},
        data=[],
        written={},
    )
    if not taken:
        return None
    return Run.objects.select_related("target__publication", "target__repository").get(pk=run_id)


def update_claimed(run: Run, **fields: Any) -> bool:  # noqa: ANN401 - model fields by name
    """Write to the run if the claim still holds; return whether it did."""
    return bool(Run.objects.filter(pk=run.pk, claim=run.claim).update(**fields))


class Heartbeat:
    """Renews the lease and learns of a cancellation in a thread of its own, and calls `on_tick` four times a second.

    `is_over()` turns true when the run was cancelled or taken away; `is_lost` tells the two apart.
    """

    def __init__(self, run: Run, on_tick: Callable[[], None]) -> None:
        self._run = run
        self._on_tick = on_tick
        self._stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{run.pk}", daemon=True)
        self.is_lost = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=settings.REPRISE_LEASE_S)

    def is_over(self) -> bool:
        """Tell whether the worker should stop what it does for this run."""
        return self._over.is_set()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(_TICK_S):
                try:
                    self._tick()
                except Error as error:
                    # The database may come back before the lease ends; when it does not, the claim is lost anyway.
                    log.warning("heartbeat-missed", run=str(self._run.pk), error=str(error))
                    close_old_connections()
        finally:
            connection.close()

    def _tick(self) -> None:
        self._on_tick()
        row = (
            Run.objects.filter(pk=self._run.pk, claim=self._run.claim)
            .values_list("cancel_requested_at", "lease_until")
            .first()
        )
        if row is None:
            self.is_lost = True
            self._over.set()
            return
        cancelled_at, lease_until = row
        if cancelled_at is not None:
            self._over.set()
            # Making an environment is not interrupted everywhere: whoever cancelled does not wait for it.
            now = timezone.now()
            preparing = Run.objects.filter(pk=self._run.pk, claim=self._run.claim, state=Run.State.PREPARING)
            preparing.update(state=Run.State.CANCELLED, claim=None, lease_until=None, ended_at=now)
        lease = timedelta(seconds=settings.REPRISE_LEASE_S)
        now = timezone.now()
        if lease_until is None or lease_until - now < lease * 2 / 3:
            update_claimed(self._run, lease_until=now + lease)
