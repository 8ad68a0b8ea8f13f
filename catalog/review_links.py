"""Links for blind review: who is masked, and the links themselves, issued, found and revoked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from catalog.audit import Actor, record
from catalog.masking import Mask, identities_of
from catalog.models import GroupMembership, Publication, ReviewLink
from catalog.tokens import digest_of


def mask_of(
    publication: Publication,
    *,
    commits: Sequence[str] = (),
    committed: Sequence[datetime] = (),
    further: Sequence[str] = (),
) -> Mask:
    """Return the mask that hides who made a publication: authors, accounts, owners of repositories, DOIs, commits."""
    members = GroupMembership.objects.filter(group__publications=publication).select_related("user")
    users: list[User] = [publication.owner, *(row.user for row in members)]
    addresses = [bare_address(repository.url) for repository in publication.repositories.all()]
    named = [publication.doi, *publication.datasets.values_list("doi", flat=True)]
    dois = {form for doi in named for form in (doi, quote(doi), quote(doi, safe=""), doi.replace("/", "_"))}
    accounts = {user.get_username() for user in users} | {owner for address in addresses for owner in _owners(address)}
    creators: list[dict[str, Any]] = [*publication.creators]
    creators += [{"given": user.first_name, "family": user.last_name} for user in users if user.last_name]
    return Mask(
        identities_of(
            creators,
            accounts=sorted(accounts, key=len, reverse=True),
            repositories=sorted({*addresses, *map(_owned_name, addresses)} - {""}, key=len, reverse=True),
            dois=sorted(dois, key=len, reverse=True),
            commits=commits,
            committed=committed,
            further=[*_affiliations(publication.creators), *further],
        )
    )


def bare_address(url: str) -> str:
    """Return a repository's address as it may be written in prose: host and path, without scheme and account."""
    if "://" in url:
        parts = urlsplit(url)
        address = f"{parts.hostname or ''}{parts.path}"
    else:
        address = url.partition("@")[2].replace(":", "/", 1) or url
    return address.removesuffix("/").removesuffix(".git")


def _owned_name(address: str) -> str:
    """Return "owner/name" of a repository, as logs and badges write it; empty where nobody owns it by name."""
    parts = address.split("/")[1:]
    return "/".join(parts) if len(parts) > 1 else ""


def _owners(address: str) -> list[str]:
    """Return the names that own the repository: what stands between host and name."""
    return [part for part in address.split("/")[1:-1] if re.search(r"[^\W\d_]", part)]


def _affiliations(creators: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of places that creators come with, as plain names or as objects with one."""
    found: list[str] = []
    for creator in creators:
        told = creator.get("affiliations") or creator.get("affiliation") or ()
        for place in told if isinstance(told, list) else [told]:
            name = place.get("name") if isinstance(place, dict) else place
            if name:
                found.append(str(name))
    return found


def issue_link(
    publication: Publication,
    *,
    name: str,
    days: int,
    further: Sequence[str],
    scan: dict[str, Any],
    now: datetime,
    issued_by: User | None,
    by: Actor,
) -> tuple[ReviewLink, str]:
    """Return a new link's row and its secret, which is in no row. It ends after at most REPRISE_REVIEW_DAYS."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        link = ReviewLink.objects.create(
            publication=publication,
            name=name,
            digest=digest_of(secret),
            further_words=list(further),
            scan=scan,
            issued_by=issued_by,
            created_at=now,
            expires_at=now + timedelta(days=min(days, settings.REPRISE_REVIEW_DAYS)),
        )
        record("review.issue", by=by, subject=name, doi=publication.doi, number=link.pk, scan=scan)
    return link, secret


def revoke_link(link: ReviewLink, *, now: datetime, by: Actor) -> bool:
    """End a link at once; return whether this call did it."""
    with transaction.atomic():
        ended = ReviewLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now)
        if ended:
            record("review.revoke", by=by, subject=link.name, doi=link.publication.doi, number=link.pk)
    return bool(ended)


def find_link(secret: str, *, now: datetime) -> ReviewLink | None:
    """Return the link that `secret` opens at `now`; note that it was used."""
    links = ReviewLink.objects.select_related("publication__owner")
    link = links.filter(digest=digest_of(secret)).first()
    if link is None or not link.is_good_at(now):
        return None
    ReviewLink.objects.filter(pk=link.pk).update(last_used_at=now)
    return link
