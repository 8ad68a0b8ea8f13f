"""Watch a Target: re-run it every so many days in its frozen environment."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import Task
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.audit import SERVICE, Actor, record
from catalog.models import Target
from catalog.wake import wake_each
from reproduce.models import Run, Watch

log = structlog.get_logger(__name__)


def watch(target: Target, *, every_days: int, by: Actor = SERVICE) -> Watch:
    """Watch `target` from now on, or change how often; the first run is due after one period."""
    due = timezone.now() + timedelta(days=every_days)
    with transaction.atomic():
        watching, _ = Watch.objects.update_or_create(
            target=target, defaults={"every_days": every_days, "is_active": True, "next_at": due}
        )
        record("watch.set", by=by, subject=target, doi=target.publication.doi, every_days=every_days)
    return watching


def unwatch(target: Target, *, by: Actor = SERVICE) -> None:
    """End the watch on `target`, if there is one."""
    with transaction.atomic():
        ended, _ = Watch.objects.filter(target=target).delete()
        if ended:
            record("watch.end", by=by, subject=target, doi=target.publication.doi)


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
