"""Ask for a snapshot: create the row, wake a worker when it is committed."""

from __future__ import annotations

from functools import partial

from django.db import IntegrityError, transaction

from builder import tasks
from builder.models import Snapshot
from catalog.audit import SERVICE, Actor, record
from catalog.models import Repository
from catalog.wake import wake

WAITING = (Snapshot.State.REQUESTED, Snapshot.State.FETCHING)


def request_snapshot(repository: Repository, *, by: Actor = SERVICE) -> Snapshot:
    """Ask for the repository's present state; where that was asked already, return the request under way."""
    try:
        with transaction.atomic():
            snapshot = Snapshot.objects.create(repository=repository)
            record("repository.fetch", by=by, subject=repository, doi=repository.publication.doi)
            transaction.on_commit(partial(wake, tasks.fetch_snapshot, snapshot.pk))
            return snapshot
    except IntegrityError:
        return Snapshot.objects.get(repository=repository, state__in=WAITING)
