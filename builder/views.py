"""Register a publication: its metadata, the fetch of its repository, and the targets that were found in it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from builder.as_of import date_choices
from builder.forms import RegisterSourceForm
from builder.models import Snapshot
from builder.proposed_registration import propose_registration
from builder.queue import request_snapshot
from catalog.access import editable_or_404
from catalog.audit import actor_of
from catalog.causes import CausedError, cause
from catalog.data_places import as_lines
from catalog.foreign import FOREIGN_POLICY
from catalog.forms import AsOfForm, ByHandForm
from catalog.looking_up import look_up, with_datasets
from catalog.models import Publication, Target
from catalog.queue import request_look_ups
from catalog.registration import choose_date, save_targets
from catalog.registration import register as register_publication
from catalog.resources import words_of
from catalog.roles import may_register
from catalog.sources import Creator, PublicationFacts
from catalog.target_forms import TargetFormSet, target_rows


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Take DOI and repository; with one of them alone, propose what belongs to it.

    Where no agency tells the metadata, ask for them and take them by hand.
    """
    user = request.user
    if not isinstance(user, User) or not may_register(user):
        raise PermissionDenied("Your account may read and reproduce, but not register. Ask the operator for the role.")
    if request.method != "POST":
        return render(request, "builder/register.html", {"form": RegisterSourceForm()})
    is_by_hand = "title" in request.POST
    if "look_up" in request.POST or not (is_by_hand or request.POST.get("source_url", "").strip()):
        return _propose(request)
    form = RegisterSourceForm(request.POST)
    by_hand = ByHandForm(request.POST) if is_by_hand else None
    if not form.is_valid() or (by_hand is not None and not by_hand.is_valid()):
        return render(request, "builder/register.html", {"form": form, "by_hand": by_hand}, status=422)
    typed = form.cleaned_data
    try:
        facts = _facts_by_hand(typed["doi"], by_hand) if by_hand else look_up(typed["doi"])
        datasets = typed.pop("datasets")
        if "datasets" in request.POST:
            facts = with_datasets(facts, datasets)
        publication = register_publication(owner=user, facts=facts, **typed, by=actor_of(request))
    except CausedError as error:
        if error.cause.fault == "upstream" or error.cause.id == "doi-unknown":
            by_hand = by_hand or ByHandForm()
        context = {"form": form, "by_hand": by_hand, "cause": error.cause.as_dict()}
        return render(request, "builder/register.html", context, status=422)
    for repository in publication.repositories.all():
        request_snapshot(repository)
    request_look_ups(publication)
    return redirect("targets", publication.doi)


def _propose(request: HttpRequest) -> HttpResponse:
    """Show the form filled in with what is known, beside what is known; nothing is registered yet."""
    typed = {name: request.POST.get(name, "").strip()[:1000] for name in ("doi", "source_url", "ref")}
    if not (typed["doi"] or typed["source_url"]):
        return render(request, "builder/register.html", {"form": RegisterSourceForm(request.POST)}, status=422)
    try:
        proposed = propose_registration(**typed)
    except CausedError as error:
        context = {"form": RegisterSourceForm(initial=typed), "cause": error.cause.as_dict()}
        if error.cause.fault == "upstream" or error.cause.id == "doi-unknown":
            context["by_hand"] = ByHandForm()
        return render(request, "builder/register.html", context, status=422)
    form = RegisterSourceForm(initial=proposed.initial)
    return render(request, "builder/register.html", {"form": form, "proposed": proposed})


