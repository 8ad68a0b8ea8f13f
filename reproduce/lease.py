"""A worker's claim on a run: renewed while the worker lives, lost to the sweeper when it does not."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self

import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.models import F

from catalog.clock import database_now
from reproduce.insist import insist, patience_s
from reproduce.models import Run

log = structlog.get_logger(__name__)
_TICK_S: Final = 0.25


def claim_run(run_id: uuid.UUID) -> Run | None:
    """Take a queued run for this worker, or return None when another has it or it is over."""
    claim = uuid.uuid4()
    now = database_now()
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
    return Run.objects.select_related("target__publication", "target__repository").filter(claim=claim).first()


def update_claimed(run: Run, **fields: Any) -> bool:  # noqa: ANN401 - model fields by name
    """Write to the run if the claim still holds; return whether it did. Waits for a database that is away."""
    return bool(insist(lambda: Run.objects.filter(pk=run.pk, claim=run.claim).update(**fields)))


class Heartbeat:
    """Renews the lease in a thread of its own, and calls `on_tick` four times a second.

    `is_over()` turns true when the claim is gone, because the run was cancelled or taken away, and when the database
    has been away for so long that nobody knows.
    """

    def __init__(self, run: Run, on_tick: Callable[[], None]) -> None:
        self._run = run
        self._on_tick = on_tick
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._seen_at = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{run.pk}", daemon=True)

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
        return self._lost.is_set() or time.monotonic() - self._seen_at > patience_s()

    def _beat(self) -> None:
        is_away = False
        try:
            while not self._stop.wait(_TICK_S):
                try:
                    self._renew()
                    self._on_tick()
                    is_away = False
                except Error as error:
                    # The database may come back before the lease ends, or before the sweeper does.
                    if not is_away:
                        log.warning("heartbeat-missed", run=str(self._run.pk), error=str(error))
                    is_away = True
                    connection.close()
                except Exception:
                    # Whatever it is, a heart that stands still would cost a run that is well.
                    log.exception("heartbeat-failed", run=str(self._run.pk))
        finally:
            connection.close()

    def _renew(self) -> None:
        held = Run.objects.filter(pk=self._run.pk, claim=self._run.claim)
        row = held.values_list("lease_until").first()
        self._seen_at = time.monotonic()
        if row is None:
            self._lost.set()
            return
        (lease_until,) = row
        lease, now = timedelta(seconds=settings.REPRISE_LEASE_S), database_now()
        # One that reaches too far is from before the clock was put back.
        if lease_until is None or not lease * 2 / 3 <= lease_until - now <= lease:
            held.update(lease_until=now + lease)
