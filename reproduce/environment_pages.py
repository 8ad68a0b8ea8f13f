"""Pages of environments: what a notebook ran in, why it is this, and the files that let anyone make it again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from builder.environment_facts import DOWNLOADS, downloads, engine_reason, fact_rows, package_rows, read_download
from builder.models import Build, Environment
from builder.stages import stage_rows
from catalog.foreign import FOREIGN_POLICY
from catalog.landing import find_landing, negotiated, signposted
from catalog.models import Viewer
from reproduce.models import Run

_MOST: Final = 30
# What most often changes a figure; the rest of the companion is a click away.
_FIRST: Final = frozenset({"fonts", "locale", "timezone", "blas", "matplotlib", "numpy", "libc", "gap", "problems"})


def visible_environment(viewer: Viewer, key: str, of: str | None) -> Environment:
    """Return the environment with this key that was made last, or the one that `of` numbers among them.

    Raises Http404 unless the viewer may see it.
    """
    made = Environment.objects.visible_to(viewer).filter(key=key).select_related("snapshot__repository__publication")
    if of is not None and of.isascii() and of.isdigit() and len(of) < 19:
        return get_object_or_404(made, pk=int(of))
    found = made.first()
    if found is None:
        raise Http404("no such environment")
    return found


@require_safe
def environment_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show an environment; one key may serve several snapshots and dates, of which `?of` chooses one."""
    environment = visible_environment(request.user, key, request.GET.get("of"))
    landing = find_landing(f"environment/{environment.key}")
    if (answer := negotiated(request, landing)) is not None:
        return answer
    snapshot = environment.snapshot
    publication = snapshot.repository.publication
    builds = Build.objects.filter(environment=environment).defer("log")[:_MOST]
    runs = Run.objects.visible_to(request.user).filter(environment=environment)
    others = Environment.objects.visible_to(request.user).filter(key=key).exclude(pk=environment.pk)
    context = {
        "environment": environment,
        "snapshot": snapshot,
        "publication": publication,
        "engine_reason": engine_reason(environment),
        "walked_from": _walked_from(environment),
        "packages": package_rows(environment),
        "companion": fact_rows({name: part for name, part in environment.companion.items() if name in _FIRST}),
        "companion_rest": fact_rows({name: part for name, part in environment.companion.items() if name not in _FIRST}),
        "details": fact_rows(environment.details),
        "downloads": downloads(environment),
        "builds": [(build, stage_rows(build)) for build in builds],
        "runs": runs.select_related("target__publication", "environment").defer(
            "comparison", "artefacts", "data", "written"
        )[:_MOST],
        "others": others.select_related("snapshot__repository__publication")[:_MOST],
        "can_edit": publication.is_editable_by(request.user),
        "landing": landing,
    }
    return signposted(render(request, "reproduce/environment.html", context), landing)


@require_safe
def environment_file(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Give a file of an environment, to be saved."""
    data = read_download(visible_environment(request.user, key, request.GET.get("of")), name)
    if data is None:
        raise Http404("no such file")
    return _saved(data, DOWNLOADS[name], name)


@require_safe
def build_log(request: HttpRequest, build_id: uuid.UUID) -> HttpResponse:
    """Show the log of a build as plain text."""
    build = get_object_or_404(Build.objects.visible_to(request.user), pk=build_id)
    headers = {"Content-Security-Policy": FOREIGN_POLICY, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(f"{build.log}\n", content_type="text/plain; charset=utf-8", headers=headers)


def _walked_from(environment: Environment) -> datetime | None:
    """Return the date that was wished where another had to be taken."""
    wished = datetime.fromisoformat(environment.recipe["as_of"])
    return wished if wished != environment.as_of else None


def _saved(data: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {
        "Content-Security-Policy": FOREIGN_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
    }
    return HttpResponse(data, content_type=media_type, headers=headers)
