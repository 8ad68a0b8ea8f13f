"""Find the fetches and builds that were lost with their worker: start the ones again, close the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from builder import tasks
from builder.eviction import ACTIVE
from builder.models import Build, Snapshot
from catalog.causes import cause
from catalog.wake import wake_each


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
    told = wake_each(tasks.fetch_snapshot, keys)
    Snapshot.objects.filter(pk__in=keys[len(told) :], woken_at=now).update(woken_at=None)
    return len(told)


def sweep_builds(*, now: datetime) -> int:
    """Close the builds that no run under way waits for: nobody works on them any more. Return how many."""
    # Runs are told by name: they belong to the app above, which knows this one and not the other way round.
    waited_for = Build.objects.filter(pk=OuterRef("pk"), runs__state__in=ACTIVE)
    # One that was opened a moment ago may not be on its run's record yet.
    opened = now - timedelta(seconds=2 * settings.REPRISE_LEASE_S)
    lost = Build.objects.filter(~Exists(waited_for), state=Build.State.RUNNING, started_at__lt=opened)
    why = cause("internal-error", reason="its worker was lost, or its run cancelled").as_dict()
    return lost.update(state=Build.State.FAILED, cause=why, ended_at=now)
