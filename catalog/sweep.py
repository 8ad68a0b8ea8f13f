"""Find the look-ups that were lost with their worker, or that no worker was told of, and send them again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from catalog import tasks
from catalog.dataset_details import lost_after
from catalog.models import LookUp
from catalog.wake import wake_each


def sweep_look_ups(*, now: datetime) -> int:
    """Requeue look-ups that were lost and wake workers for those that nobody took; return how many were sent."""
    lost = LookUp.objects.filter(state=LookUp.State.ASKING, asked_at__lt=now - lost_after())
    lost.update(state=LookUp.State.REQUESTED, woken_at=None)
    # A message may wait behind long runs; telling the workers again too soon would only lengthen the queue.
    patience = timedelta(seconds=2 * settings.REPRISE_LEASE_S)
    waiting = LookUp.objects.filter(state=LookUp.State.REQUESTED).filter(
        Q(woken_at__lt=now - patience) | Q(woken_at__isnull=True, requested_at__lt=now - patience)
    )
    keys = list(waiting.values_list("pk", flat=True)[:20])
    LookUp.objects.filter(pk__in=keys).update(woken_at=now)
    told = wake_each(tasks.look_up_dataset, keys)
    LookUp.objects.filter(pk__in=keys[len(told) :], woken_at=now).update(woken_at=None)
    return len(told)
