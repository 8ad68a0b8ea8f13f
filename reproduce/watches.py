"""Watch a Target: re-run it every so many days in its frozen environment."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import Task
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Target
from catalog.wake import wake_each
from reproduce.models import Run, Watch

log = structlog.get_logger(__name__)


def watch(target: Target, *, every_days: int) -> Watch:
    """Watch `target` from now on, or change how often; the first run is due after one period."""
    due = timezone.now() + timedelta(days=every_days)
    watching, _ = Watch.objects.update_or_create(
        target=target, defaults={"every_days": every_days, "is_active": True, "next_at": due}
    )
    return watching


def unwatch(target: Target) -> None:
    """End the watch on `target`, if there is one."""
    Watch.objects.filter(target=target).delete()


def start_due_watches(execute_task: Task[..., None]) -> int:
    """Start the runs that are due and return how many. Two beats at the same moment start each once."""
    now = timezone.now()
    started = []
    for watching in Watch.objects.filter(is_active=True, next_at__lte=now).select_related("target")[:200]:
        after = now + timedelta(days=watching.every_days)
        if not Watch.objects.filter(pk=watching.pk, next_at=watching.next_at).update(next_at=after):
            continue
        try:
            with transaction.atomic():
                run = Run.objects.create(target=watching.target, reason=Run.Reason.WATCH)
                Watch.objects.filter(pk=watching.pk).update(last_run=run)
        except IntegrityError:
            log.info("watch-served-by-active-run", target=watching.target_id)
            continue
        started.append(run.pk)
    wake_each(execute_task, started)
    return len(started)
