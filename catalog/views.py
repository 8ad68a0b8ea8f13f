"""Pages of the catalogue: what there is, and what its authors may change of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.access import editable_or_404, with_contents
from catalog.audit import actor_of
from catalog.causes import CausedError
from catalog.finding import VERDICT_WORDS, facets, named, read_wish, search
from catalog.forms import EmbargoForm
from catalog.models import Publication
from catalog.publication_form import SEARCH, PublicationForm
from catalog.publishing import embargo as embargo_publication
from catalog.publishing import publish as publish_publication
from catalog.publishing import withdraw as withdraw_publication
from catalog.registration import edit_publication
from catalog.saved_searches import is_saved

PAGE_SIZE = 12


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this service is, and the publications that meet the visitor's wish."""
    wish = read_wish(request.GET)
    doi = named(request.user, wish.text)
    if doi is not None:
        return redirect("publication", doi)
    found = search(request.user, wish)
    cards = with_contents(found.publications.with_cards(), request.user)
    context: dict[str, Any] = {
        "wish": wish,
        "meant": found.meant,
        "found_query": found.wish.query,
        "facets": facets(request.user, found.wish),
        "page": Paginator(cards, PAGE_SIZE).get_page(request.GET.get("page")),
        "is_saved": is_saved(request.user, found.wish.query),
    }
    return render(request, "catalog/home.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what a verdict means and what it does not."""
    return render(request, "catalog/about.html", {"verdicts": VERDICT_WORDS})


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List the visitor's own publications and those of the visitor's groups, drafts first."""
    belonging = with_contents(Publication.objects.belonging_to(request.user).with_cards(), request.user)
    return render(request, "catalog/mine.html", {"publications": belonging.order_by("state", "-pk")})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, doi: str) -> HttpResponse:
    """Change the metadata of a publication."""
    publication = editable_or_404(request.user, doi)
    # The form's own instance takes the typed values while it validates; the use case gets the untouched one.
    form = PublicationForm(request.POST or None, instance=get_object_or_404(Publication, pk=publication.pk))
    if request.method == "POST" and SEARCH not in request.POST and form.is_valid():
        edit_publication(publication, **form.described(), by=actor_of(request))
        return redirect(publication)
    return render(request, "catalog/edit.html", {"publication": publication, "form": form})


@login_required
@require_POST
def publish(request: HttpRequest, doi: str) -> HttpResponse:
    """Make a draft, or what is embargoed, public."""
    publication = editable_or_404(request.user, doi)
    try:
        publish_publication(publication, now=timezone.now(), by=actor_of(request))
    except CausedError as error:
        messages.error(request, f"{error.cause.message} {error.cause.hint}")
    else:
        messages.success(request, "It is public now. Anyone can read it and reproduce its targets.")
    return redirect(publication)


@login_required
@require_POST
def embargo(request: HttpRequest, doi: str) -> HttpResponse:
    """Show a draft's metadata to everybody and keep the rest back until a day, or change that day."""
    publication = editable_or_404(request.user, doi)
    form = EmbargoForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the day on which all of it becomes public.")
        return redirect(publication)
    until = form.cleaned_data["until"]
    try:
        embargo_publication(publication, until=until, now=timezone.now(), by=actor_of(request))
    except CausedError as error:
        messages.error(request, f"{error.cause.message} {error.cause.hint}")
    else:
        messages.success(request, f"Its metadata are public. All of it will be on {until:%-d %B %Y} (UTC).")
    return redirect(publication)


@login_required
@require_POST
def withdraw(request: HttpRequest, doi: str) -> HttpResponse:
    """Make a publication a draft again."""
    publication = editable_or_404(request.user, doi)
    withdraw_publication(publication, now=timezone.now(), by=actor_of(request))
    messages.success(request, "It is a draft again; only you, its groups and the curators see it.")
    return redirect(publication)
