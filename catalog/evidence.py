"""Put a proven verdict on the record of its Target. Called from above, by the run that proved it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from catalog.expose import expose_or_log
from catalog.models import Evidence, Target


def record(
    target: Target,
    *,
    verdict: str,
    cause: dict[str, str] | None,
    run: uuid.UUID,
    commit: str,
    is_sandboxed: bool,
    is_approximated: bool,
    seen_at: datetime,
) -> Evidence | None:
    """Make `verdict` the target's current evidence unless newer evidence is there; return what is then current.

    `target` is as it was when the run began: a verdict on a claim that was changed meanwhile is not put on record.
    `since` is kept while the verdict stays the same.
    """
    with transaction.atomic():
        current = Evidence.objects.select_for_update().filter(target=target).first()
        if Target.objects.select_for_update().get(pk=target.pk).claim != target.claim:
            return current
        if current is not None and current.seen_at > seen_at:
            return current
        since = current.since if current is not None and current.verdict == verdict else seen_at
        evidence, _ = Evidence.objects.update_or_create(
            target=target,
            defaults={
                "verdict": verdict,
                "cause": cause,
                "run": run,
                "commit": commit,
                "is_sandboxed": is_sandboxed,
                "is_approximated": is_approximated,
                "seen_at": seen_at,
                "since": since,
            },
        )
        expose_or_log(target.publication)
        return evidence
