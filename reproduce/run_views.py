"""Pages of a run: its progress, its artefacts and its executed notebook."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from catalog.audit import actor_of
from catalog.foreign import FOREIGN_POLICY
from catalog.models import Viewer
from reproduce.access import may_cancel
from reproduce.models import Run
from reproduce.notebook_page import render_notebook
from reproduce.presentation import hero_figure
from reproduce.progress import progress_of
from reproduce.queue import cancel_run
from reproduce.record import open_store

SHOWN_AS: Final = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/svg+xml": "image/svg+xml",
    "text/html": "text/html; charset=utf-8",
    "text/plain": "text/plain; charset=utf-8",
    "application/json": "application/json",
    "application/toml": "text/plain; charset=utf-8",
    "application/x-ndjson": "text/plain; charset=utf-8",
}
REPORT: Final = "report.html"
FOR_EVER: Final = "private, max-age=31536000, immutable"


def visible_run(viewer: Viewer, run_id: uuid.UUID) -> Run:
    """Return the run with all that its pages show. Raises Http404 unless the viewer may see it."""
    runs = Run.objects.visible_to(viewer).select_related(
        "target__publication__facility",
        "target__repository",
        "environment",
        "snapshot",
        "build",
        "requested_by",
        "dataset",
    )
    return get_object_or_404(runs, pk=run_id)


@never_cache
@require_safe
def run_page(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Show how far a run is and what it says; it follows the run live where scripts are allowed."""
    run = visible_run(request.user, run_id)
    return render(request, "reproduce/run.html", progress_of(run, request.user))


@require_POST
def cancel(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """End a run."""
    run = visible_run(request.user, run_id)
    if not may_cancel(run, request.user):
        raise Http404("not yours to end")
    cancel_run(run, by=actor_of(request))
    return redirect(run)


@require_safe
def artefact(request: HttpRequest, run_id: uuid.UUID, name: str) -> HttpResponse:
    """Give an artefact of a run, for ever the same under its address; `?download` saves instead of showing it."""
    run = visible_run(request.user, run_id)
    kept = run.artefacts.get(name)
    if kept is None:
        raise Http404("no such artefact")
    return _give(request, str(kept["sha256"]), str(kept["media_type"]), name, is_saved="download" in request.GET)


@require_safe
def thumbnail(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Give the picture that stands for a run in lists; where it has none, the published one."""
    run = visible_run(request.user, run_id)
    name = hero_figure(run.comparison, run.target.cells) or hero_figure(run.comparison)
    kept = run.artefacts.get(name) if name else None
    if name is None or kept is None:
        return redirect("published-figure", run.target_id)
    return _give(request, str(kept["sha256"]), str(kept["media_type"]), name, is_saved=False)


@require_safe
def notebook(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Show the executed notebook in a frame that can do nothing."""
    run = visible_run(request.user, run_id)
    if "executed.ipynb" not in run.artefacts:
        raise Http404("it left no notebook")
    return render(request, "reproduce/notebook.html", {"run": run, "target": run.target})


@require_safe
def notebook_content(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """Give the executed notebook as the page for that frame."""
    run = visible_run(request.user, run_id)
    kept = run.artefacts.get("executed.ipynb")
    if kept is None:
        raise Http404("it left no notebook")
    with open_store().open(str(kept["sha256"])) as stream:
        page = render_notebook(stream.read())
    return HttpResponse(
        page, headers={"Content-Security-Policy": FOREIGN_POLICY, "Cache-Control": "private, max-age=300"}
    )


def _give(request: HttpRequest, sha256: str, media_type: str, name: str, *, is_saved: bool) -> HttpResponse:
    # A stranger's page is saved: for its frames a browser connects before it asks the policy. The report is ours.
    is_page = media_type == "text/html" and name != REPORT
    shown_as = None if is_page else SHOWN_AS.get(media_type)
    headers = {
        "Content-Security-Policy": FOREIGN_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": FOR_EVER,
        "ETag": f'"{sha256}"',
    }
    with open_store().open(sha256) as stream:
        response = HttpResponse(stream.read(), content_type=shown_as or "application/octet-stream", headers=headers)
    disposition = content_disposition_header(is_saved or shown_as is None, PurePosixPath(name).name)
    if disposition:
        response.headers["Content-Disposition"] = disposition
    conditional = get_conditional_response(request, etag=headers["ETag"], response=response)
    return conditional if isinstance(conditional, HttpResponse) else response
