"""Pages of publications, their datasets and their targets, all under /doi/, and what can be asked of a target."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from builder.as_of import date_choices
from builder.estimate import estimate_build
from builder.models import Environment, Snapshot
from catalog.access import visible_or_none, with_contents
from catalog.analysis_templates import templates_for
from catalog.audit import actor_of
from catalog.landing import Landing, find_landing, negotiated, signposted, with_vary
from catalog.models import Dataset, ExperimentGroup, Publication, PublicationQuerySet, Target
from catalog.publishing import latest_end
from reproduce.access import asker, count_request, may_start, visible_target
from reproduce.data_rows import data_rows, file_rows
from reproduce.errors import RunError
from reproduce.forms import ReproduceForm, WatchForm
from reproduce.issuing.presentation import certificate_row
from reproduce.models import Run
from reproduce.opening import Opening, opening_of
from reproduce.presentation import cell_rows, counted_states, figure_pairs
from reproduce.preview_files import preview_files
from reproduce.preview_words import rows_of_files
from reproduce.queue import request_repair, request_run
from reproduce.record import publication_record, read_statement, target_record
from reproduce.repairs import is_repairable, latest_repair
from reproduce.watches import unwatch, watch

HISTORY_LENGTH = 60
CERTIFICATES_SHOWN = 3
# Each that is not kept yet is drawn by a program of its own.
PICTURES_SHOWN = 4
RUNS_SHOWN = 10


@require_safe
def by_doi(request: HttpRequest, doi: str) -> HttpResponse:
    """Show what a DOI names: a publication, a dataset, or a target, whose slug follows the publication's DOI.

    A DOI may hold slashes, so the whole is tried first and the last part is taken for a slug only then.
    """
    publication = visible_or_none(request.user, doi)
    if publication is not None:
        return _publication_page(request, publication, find_landing(f"publication/{doi}"))
    dataset = Dataset.objects.filter(doi=doi).first()
    if dataset is not None:
        return _dataset_page(request, dataset, find_landing(f"dataset/{doi}"))
    parent, _, slug = doi.rpartition("/")
    return target_page(request, parent, slug)


def _publication_page(request: HttpRequest, publication: Publication, landing: Landing | None) -> HttpResponse:
    if (answer := negotiated(request, landing, own=("application/json",))) is not None:
        return answer
    visible = Target.objects.visible_to(request.user).filter(publication=publication)
    targets = visible.select_related("evidence", "publication")
    if _is_json_wanted(request):
        return _as_json(publication_record(publication, targets))
    of_publication = {"repository__publication": publication, "repository__publication__in": _open_to(request)}
    environments = Environment.objects.visible_to(request.user).filter(snapshot__repository__publication=publication)
    context = {
        "publication": publication,
        "targets": targets,
        "datasets": publication.datasets.all(),
        "repositories": publication.repositories.all(),
        "snapshot": Snapshot.objects.filter(**of_publication, state="ready").first(),
        "environment": environments.filter(as_of_choice=F("snapshot__repository__as_of")).first(),
        "is_open": _open_to(request).filter(pk=publication.pk).exists(),
        "latest_embargo": latest_end(publication, now=timezone.now()),
        "groups": ExperimentGroup.objects.visible_to(request.user).filter(publications=publication),
        "can_edit": publication.is_editable_by(request.user),
        "may_start": may_start(request.user),
        "landing": landing,
    }
    return signposted(render(request, "reproduce/publication.html", context), landing)


def _open_to(request: HttpRequest) -> PublicationQuerySet:
    return Publication.objects.open_to(request.user)


def _dataset_page(request: HttpRequest, dataset: Dataset, landing: Landing | None) -> HttpResponse:
    rest = Publication.objects.visible_to(request.user).filter(datasets=dataset).with_cards()
    publications = with_contents(rest, request.user)
    if not publications:
        raise Http404("no such dataset")
    if (answer := negotiated(request, landing)) is not None:
        return answer
    are_files_open = Dataset.objects.open_to(request.user).filter(pk=dataset.pk).exists()
    previews = preview_files(dataset, request.user)
    derived = Run.objects.visible_to(request.user).filter(dataset=dataset).select_related("target__publication")
    context = {
        "dataset": dataset,
        "publications": publications,
        "files": rows_of_files(dataset.files, previews, pictures=PICTURES_SHOWN) if are_files_open else [],
        "are_previews": any(file.is_here or file.source for file in previews),
        "templates": templates_for(dataset, request.user) if are_files_open else (),
        "derived": derived[:RUNS_SHOWN],
        "landing": landing,
    }
    return signposted(render(request, "reproduce/dataset.html", context), landing)


@require_safe
def target_page(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Show a target's evidence; the same address answers in JSON to who asks for it."""
    target = visible_target(request.user, doi, slug)
    if target is None:
        raise Http404("no such target")
    evidence = target.current_evidence
    run = _evidence_run(target) if evidence else None
    snapshot = Snapshot.objects.filter(repository=target.repository_id, state=Snapshot.State.READY).first()
    if _is_json_wanted(request):
        opening = _opening(target, run, snapshot)
        return _as_json(target_record(target, run, statement=read_statement(run), opening=opening))
    if evidence is None:
        # What the last run came to is shown, though it proves nothing.
        run = _compared_runs(target).first()
    runs = (
        Run.objects.visible_to(request.user)
        .filter(target=target)
        .select_related("environment", "dataset")
        .defer("comparison", "artefacts", "data", "written")
    )
    history = list(runs.order_by("-requested_at")[:HISTORY_LENGTH])
    of_record = [other for other in history if not other.is_what_if]
    context: dict[str, Any] = {
        "publication": target.publication,
        "target": target,
        "evidence": evidence,
        "run": run,
        "pairs": figure_pairs(run.comparison, target.cells) if run else (),
        "rows": cell_rows(run.comparison) if run else (),
        "data_rows": data_rows(run.data) if run else (),
        "file_rows": file_rows(run.comparison) if run else (),
        "counts": counted_states(run.comparison) if run else (),
        "history": history,
        "of_record": of_record,
        "active": next((other for other in of_record if other.is_active), None),
        "last": of_record[0] if of_record else None,
        "is_repairable": is_repairable(target),
        "repair": latest_repair(target),
        "opening": _opening(target, run, snapshot),
        "dates": date_choices(target.repository, snapshot),
        "estimate": estimate_build(snapshot, target.repository.as_of),
        "watch": getattr(target, "watch", None),
        "watch_form": WatchForm(initial={"every_days": 30}),
        "certificates": [
            certificate_row(one, timezone.now()) for one in target.certificates.all()[:CERTIFICATES_SHOWN]
        ],
        "can_edit": target.publication.is_editable_by(request.user),
        "may_start": may_start(request.user),
    }
    return with_vary(render(request, "reproduce/target.html", context))


