"""Find the fetches that were lost with their worker, and start them again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from builder import tasks
from builder.models import Snapshot
from catalog.causes import cause
from catalog.wake import wake


def sweep_snapshots(*, now: datetime) -> int:
    """Requeue fetches whose lease ran out and requests nobody took; give up after the set attempts. Return how many."""
    lost = Snapshot.objects.filter(state=Snapshot.State.FETCHING, lease_until__lt=now)
    lost.filter(attempts__gte=settings.REPRISE_RUN_ATTEMPTS - 1).update(
        state=Snapshot.State.FAILED,
        lease_until=None,
        cause=cause("worker-lost", attempts=settings.REPRISE_RUN_ATTEMPTS).as_dict(),
    )
    lost.update(state=Snapshot.State.REQUESTED, lease_until=None, woken_at=None, attempts=F("attempts") + 1)
    # A message may wait behind long fetches; telling the workers again too soon would only lengthen the queue.
    patience = timedelta(seconds=2 * settings.REPRISE_LEASE_S)
    waiting = Snapshot.objects.filter(state=Snapshot.State.REQUESTED).filter(
        Q(attempts__gt=0, woken_at__isnull=True)
        | Q(woken_at__lt=now - patience)
        | Q(woken_at__isnull=True, created_at__lt=now - patience)
    )
    keys = list(waiting.values_list("pk", flat=True)[:100])
    Snapshot.objects.filter(pk__in=keys).update(woken_at=now)
    return sum(wake(tasks.fetch_snapshot, key) for key in keys)
