"""Write the audit log: each use case that changes something says here who did it. There is no other way to write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from catalog.models import ApiToken, AuditEntry

Via = AuditEntry.Via

ACTIONS: Final = (
    *("account.signup", "account.login", "account.roles", "account.connect", "account.disconnect"),
    *("token.make", "token.revoke"),
    *("publication.register", "publication.edit", "publication.publish", "publication.embargo"),
    *("publication.release", "publication.withdraw", "dataset.release"),
    *("targets.save", "target.edit", "template.offer", "template.withdraw"),
    *("repository.date", "repository.fetch"),
    *("run.request", "run.repair", "run.derive", "run.cancel", "watch.set", "watch.end"),
    "preview.fetch",
    *("group.make", "group.member", "group.leave", "group.attach", "group.detach"),
    *("review.issue", "review.revoke", "deposit.ask"),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts and by which way in: no address, no name but the account's own."""

    account_id: int | None
    account: str
    via: str
    via_id: int | None = None


SERVICE: Final = Actor(None, "", Via.SERVICE)


def actor_of(request: HttpRequest | Request) -> Actor:
    """Return who sent the request. A visitor without an account has no name."""
    user = request.user
    is_known = isinstance(user, User)
    account_id, account = (user.pk, user.get_username()) if is_known else (None, "")
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return Actor(account_id, account, Via.TOKEN, token.pk)
    return Actor(account_id, account, Via.API if isinstance(request, Request) else Via.PAGE)


def record(action: str, *, by: Actor, subject: object = "", doi: str = "", **details: object) -> None:
    """Add an entry; `details` are JSON. Call it in the transaction of what it tells of: both stand or neither."""
    if action not in ACTIONS:
        raise ValueError(f"no action {action}")
    now = timezone.now()
    AuditEntry.objects.create(
        at=now,
        action=action,
        account_id=by.account_id,
        account=by.account,
        via=by.via,
        via_id=by.via_id,
        subject=str(subject)[:300],
        doi=doi,
        details=details,
        kept_until=now + timedelta(days=settings.REPRISE_AUDIT_DAYS),
    )


def forget_old(*, now: datetime) -> int:
    """Delete the entries that were kept as long as they were to be; return how many."""
    deleted, _ = AuditEntry.objects.filter(kept_until__lte=now).delete()
    return deleted
