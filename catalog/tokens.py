"""API tokens: make, find, revoke. A token is shown when it is made and never again; its digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from catalog.audit import Actor, record
from catalog.models import ApiToken

PREFIX: Final = "rps_"
MOST_BY_PASSWORD: Final = 10
_USE_IS_NOTED_EVERY: Final = timedelta(minutes=1)


def digest_of(secret: str) -> str:
    """Return what is kept of a secret. It is long and random, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_token(
    user: User,
    *,
    name: str,
    scopes: Sequence[str],
    days: int,
    now: datetime,
    by: Actor,
    is_by_password: bool = False,
) -> tuple[ApiToken, str]:
    """Return a new token's row and the token itself, which is in no row.

    It ends after `days`, at most REPRISE_TOKEN_DAYS. Of those obtained by password the oldest beyond ten is revoked.
    """
    secret = PREFIX + secrets.token_hex(20)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            digest=digest_of(secret),
            hint=secret[:8],
            scopes=sorted(set(scopes) & set(ApiToken.Scope.values)),
            is_by_password=is_by_password,
            created_at=now,
            expires_at=now + timedelta(days=min(days, settings.REPRISE_TOKEN_DAYS)),
        )
        record("token.make", by=by, subject=name, scopes=token.scopes, number=token.pk)
        good = ApiToken.objects.filter(user=user, is_by_password=True, revoked_at=None)
        beyond = list(good.order_by("-created_at", "-pk").values_list("pk", flat=True)[MOST_BY_PASSWORD:])
        ApiToken.objects.filter(pk__in=beyond).update(revoked_at=now)
    return token, secret


def revoke_token(token: ApiToken, *, now: datetime, by: Actor) -> bool:
    """End a token at once; return whether this call did it."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
        if ended:
            record("token.revoke", by=by, subject=token.name, number=token.pk)
    return bool(ended)


def find_token(secret: str, *, now: datetime) -> ApiToken | None:
    """Return the token that `secret` is, if it is good and its account active; note that it was used."""
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(secret)).first()
    if token is None or not token.is_good_at(now) or not token.user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > _USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
