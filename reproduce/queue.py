"""Ask for a run, or for its end. One active run serves everybody who asks for the same target."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from catalog.audit import SERVICE, Actor, record
from catalog.clock import database_now
from catalog.models import Dataset, Target
from catalog.wake import wake
from reproduce import tasks
from reproduce.derived import derivation_of
from reproduce.errors import RunError
from reproduce.models import ACTIVE_STATES, Run
from reproduce.repairs import is_repairable


def request_run(target: Target, *, reason: str, requested_by: User | None, as_of: str = "", by: Actor = SERVICE) -> Run:
    """Return the target's active run as of that date, new unless somebody asked before.

    `as_of` is an AsOf; empty, or the repository's own choice, asks for the run that counts. Any other is a "what if".
    """
    if as_of == target.repository.as_of:
        as_of = ""
    return _request(target, reason, requested_by, {"as_of": as_of}, by)


def request_repair(target: Target, *, requested_by: User | None, by: Actor = SERVICE) -> Run:
    """Return the target's active run that tries a repair, new unless somebody asked before.

    Raises RunError (nothing-to-repair) where nothing declared is known to mend what is on record.
    """
    if not is_repairable(target):
        raise RunError("nothing-to-repair")
    return _request(target, Run.Reason.REPAIR, requested_by, {"is_repair": True}, by)


def request_derived(
    target: Target,
    *,
    parameters: Mapping[str, Any],
    requested_by: User | None,
    by: Actor = SERVICE,
    dataset: Dataset | None = None,
    put: Mapping[str, Any] | None = None,
) -> Run:
    """Return the target's active run with these values, new unless somebody asked for the same before.

    The values are those of `derived.checked_values`. It is as of the author's date, and proves nothing on record. With
    a `dataset` it reads that, `put` in place as `template_runs` says.
    """
    kind = {"derivation": derivation_of(parameters, dataset.doi if dataset else "", put)}
    fields = {"parameters": dict(parameters), "dataset": dataset, "put": dict(put or {})}
    return _request(target, Run.Reason.DERIVED, requested_by, kind, by, **fields)


def _request(
    target: Target, reason: str, requested_by: User | None, differing: dict[str, Any], by: Actor, **fields: object
) -> Run:
    kind = {"as_of": "", "is_repair": False, "derivation": "", **differing}
    for _ in range(5):
        try:
            with transaction.atomic():
                run = Run.objects.create(target=target, reason=reason, requested_by=requested_by, **kind, **fields)
                action = "run.repair" if kind["is_repair"] else "run.derive" if kind["derivation"] else "run.request"
                more = {"dataset": run.dataset.doi} if run.dataset else {}
                record(action, by=by, subject=target, doi=target.publication.doi, run=str(run.pk), **more)
                transaction.on_commit(partial(wake, tasks.execute_run, run.pk))
                return run
        except IntegrityError:
            active = Run.objects.active().filter(target=target, **kind).first()
            if active is not None:
                return active
            # It ended between the two looks: ask again.
    return Run.objects.filter(target=target, **kind).latest("requested_at")


def cancel_run(run: Run, *, by: Actor = SERVICE) -> bool:
    """End a run now, whatever it is doing. Return whether there was anything to end.

    With its claim gone the worker writes nothing more, and has ended all that runs for it within two seconds.
    """
    now = database_now()
    active = Run.objects.filter(pk=run.pk, state__in=ACTIVE_STATES)
    with transaction.atomic():
        ended = active.update(
            state=Run.State.CANCELLED, ended_at=now, cancel_requested_at=now, claim=None, lease_until=None
        )
        if ended:
            record("run.cancel", by=by, subject=run.target, doi=run.target.publication.doi, run=str(run.pk))
    return bool(ended)
