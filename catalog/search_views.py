"""The feed of a search, and the searches that an account keeps."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_http_methods, require_safe

from catalog.access import with_contents
from catalog.finding import MOST_SIGNS, Wish, read_wish, search
from catalog.models import Publication, SavedSearch
from catalog.saved_searches import forget_search, save_search

MOST_ENTRIES: Final = 50
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Give what meets the wish as an Atom feed, changed most recently first: a new paper or another verdict.

    A feed reader has no account: it shows what everybody may see.
    """
    found = search(AnonymousUser(), read_wish(request.GET))
    rows_shown = with_contents(found.publications.with_cards(), AnonymousUser())
    rows = sorted(((_changed_at(one), one) for one in rows_shown[:500]), key=_by_change)
    address = f"{settings.REPRISE_URL}{reverse('feed')}{_query(found.wish)}"
    atom = Atom1Feed(
        title=f"Reprise: {without_controls(found.wish.text) or 'all publications'}",
        link=f"{settings.REPRISE_URL}{reverse('home')}{_query(found.wish)}",
        description="",
        feed_url=address,
        feed_guid=address,
    )
    for at, publication in rows[:MOST_ENTRIES]:
        url = f"{settings.REPRISE_URL}{publication.get_absolute_url()}"
        atom.add_item(
            title=without_controls(publication.title),
            link=url,
            unique_id=url,
            description=without_controls(_verdicts(publication)),
            author_name=without_controls(publication.byline) or None,
            pubdate=publication.state_changed_at or publication.created_at,
            updateddate=at,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def without_controls(text: str) -> str:
    """Return the text without what XML 1.0 cannot hold."""
    return _FORBIDDEN.sub("", text)


def _by_change(row: tuple[datetime, Publication]) -> tuple[float, int]:
    return (-row[0].timestamp(), row[1].pk)


def _changed_at(publication: Publication) -> datetime:
    seen = [one.current_evidence.since for one in publication.targets.all() if one.current_evidence]
    return max([publication.updated_at, *seen])


def _verdicts(publication: Publication) -> str:
    confirmed = [one for one in publication.targets.all() if one.state == one.State.CONFIRMED]
    return "; ".join(
        f"{one.label}: {one.current_evidence.verdict if one.current_evidence else 'no verdict yet'}"
        for one in confirmed
    )


def _query(wish: Wish) -> str:
    return f"?{wish.query}" if wish.query else ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def searches(request: HttpRequest) -> HttpResponse:
    """List the searches that the account keeps; POST keeps the one of this address's query, or forgets `forget`."""
    owner = request.user
    assert isinstance(owner, User)  # noqa: S101 - login_required lets nobody else pass
    if request.method == "POST":
        given = request.POST.get("forget", "")
        if given.isascii() and given.isdigit() and len(given) < 19:
            forget_search(owner, search_id=int(given))
        elif (wish := read_wish(request.GET)).query:
            name = request.POST.get("name", "").replace("\x00", "").strip()[:MOST_SIGNS]
            save_search(owner, query=wish.query, name=name[:200] or _words_of(wish))
        return redirect("searches")
    return render(request, "catalog/searches.html", {"searches": SavedSearch.objects.filter(owner=owner)})


def _words_of(wish: Wish) -> str:
    return " · ".join(filter(None, (wish.text, *(value for _, value in wish.facets_only))))[:200]
