"""Logging in by a provider: leaving for it, coming back, and the page of the ways that an account may log in."""

from __future__ import annotations

import secrets
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from catalog.audit import actor_of
from catalog.causes import CausedError
from config.openid_accounts import disconnect, name_of
from config.openid_provider import OpenIDProvider, ProviderEndpoints, UntrustedError


@never_cache
@require_POST
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider, by a page that moves on at once.

    A redirect would do, were it not the end of a form: browsers hold each address that a form is led on to against
    form-action, and a provider leads on to hosts that nobody can list beforehand.
    """
    provider = _provider(request, provider_id)
    is_connecting = "connect" in request.POST and request.user.is_authenticated
    nonce = secrets.token_urlsafe(24)
    try:
        answer = provider.redirect(
            request,
            "connect" if is_connecting else "login",
            next_url=_next(request),
            auth_params={"nonce": nonce},
            nonce=nonce,
        )
    except (requests.RequestException, OAuth2Error) as error:
        get_adapter().on_authentication_error(request, provider, exception=error)
        raise
    return render(request, "accounts/leave.html", {"address": answer.url, "provider": provider.name})


class _Return(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    """Coming back from the provider; the nonce of the login that was begun is held against the answer."""

    def _get_state(self, request: HttpRequest, provider: OpenIDProvider) -> tuple[dict[str, Any] | None, None]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        issuer = request.GET.get("iss")
        if state and issuer is not None and issuer.rstrip("/") != provider.ours.issuer.rstrip("/"):
            error = UntrustedError("the answer comes from another issuer")
            get_adapter().on_authentication_error(request, provider, exception=error)
        return state, answer


@never_cache
@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Log in whom the provider has sent back. Raises CatalogError."""
    provider = _provider(request, provider_id)
    try:
        answer: HttpResponse = _Return.adapter_view(ProviderEndpoints(request, provider_id))(request)
    except (requests.RequestException, OAuth2Error) as error:
        get_adapter().on_authentication_error(request, provider, exception=error)
        raise
    return answer


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def identities(request: HttpRequest) -> HttpResponse:
    """Show by which providers the account may log in, and take one away."""
    user = request.user
    if not isinstance(user, User) or not settings.REPRISE_OPENID:
        raise Http404
    held = SocialAccount.objects.filter(user=user).order_by("provider", "pk")
    if request.method == "POST":
        number = request.POST.get("remove", "")
        account = get_object_or_404(held, pk=number if number.isascii() and number.isdigit() else 0)
        try:
            disconnect(account, by=actor_of(request))
        except CausedError as error:
            messages.error(request, f"{error.cause.message} {error.cause.hint}")
        return redirect("identities")
    rows = [(account, name_of(account)) for account in held]
    known = {account.provider for account in held}
    context = {
        "rows": rows,
        "others": [one for one in settings.REPRISE_OPENID.values() if one.id not in known],
        "has_password": settings.REPRISE_PASSWORDS and user.has_usable_password(),
    }
    return render(request, "accounts/identities.html", context)


def _provider(request: HttpRequest, provider_id: str) -> OpenIDProvider:
    try:
        found: OpenIDProvider = get_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist:
        raise Http404("no such provider") from None
    return found


def _next(request: HttpRequest) -> str | None:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and is_ours else None