def _opening(target: Target, run: Run | None, snapshot: Snapshot | None) -> Opening:
    """Return where it can be opened as it was run, or as it is where it was not."""
    if run is None or run.snapshot is None:
        return opening_of(target, snapshot=snapshot, environment=None)
    return opening_of(target, snapshot=run.snapshot, environment=run.environment)


def _evidence_run(target: Target) -> Run | None:
    evidence = target.current_evidence
    return _in_full(Run.objects.filter(target=target, pk=evidence.run)).first() if evidence else None


def _compared_runs(target: Target) -> QuerySet[Run]:
    """Return the runs of record whose outputs were compared, without a verdict, the newest first."""
    compared = Run.objects.of_record().filter(state=Run.State.DONE, verdict=None, comparison__isnull=False)
    return _in_full(compared.filter(target=target)).order_by("-requested_at")


def _in_full(runs: QuerySet[Run]) -> QuerySet[Run]:
    return runs.select_related("environment", "snapshot", "build", "requested_by")


def _is_json_wanted(request: HttpRequest) -> bool:
    if "format" in request.GET:
        return request.GET["format"] == "json"
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _as_json(record: dict[str, Any]) -> HttpResponse:
    return with_vary(JsonResponse(record, json_dumps_params={"indent": 2}))


@require_POST
def reproduce(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Start a run, or join the one that is under way, and lead to its page."""
    target = visible_target(request.user, doi, slug)
    if target is None:
        raise Http404("no such target")
    if not may_start(request.user):
        return redirect_to_login(target.get_absolute_url())
    form = ReproduceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the three dates.")
        return redirect(target)
    count_request(request)
    as_of = form.cleaned_data["as_of"]
    return redirect(
        request_run(
            target, reason=Run.Reason.CLICK, requested_by=asker(request.user), as_of=as_of, by=actor_of(request)
        )
    )


@require_POST
def repair(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Try a repair of a target that failed, or join the trial that is under way, and lead to its page."""
    target = visible_target(request.user, doi, slug)
    if target is None or not target.publication.is_editable_by(request.user):
        raise Http404("no such target")
    try:
        return redirect(request_repair(target, requested_by=asker(request.user), by=actor_of(request)))
    except RunError as error:
        messages.error(request, error.cause.message)
        return redirect(target)


@require_POST
def set_watch(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Watch a target, change how often it is re-run, or end the watch."""
    target = visible_target(request.user, doi, slug)
    if target is None or not target.publication.is_editable_by(request.user):
        raise Http404("no such target")
    form = WatchForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give a number of days between 1 and 366.")
    elif form.cleaned_data["is_over"]:
        unwatch(target, by=actor_of(request))
        messages.success(request, "It is no longer re-run on a schedule.")
    else:
        watch(target, every_days=form.cleaned_data["every_days"], by=actor_of(request))
        messages.success(request, f"It is re-run every {form.cleaned_data['every_days']} days from now on.")
    return redirect(target)
