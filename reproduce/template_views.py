"""Pages of templates: offer a target's notebook for other data, and run one on a dataset."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from builder.errors import SnapshotError
from catalog.analysis_templates import offer_as_template, withdraw_template
from catalog.audit import actor_of
from catalog.causes import Cause, CausedError
from catalog.models import AnalysisTemplate
from catalog.publication_form import SEARCH
from reproduce.access import asker, count_request, may_start, visible_target
from reproduce.derive_views import DeriveForm
from reproduce.errors import RunError
from reproduce.models import Run
from reproduce.template_forms import FilesForm, TemplateForm
from reproduce.template_runs import Offer, check_offer, offer_at, request_on_dataset, slots_of

WITHDRAW = "withdraw"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Offer the notebook for data of other people, change for which, or offer it no longer."""
    target = visible_target(request.user, doi, slug)
    if target is None or not target.publication.is_editable_by(request.user):
        raise Http404("no such target")
    if request.method == "POST" and WITHDRAW in request.POST:
        withdraw_template(target, by=actor_of(request))
        messages.success(request, "It is no longer offered. Runs that were made of it stay.")
        return redirect(target)
    form = TemplateForm(request.POST if request.method == "POST" else None, target=target)
    if request.method == "POST" and SEARCH not in request.POST and form.is_valid():
        try:
            offer_as_template(target, **_said(form), by=actor_of(request))
        except CausedError as error:
            form.add_error("techniques", f"{error.cause.message} {error.cause.hint}")
        else:
            messages.success(request, "It is offered at every dataset of these techniques.")
            return redirect(target)
    standing = AnalysisTemplate.objects.filter(target=target).first()
    context: dict[str, Any] = {"target": target, "publication": target.publication, "form": form, "template": standing}
    try:
        context["slots"], _ = slots_of(target, standing.endings if standing else [])
    except SnapshotError as error:
        context |= {"slots": (), "cause": error.cause}
    is_refused = request.method == "POST" and SEARCH not in request.POST
    return render(request, "reproduce/template.html", context, status=400 if is_refused else 200)


def _said(form: TemplateForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("techniques", "endings")}


@require_http_methods(["GET", "HEAD", "POST"])
def analyse(request: HttpRequest, target_id: int, doi: str) -> HttpResponse:
    """Choose what of the dataset the template reads, and run it. `?of` starts from a run's choices."""
    offer, refused = _offer(request, target_id, doi)
    is_sent = request.method == "POST"
    if is_sent and not may_start(request.user):
        return redirect_to_login(request.get_full_path())
    start = _choices_of(offer, request)
    files = FilesForm(offer, start=start["files"], data=request.POST if is_sent else None)
    others = DeriveForm(
        offer.parameters, start=start["parameters"], data=request.POST if is_sent else None, is_any_needed=False
    )
    if is_sent and refused is None and files.is_valid() and others.is_valid():
        count_request(request)
        try:
            return redirect(
                request_on_dataset(
                    offer,
                    files=files.chosen,
                    parameters=others.values,
                    requested_by=asker(request.user),
                    by=actor_of(request),
                )
            )
        except CausedError as error:
            refused = error.cause
    context = {
        "target": offer.target,
        "publication": offer.target.publication,
        "dataset": offer.dataset,
        "offer": offer,
        "files": files,
        "others": others,
        "cause": refused,
        "may_start": may_start(request.user),
    }
    return render(request, "reproduce/analyse.html", context, status=400 if is_sent else 200)


def _offer(request: HttpRequest, target_id: int, doi: str) -> tuple[Offer, Cause | None]:
    """Return the offer and what stands in its way. Raises Http404 unless the visitor may see both."""
    try:
        offer = offer_at(request.user, doi, target_id)
    except RunError as error:
        raise Http404("no such template") from error
    try:
        check_offer(offer)
    except CausedError as error:
        return offer, error.cause
    return offer, None


def _choices_of(offer: Offer, request: HttpRequest) -> dict[str, dict[str, Any]]:
    try:
        wanted = uuid.UUID(request.GET.get("of", ""))
    except ValueError:
        return {"files": {}, "parameters": {}}
    runs = Run.objects.visible_to(request.user).filter(target=offer.target, dataset=offer.dataset)
    run = runs.filter(pk=wanted).only("parameters", "put").first()
    if run is None:
        return {"files": {}, "parameters": {}}
    return {"files": {one["slot"]: one["path"] for one in run.put["files"]}, "parameters": dict(run.parameters)}
