"""The page of the notebooks behind a publication: where they are, at which commit, and what came of each target."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from builder.fetch import outlines_of
from builder.models import Environment, Snapshot
from catalog.access import open_or_none
from catalog.landing import find_landing, negotiated, signposted
from catalog.models import Target


@require_safe
def notebooks_page(request: HttpRequest, doi: str) -> HttpResponse:
    """Show the repository of a publication as it was fetched last."""
    publication = open_or_none(request.user, doi)
    repository = publication.repositories.first() if publication else None
    if publication is None or repository is None:
        raise Http404("no such notebooks")
    landing = find_landing(f"notebooks/{doi}")
    if (answer := negotiated(request, landing)) is not None:
        return answer
    snapshot = Snapshot.objects.filter(repository=repository, state=Snapshot.State.READY).first()
    targets = Target.objects.visible_to(request.user).filter(publication=publication).select_related("evidence")
    made = Environment.objects.filter(snapshot=snapshot, as_of_choice=repository.as_of)
    context = {
        "publication": publication,
        "repository": repository,
        "snapshot": snapshot,
        "outlines": outlines_of(snapshot) if snapshot else (),
        "targets": targets.select_related("publication"),
        "environments": made,
        "datasets": publication.datasets.order_by("doi"),
        "landing": landing,
    }
    return signposted(render(request, "builder/notebooks.html", context), landing)
