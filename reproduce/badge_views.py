"""Badges by address: SVG, JSON and the endpoint of shields.io. An unknown one is grey and never an error."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from catalog.access import open_or_none
from catalog.models import Evidence, Publication, Target
from reproduce.access import visible_target
from reproduce.badges import Badge, badge, publication_badge
from reproduce.models import Run
from reproduce.verdicts import Verdict

Form = Literal["svg", "json", "shields"]

EMBEDDABLE: Final = {
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@require_safe
def badge_by_doi(request: HttpRequest, doi: str, form: Form) -> HttpResponse:
    """Give the badge of a publication, or of a target whose slug follows the publication's DOI.

    A badge is public and cached on its way: it shows what anybody may see, whoever asks.
    """
    now = timezone.now()
    publication = open_or_none(AnonymousUser(), doi)
    if publication is not None:
        return _give(request, _of_publication(publication, now), form)
    parent, _, slug = doi.rpartition("/")
    target = visible_target(AnonymousUser(), parent, slug)
    return _give(request, _of_target(target, now) if target else badge("reprise", None), form)


@require_safe
def unknown_badge(request: HttpRequest, name: str, form: Form) -> HttpResponse:
    """Give the grey badge for `name`, which is no DOI at all."""
    del name  # whatever it is, the badge is the same
    return _give(request, badge("reprise", None), form)


def _of_publication(publication: Publication, now: datetime) -> Badge:
    targets = list(publication.targets.filter(state=Target.State.CONFIRMED).select_related("evidence"))
    found = [target.current_evidence for target in targets]
    seen = [evidence.seen_at for evidence in found if evidence]
    noun = "figures" if all(target.kind == Target.Kind.FIGURE for target in targets) else "targets"
    age_days = (now - min(seen)).days if seen else None
    shown = publication_badge("reprise", _verdicts(found), age_days, noun=noun)
    return replace(shown, is_approximated=any(evidence.is_approximated for evidence in found if evidence))


def _of_target(target: Target, now: datetime) -> Badge:
    evidence = target.current_evidence
    if evidence is None:
        is_running = Run.objects.active().of_record().filter(target=target).exists()
        return badge(target.label, None, is_running=is_running)
    shown = badge(target.label, cast(Verdict, evidence.verdict), (now - evidence.seen_at).days)
    return replace(shown, is_approximated=evidence.is_approximated)


def _verdicts(found: Sequence[Evidence | None]) -> list[Verdict | None]:
    return [cast(Verdict, evidence.verdict) if evidence else None for evidence in found]


def _give(request: HttpRequest, shown: Badge, form: Form) -> HttpResponse:
    response: HttpResponse
    if form == "svg":
        response = HttpResponse(shown.svg(), content_type="image/svg+xml; charset=utf-8")
    else:
        response = JsonResponse(shown.as_dict() if form == "json" else shown.shields())
    etag = f'"{hashlib.sha256(response.content).hexdigest()}"'
    for name, value in {**EMBEDDABLE, "ETag": etag}.items():
        response.headers[name] = value
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional if isinstance(conditional, HttpResponse) else response
