"""The author's page of review links: scan, issue, list, revoke."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.access import editable_or_404
from catalog.audit import actor_of
from catalog.causes import CausedError
from catalog.models import Publication
from catalog.review_links import revoke_link
from reproduce.access import asker
from reproduce.review.issuing import issue_after
from reproduce.review.looking import MOST_FURTHER_SIGNS, look_through


class ReviewForm(forms.Form):
    """Whom a link is for, how long it lasts, and what else is to be masked."""

    name = forms.CharField(max_length=100, label="For whom", help_text="To tell links apart, for example: Referee 2.")
    days = forms.IntegerField(min_value=1, label="Days until it ends")
    further = forms.CharField(
        required=False,
        max_length=MOST_FURTHER_SIGNS,
        label="Further words to mask",
        help_text="One a line: affiliations, grant numbers, names of projects, of the repository, of machines.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_looked_at = forms.BooleanField(required=False, label="I have looked at the list, at every picture too.")

    def further_words(self) -> list[str]:
        """Return the words, one a line."""
        return [line.strip()[:200] for line in self.cleaned_data["further"].splitlines() if line.strip()]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_links(request: HttpRequest, doi: str) -> HttpResponse:
    """Show the links of a publication; scan it for leaks, then issue a link, which is shown once; revoke one."""
    publication = editable_or_404(request.user, doi)
    if "revoke" in request.POST:
        return _revoke(request, publication)
    context: dict[str, Any] = {"publication": publication, "form": ReviewForm(initial={"days": 30})}
    if request.method == "POST":
        context |= _scan_or_issue(request, publication)
    now = timezone.now()
    context["rows"] = [(link, link.is_good_at(now)) for link in publication.review_links.select_related("issued_by")]
    context["most_days"] = settings.REPRISE_REVIEW_DAYS
    return render(request, "review/links.html", context)


def _scan_or_issue(request: HttpRequest, publication: Publication) -> dict[str, Any]:
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return {"form": form}
    shown: dict[str, Any] = {"form": form}
    try:
        look = look_through(publication, further=form.further_words())
        shown["look"] = look
        if "issue" in request.POST:
            _, shown["address"] = issue_after(
                look,
                publication,
                name=form.cleaned_data["name"],
                days=form.cleaned_data["days"],
                further=form.further_words(),
                is_looked_at=form.cleaned_data["is_looked_at"],
                now=timezone.now(),
                issued_by=asker(request.user),
                by=actor_of(request),
            )
    except CausedError as error:
        shown["cause"] = error.cause.as_dict()
    return shown


def _revoke(request: HttpRequest, publication: Publication) -> HttpResponse:
    number = request.POST["revoke"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404
    link = get_object_or_404(publication.review_links.select_related("publication"), pk=int(number))
    revoke_link(link, now=timezone.now(), by=actor_of(request))
    messages.success(request, "The link is revoked.")
    return redirect("review-links", publication.doi)
