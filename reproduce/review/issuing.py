"""Issue a review link: where the scan leaves no name, and was looked at if it found what only the author can mend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from catalog.audit import Actor
from catalog.errors import CatalogError
from catalog.models import Publication, ReviewLink
from catalog.review_links import issue_link
from reproduce.review.looking import Look


def issue_after(
    look: Look,
    publication: Publication,
    *,
    name: str,
    days: int,
    further: Sequence[str],
    is_looked_at: bool,
    now: datetime,
    issued_by: User | None,
    by: Actor,
) -> tuple[ReviewLink, str]:
    """Return a new link and its address, which is kept nowhere. `look` is the scan with the same further words.

    Raises CatalogError review-still-named, review-not-looked-at; nothing is issued then.
    """
    if look.scan.left:
        raise CatalogError("review-still-named", place=look.scan.left[0].place)
    if look.count_to_mend and not is_looked_at:
        raise CatalogError("review-not-looked-at", count=look.count_to_mend)
    link, secret = issue_link(
        publication, name=name, days=days, further=further, scan=look.as_dict(), now=now, issued_by=issued_by, by=by
    )
    return link, f"{settings.REPRISE_URL}{reverse('review', args=[secret])}"
