"""`Authorization: Token …`: who a program acts for, and what it may do in that name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from catalog.models import ApiToken
from catalog.roles import without_curating
from catalog.tokens import find_token

Scope = ApiToken.Scope


class ScopedTokenAuthentication(TokenAuthentication):
    """Knows a token by its digest, and refuses a request that its scopes do not cover, whichever view it is for."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the account and its token, or None without one. Raises AuthenticationFailed, PermissionDenied."""
        found: tuple[User, ApiToken] | None = super().authenticate(request)
        if found is None:
            return None
        _, token = found
        needed = scope_of(request)
        if needed not in token.scopes:
            raise PermissionDenied(f"This token has not the scope “{needed}”. Make one that has, on the page /tokens.")
        return found

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        """Return the account and the token that `key` is. Raises AuthenticationFailed."""
        token = find_token(key, now=timezone.now())
        if token is None or not isinstance(token.user, User):
            raise AuthenticationFailed("This token is not good: it is unknown, revoked or expired.")
        user = token.user if Scope.ADMIN in token.scopes else without_curating(token.user)
        return user, token


def scope_of(request: Request) -> str:
    """Return the scope that a request needs: the view names those of its actions that are not to read or edit."""
    if request.method in SAFE_METHODS:
        return Scope.READ
    view: Any = (request.parser_context or {}).get("view")  # Any: views have no common type for this
    named: dict[str, str] = getattr(view, "token_scopes", {})
    return named.get(str(getattr(view, "action", None) or request.method).lower(), Scope.EDIT)