def _facts_by_hand(doi: str, form: ByHandForm) -> PublicationFacts:
    typed = form.cleaned_data
    return PublicationFacts(
        doi=doi,
        title=typed["title"],
        agency="manual",
        creators=tuple(Creator(name=one["name"], orcid=one.get("orcid")) for one in typed["creators"]),
        published_on=typed["published_on"],
        venue=typed["venue"],
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def targets(request: HttpRequest, doi: str) -> HttpResponse:
    """Wait for the repository with the author, then show what was found in it, to confirm or to change."""
    publication = editable_or_404(request.user, doi)
    latest = Snapshot.objects.filter(repository__publication=publication).first()
    repository = publication.repositories.first()
    notebooks = _notebook_paths(publication)
    context: dict[str, Any] = {
        "publication": publication,
        "snapshot": latest,
        "repository": repository,
        "datasets": publication.datasets.all(),
        "dates": date_choices(repository, latest) if repository else (),
        "is_waiting": latest is not None and latest.state in (Snapshot.State.REQUESTED, Snapshot.State.FETCHING),
    }
    if request.method == "POST" and notebooks:
        formset = target_rows(notebooks, typed=request.POST, standing=_standing(publication))
        if formset.is_valid():
            try:
                return _save(request, publication, formset)
            except CausedError as error:
                context["cause"] = error.cause.as_dict()
        return render(request, "builder/targets.html", {**context, "formset": formset}, status=422)
    if notebooks and not context["is_waiting"]:
        context["formset"] = target_rows(notebooks, initial=_rows(publication))
    elif latest is not None and latest.state == Snapshot.State.READY:
        context["cause"] = cause("no-notebooks", source=context["repository"]).as_dict()
    return render(request, "builder/targets.html", context)


def _save(request: HttpRequest, publication: Publication, formset: TargetFormSet) -> HttpResponse:
    drafts = formset.drafts()
    save_targets(publication, drafts=drafts, by=actor_of(request))
    kept = sum(draft.is_kept for draft in drafts)
    messages.success(request, "1 target is confirmed." if kept == 1 else f"{kept} targets are confirmed.")
    return redirect(publication)


def _notebook_paths(publication: Publication) -> tuple[str, ...]:
    """Return the notebooks of the newest snapshot, and those that targets name already."""
    ready = Snapshot.objects.filter(repository__publication=publication, state=Snapshot.State.READY).first()
    found = [str(outline["path"]) for outline in ready.notebooks] if ready else []
    named = publication.targets.values_list("notebook", flat=True)
    return tuple(dict.fromkeys([*found, *named]))


def _rows(publication: Publication) -> list[dict[str, Any]]:
    return [_row(target) for target in publication.targets.all()]


def _standing(publication: Publication) -> dict[int, dict[str, Any]]:
    return dict(publication.targets.values_list("pk", "resources"))


def _row(target: Target) -> dict[str, Any]:
    names = ("id", "label", "kind", "caption", "notebook", "rtol", "image_limit", "timeout_s", "is_host_missing")
    declared = ("threads", "matplotlib_backend")
    row = {name: getattr(target, name) for name in names + declared}
    return {
        **row,
        "data": as_lines(target.data),
        "output_files": "\n".join(target.output_files),
        "cells": " ".join(target.cells),
        "disabled_rules": " ".join(target.disabled_rules),
        "allowed_hosts": " ".join(target.allowed_hosts),
        "atol": target.atol or None,
        "resources": words_of(target.resources),
        "given_environment": target.given_environment,
        "is_kept": True,
        "reason": target.reason,
    }


@login_required
@require_POST
def as_of(request: HttpRequest, doi: str) -> HttpResponse:
    """Choose the date that the repository is resolved as of."""
    publication = editable_or_404(request.user, doi)
    form = AsOfForm(request.POST)
    if form.is_valid():
        choose_date(publication, as_of=form.cleaned_data["as_of"], by=actor_of(request))
        messages.success(request, "The next run resolves what is not pinned as of this date.")
    else:
        messages.error(request, "Choose one of the three dates.")
    return redirect("targets", publication.doi)


@require_safe
def declaration(request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """Give the patch that declares what had to be inferred, for the author to commit."""
    visible = Publication.objects.open_to(request.user).values("pk")
    snapshots = Snapshot.objects.filter(repository__publication__in=visible).exclude(declaration="")
    snapshot = get_object_or_404(snapshots, pk=snapshot_id)
    headers = {
        "Content-Disposition": 'attachment; filename="declaration.patch"',
        "Content-Security-Policy": FOREIGN_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(snapshot.declaration, content_type="text/x-diff; charset=utf-8", headers=headers)


@login_required
@require_POST
def fetch_again(request: HttpRequest, doi: str) -> HttpResponse:
    """Ask for the repositories' present state."""
    publication = editable_or_404(request.user, doi)
    for repository in publication.repositories.all():
        request_snapshot(repository, by=actor_of(request))
    return redirect("targets", publication.doi)
