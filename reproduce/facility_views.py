"""Pages of facilities: which published analyses still come out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import Facility, Publication, Target
from reproduce.models import Run
from reproduce.verdicts import GOOD

DOTS: Final = 16


@dataclass(frozen=True, slots=True)
class Watched:
    """A target with its last runs, newest first."""

    target: Target
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the targets with a verdict came out."""

    good: int
    proven: int
    total: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.good / self.proven) if self.proven else None


@require_safe
def facilities(request: HttpRequest) -> HttpResponse:
    """List the facilities with what is known of their analyses."""
    public = Q(publications__in=Publication.objects.visible_to(request.user).values("pk"))
    # Of an embargoed publication nobody else is told what came out, not as a number either.
    opened = Q(publications__in=Publication.objects.open_to(request.user).values("pk"))
    claimed = opened & Q(publications__targets__state=Target.State.CONFIRMED)
    proven = claimed & Q(publications__targets__evidence__isnull=False)
    good = claimed & Q(publications__targets__evidence__verdict__in=sorted(GOOD))
    rows = Facility.objects.annotate(
        publication_count=Count("publications", filter=public, distinct=True),
        target_count=Count("publications__targets", filter=claimed, distinct=True),
        proven_count=Count("publications__targets", filter=proven, distinct=True),
        good_count=Count("publications__targets", filter=good, distinct=True),
    ).order_by("-publication_count", "name")
    shares = [(row, Share(row.good_count, row.proven_count, row.target_count)) for row in rows]
    return render(request, "reproduce/facilities.html", {"rows": shares})


@require_safe
def facility(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a facility's publications, each target's last verdict, when it was seen, and its last runs as dots."""
    found = get_object_or_404(Facility, slug=slug)
    targets = list(
        Target.objects.visible_to(request.user)
        .filter(publication__facility=found, state=Target.State.CONFIRMED)
        .select_related("publication", "evidence")
        .order_by("-publication__published_on", "publication_id", "position", "pk")
    )
    runs = _last_runs(targets)
    groups: dict[int, tuple[Publication, list[Watched]]] = {}
    for target in targets:
        group = groups.setdefault(target.publication_id, (target.publication, []))
        group[1].append(Watched(target, runs[target.pk]))
    verdicts = [target.current_evidence.verdict for target in targets if target.current_evidence]
    share = Share(sum(verdict in GOOD for verdict in verdicts), len(verdicts), len(targets))
    return render(request, "reproduce/facility.html", {"facility": found, "groups": groups.values(), "share": share})


def _last_runs(targets: list[Target]) -> dict[int, list[Run]]:
    """Return the last runs of each target in one query."""
    newest = Window(RowNumber(), partition_by=F("target_id"), order_by=F("requested_at").desc())
    found: dict[int, list[Run]] = defaultdict(list)
    runs = (
        Run.objects.of_record()
        .filter(target__in=targets)
        .annotate(place=newest)
        .filter(place__lte=DOTS)
        .order_by("place")
    )
    for run in runs.defer("comparison", "artefacts", "data", "written"):
        found[run.target_id].append(run)
    return found
