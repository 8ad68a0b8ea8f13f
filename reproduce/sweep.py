"""Find what was lost with its worker and start it again; after the set attempts, end it without a verdict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from celery import Task
from django.conf import settings
from django.db.models import Q

from builder.eviction import sweep_environments
from builder.sweep import sweep_builds, sweep_snapshots
from catalog.audit import forget_old
from catalog.causes import cause
from catalog.clock import database_now
from catalog.expose_sweep import tell_again
from catalog.minting_sweep import mint_wanted
from catalog.publishing import release_datasets, release_embargoes
from catalog.search_index import index_stale
from catalog.sweep import sweep_look_ups
from catalog.wake import wake_each
from reproduce.deposit_sweep import deposit_wanted
from reproduce.errors import RunError
from reproduce.executors.orphans import end_orphans, jobs_of_runs, remove_stages, stages_of_runs
from reproduce.executors.scheduler import Scheduler, SchedulerUnreachableError
from reproduce.executors.slurm import Slurm
from reproduce.file_fetching import sweep_fetches
from reproduce.issuing.issue import issue_missing
from reproduce.left_behind import sweep_left_behind
from reproduce.models import ACTIVE_STATES, Run

log = structlog.get_logger(__name__)

_SKEW: Final = timedelta(seconds=2)
_MOST_WOKEN: Final = 100


def sweep_everything(execute_task: Task[..., None], fetch_task: Task[..., None]) -> None:
    """Sweep embargoes, look-ups, snapshots, runs, fetches, builds, leftovers, environments, certificates, records."""
    now = database_now()
    release_embargoes(now=now)
    release_datasets(now=now)
    forget_old(now=now)
    sweep_look_ups(now=now)
    sweep_snapshots(now=now)
    sweep_runs(execute_task, now=now)
    sweep_fetches(fetch_task, now=now)
    if settings.REPRISE_EXECUTOR == "slurm":
        sweep_jobs(Slurm(settings.REPRISE_SLURM.conf))
    sweep_builds(now=now)
    sweep_left_behind()
    sweep_environments(now=now)
    issue_missing()
    index_stale()
    tell_again(now=now)
    mint_wanted()
    deposit_wanted()


def sweep_jobs(scheduler: Scheduler) -> int:
    """Cancel the jobs that a worker left in the batch system and no attempt will; return how many.

    The directories of attempts go when their jobs are gone.
    """
    try:
        jobs, stages = jobs_of_runs(scheduler), stages_of_runs(settings.REPRISE_SLURM.directory)
        busy = {run for run, _ in jobs.values()}
        # Read last: what was seen before is there of a claim that is on record.
        runs = Run.objects.filter(pk__in=busy.union(run for run, _ in stages.values())).values_list("pk", "claim")
        known = dict(runs)
        remove_stages(stages, known, busy)
        return end_orphans(scheduler, known)
    except (RunError, SchedulerUnreachableError) as error:
        log.warning("jobs-not-swept", reason=str(error))
        return 0


def sweep_runs(execute_task: Task[..., None], *, now: datetime) -> int:
    """Requeue runs whose lease ran out, wake workers for runs nobody took; return how many were sent.

    Two sweeps at once find each lost run once; a worker that is told twice of a run takes it once.
    """
    # No worker asks for so long a lease: the clock was put back since. Who lives renews it, who does not is found.
    longest = now + timedelta(seconds=settings.REPRISE_LEASE_S)
    Run.objects.filter(state__in=ACTIVE_STATES, lease_until__gt=longest + _SKEW).update(lease_until=longest)
    lost = Run.objects.filter(state__in=ACTIVE_STATES, lease_until__lt=now)
    lost.filter(cancel_requested_at__isnull=False).update(
        state=Run.State.CANCELLED, claim=None, lease_until=None, ended_at=now
    )
    given_up = cause("worker-lost", attempts=settings.REPRISE_RUN_ATTEMPTS).as_dict()
    lost.filter(attempts__gte=settings.REPRISE_RUN_ATTEMPTS).update(
        state=Run.State.DONE, verdict=None, cause=given_up, claim=None, lease_until=None, ended_at=now
    )
    lost.update(state=Run.State.QUEUED, claim=None, lease_until=None, woken_at=None)
    # A message may wait behind long runs; telling the workers again too soon would only lengthen the queue.
    patience = timedelta(seconds=2 * settings.REPRISE_LEASE_S)
    waiting = Run.objects.filter(state=Run.State.QUEUED).filter(
        Q(attempts__gt=0, woken_at__isnull=True)
        | Q(woken_at__lt=now - patience)
        | Q(woken_at__isnull=True, requested_at__lt=now - patience)
    )
    keys = list(waiting.order_by("requested_at").values_list("pk", flat=True)[:_MOST_WOKEN])
    Run.objects.filter(pk__in=keys).update(woken_at=now)
    told = wake_each(execute_task, keys)
    # The others are told by the next sweep: to wait for a broker that hangs, run after run, would hold up this one.
    Run.objects.filter(pk__in=keys[len(told) :], woken_at=now).update(woken_at=None)
    return len(told)
