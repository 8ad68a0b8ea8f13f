"""The pages of a reviewer. The address is all the right there is: no account is asked, and none is used."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from pathlib import PurePosixPath
from typing import Concatenate, Final, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from catalog.audit import Actor, Via
from catalog.causes import CausedError
from catalog.foreign import FOREIGN_POLICY
from catalog.models import ReviewLink
from catalog.review_links import find_link
from reproduce.access import count_request
from reproduce.models import Run
from reproduce.notebook_page import render_notebook
from reproduce.queue import request_run
from reproduce.review.crate import blind_crate
from reproduce.review.shown import (
    environment_file_given,
    file_given,
    files_of,
    publication_shown,
    run_shown,
    runs_of,
    target_of,
    target_words,
    targets_of,
    veil_of,
)
from reproduce.review.veil import Veil
from reproduce.run_views import SHOWN_AS

P = ParamSpec("P")
# The address is a secret: it goes to no other site, into no index and into no cache.
HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "private, no-store",
}
EXECUTED: Final = "executed.ipynb"


def blind(
    view: Callable[Concatenate[HttpRequest, ReviewLink, Veil, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Open a review link and hand the view its veil; what is no good link answers "not found"."""

    @wraps(view)
    def opened(request: HttpRequest, secret: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        link = find_link(secret, now=timezone.now())
        if link is None:
            raise Http404("no such link")
        response = view(request, link, veil_of(link.publication, link.further_words), *args, **kwargs)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return opened


@require_safe
@blind
def review(request: HttpRequest, link: ReviewLink, veil: Veil) -> HttpResponse:
    """Show the publication under review with its targets."""
    context = {**publication_shown(veil, link.publication), **_of(request, link)}
    return render(request, "review/publication.html", context)


@require_safe
@blind
def review_target(request: HttpRequest, link: ReviewLink, veil: Veil, slug: str) -> HttpResponse:
    """Show a target: what came out beside what was published, and how it can be run again."""
    target = target_of(veil, link.publication, slug)
    if target is None:
        raise Http404("no such target")
    runs = [run_shown(veil, run) for run in runs_of(target, link)]
    of_record = runs[-1] if runs else None
    context = {"target": target_words(veil, target), "runs": runs, "run": of_record, **_of(request, link)}
    return render(request, "review/target.html", context)


@csrf_exempt  # Who knows the address may do this; no cookie gives the right, so that no other site can borrow it.
@require_POST
@blind
def review_reproduce(request: HttpRequest, link: ReviewLink, veil: Veil, slug: str) -> HttpResponse:
    """Run a target's notebook again and lead to the run."""
    target = target_of(veil, link.publication, slug)
    if target is None:
        raise Http404("no such target")
    count_request(request)
    by = Actor(None, "", Via.REVIEW, link.pk)
    run = request_run(target, reason=Run.Reason.CLICK, requested_by=None, by=by)
    return redirect("review-run", request.resolver_match.kwargs["secret"], run.pk)  # type: ignore[union-attr]  # routed


@require_safe
@blind
def review_run(request: HttpRequest, link: ReviewLink, veil: Veil, run_id: uuid.UUID) -> HttpResponse:
    """Show how far a run is and what it says."""
    run = _run(link, run_id)
    context = {"run": run_shown(veil, run), "target": target_words(veil, run.target), **_of(request, link)}
    return render(request, "review/run.html", context)


@require_safe
@blind
def review_file(request: HttpRequest, link: ReviewLink, veil: Veil, run_id: uuid.UUID, name: str) -> HttpResponse:
    """Give a file of a run, masked; `?download` saves instead of showing it."""
    given = file_given(veil, _run(link, run_id), name)
    if given is None:
        raise Http404("nothing that can be shown")
    file, content = given
    shown_as = None if file.media_type == "text/html" and file.name != "report.html" else SHOWN_AS.get(file.media_type)
    return _foreign(content, shown_as, file.name, is_saved="download" in request.GET)


@require_safe
@blind
def review_environment(
    _request: HttpRequest, link: ReviewLink, veil: Veil, run_id: uuid.UUID, name: str
) -> HttpResponse:
    """Give a file that makes the environment of a run again, masked."""
    environment = _run(link, run_id).environment
    content = environment_file_given(veil, environment, name) if environment is not None else None
    if content is None:
        raise Http404("no such file")
    return _foreign(content, "text/plain; charset=utf-8", name, is_saved=True)


@require_safe
@blind
def review_notebook(_request: HttpRequest, link: ReviewLink, veil: Veil, run_id: uuid.UUID) -> HttpResponse:
    """Show the executed notebook, masked, in a page that can do nothing."""
    run = _run(link, run_id)
    file = files_of(veil, run).get(EXECUTED)
    given = file_given(veil, run, file.name) if file is not None else None
    if given is None:
        raise Http404("it left no notebook that can be shown")
    return HttpResponse(render_notebook(given[1]), headers={"Content-Security-Policy": FOREIGN_POLICY})


@require_safe
@blind
def review_crate(request: HttpRequest, link: ReviewLink, _veil: Veil, run_id: uuid.UUID) -> HttpResponse:
    """Give the evidence of a run as an RO-Crate, masked and looked through, or say why not."""
    run = _run(link, run_id)
    veil = veil_of(link.publication, link.further_words, is_recording=True)
    try:
        content = blind_crate(veil, run)
    except CausedError as error:
        # Said here, since the page that other errors get lacks the headers of these pages.
        context = {"cause": error.cause.as_dict(), **_of(request, link)}
        return render(request, "review/refused.html", context, status=422)
    if content is None:
        raise Http404("it left no notebook that can be shown, or is not over")
    return _foreign(content, "application/zip", f"reprise-{run.pk}.zip", is_saved=True)


def _run(link: ReviewLink, run_id: uuid.UUID) -> Run:
    """Return a run that the link shows. Raises Http404."""
    for target in targets_of(link.publication):
        for run in runs_of(target, link):
            if run.pk == run_id:
                return run
    raise Http404("no such run")


def _of(request: HttpRequest, link: ReviewLink) -> dict[str, object]:
    secret = request.resolver_match.kwargs["secret"] if request.resolver_match else ""
    return {"secret": secret, "expires_at": link.expires_at}


def _foreign(content: bytes, shown_as: str | None, name: str, *, is_saved: bool) -> HttpResponse:
    response = HttpResponse(content, content_type=shown_as or "application/octet-stream")
    response.headers["Content-Security-Policy"] = FOREIGN_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    disposition = content_disposition_header(is_saved or shown_as is None, PurePosixPath(name).name)
    if disposition:
        response.headers["Content-Disposition"] = disposition
    return response
