"""The page where a notebook's parameters are changed, and it is run with them."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.views.decorators.http import require_http_methods

from builder.parameters import LARGEST_WHOLE, LONGEST_TEXT, MOST_ITEMS, Parameter
from catalog.audit import actor_of
from catalog.models import Target, Viewer
from reproduce.access import asker, count_request, may_start, visible_target
from reproduce.derived import checked_values, parameters_of
from reproduce.errors import RunError
from reproduce.models import Run
from reproduce.queue import request_derived


class DeriveForm(forms.Form):
    """One field for each parameter, of its kind; `values` are the others than the notebook's."""

    def __init__(
        self,
        parameters: tuple[Parameter, ...],
        *,
        start: dict[str, Any],
        data: Any = None,  # noqa: ANN401 - a QueryDict or None
        is_any_needed: bool = True,
    ) -> None:
        super().__init__(data, prefix="set")
        self._parameters, self._is_any_needed = parameters, is_any_needed
        self.values: dict[str, Any] = {}
        for one in parameters:
            self.fields[one.name] = _field(one, start.get(one.name, one.value))

    def clean(self) -> dict[str, Any]:
        """Refuse what is no value of its kind, and values that are all the notebook's own."""
        given = super().clean() or {}
        if self.errors:
            return given
        kinds = {one.name: one.kind for one in self._parameters}
        try:
            self.values = checked_values(self._parameters, given, is_any_needed=self._is_any_needed)
        except RunError as error:
            name = str(error.data.get("name", ""))
            reason = error.data.get("reason") if name in kinds else None
            self.add_error(name if name in kinds else None, reason or f"{error.cause.message} {error.cause.hint}")
        return given


def _field(one: Parameter, start: Any) -> forms.Field:  # noqa: ANN401 - a value of any kind
    common: dict[str, Any] = {"label": one.name, "help_text": escape(one.comment), "initial": start}
    if one.kind == "boolean":
        return forms.BooleanField(required=False, **common)
    if one.kind == "integer":
        return forms.IntegerField(min_value=-LARGEST_WHOLE, max_value=LARGEST_WHOLE, **common)
    if one.kind == "number":
        return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **common)
    if one.kind == "text":
        return forms.CharField(required=False, strip=False, max_length=LONGEST_TEXT, **common)
    common["initial"] = ", ".join(map(str, start))
    common["help_text"] = " ".join(filter(None, (common["help_text"], "Values with commas between them.")))
    return forms.CharField(required=False, max_length=MOST_ITEMS * LONGEST_TEXT, **common)


@require_http_methods(["GET", "HEAD", "POST"])
def derive(request: HttpRequest, doi: str, slug: str) -> HttpResponse:
    """Show what can be set, or run the notebook with what was sent and lead to the run. `?of` starts from a run's."""
    target = visible_target(request.user, doi, slug)
    if target is None:
        raise Http404("no such target")
    parameters = parameters_of(target)
    if request.method == "POST":
        if not may_start(request.user):
            return redirect_to_login(request.get_full_path())
        form = DeriveForm(parameters, start={}, data=request.POST)
        if form.is_valid():
            count_request(request)
            return redirect(
                request_derived(target, parameters=form.values, requested_by=asker(request.user), by=actor_of(request))
            )
    else:
        form = DeriveForm(parameters, start=_values_of(target, request.GET.get("of"), request.user))
    context = {
        "target": target,
        "publication": target.publication,
        "form": form,
        "may_start": may_start(request.user),
    }
    return render(request, "reproduce/derive.html", context, status=400 if form.errors else 200)


def _values_of(target: Target, run_id: str | None, viewer: Viewer) -> dict[str, Any]:
    """Return the values of that run of the target, none where there is no such run."""
    try:
        wanted = uuid.UUID(run_id or "")
    except ValueError:
        return {}
    run = Run.objects.visible_to(viewer).filter(target=target, pk=wanted).only("parameters").first()
    return dict(run.parameters) if run else {}
