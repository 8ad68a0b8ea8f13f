"""Which targets a repair can be tried for, and what the last trial came to."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from catalog.models import Target
from reproduce.diagnose import MENDABLE
from reproduce.models import Run

PATCH: Final = "repair.patch"


def is_repairable(target: Target) -> bool:
    """Tell whether something declared may mend what is on record; nothing is declared for what is given."""
    evidence = target.current_evidence
    if evidence is None or evidence.verdict != "failed" or target.given_environment:
        return False
    return (evidence.cause or {}).get("id") in MENDABLE


def latest_repair(target: Target) -> Run | None:
    """Return the last trial of a repair of what is on record; an earlier one was of something else."""
    evidence = target.current_evidence
    if evidence is None or not is_repairable(target):
        return None
    trials = Run.objects.filter(target=target, is_repair=True, requested_at__gte=evidence.since)
    same = trials.filter(Q(snapshot=None) | Q(snapshot__commit=evidence.commit))
    return same.defer("comparison", "data", "written").order_by("-requested_at").first()
