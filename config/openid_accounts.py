"""Whose account a login by a provider leads to: it is found by the provider's identifier, never by mail or name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import requests
import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from catalog.audit import Actor, Via, actor_of, record
from catalog.errors import CatalogError
from catalog.following import follow
from catalog.login_providers import LoginProvider, Rights
from config.openid_provider import OpenIDProvider, UntrustedError
from config.openid_session import ProviderSession

log = structlog.get_logger(__name__)

_SAID: Final = frozenset({"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope"}) | {
    *("server_error", "temporarily_unavailable", "login_required", "interaction_required", "consent_required"),
}


class LoginAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Providers come from the settings alone, and every end of a login that failed is an error of this house."""

    def list_apps(
        self, _request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the providers of the settings as allauth holds them; its table of them is not asked."""
        wanted = [one for one in settings.REPRISE_OPENID.values() if provider in (None, one.id)]
        return [_app(one) for one in wanted if client_id in (None, one.client_id)]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> OpenIDProvider:
        """Return a provider by its id. Raises SocialApp.DoesNotExist."""
        return OpenIDProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def get_requests_session(self) -> ProviderSession:
        """Return what speaks to providers."""
        return ProviderSession()

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: OpenIDProvider,
        error: str = AuthError.UNKNOWN,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise the CatalogError of what went wrong."""
        name = provider.name
        if exception is not None:
            log.warning("login failed", provider=provider.ours.id, error=ascii(str(exception)[:500]))
            raise _refusal(name, exception) from exception
        if error == AuthError.CANCELLED:
            raise CatalogError("login-cancelled", provider=name)
        said = request.GET.get("error", "")
        if "state" in (extra_context or {}) and said:
            raise CatalogError("login-refused", provider=name, reason=said if said in _SAID else "it named an error.")
        raise CatalogError("login-expired")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Finish here what adds a provider to the account that is logged in. Raises CatalogError."""
        provider = sociallogin.provider
        if sociallogin.state.get("process") == "connect":
            connect(request, sociallogin)
            raise ImmediateHttpResponse(redirect("identities"))
        if not sociallogin.is_existing and not provider.ours.new_accounts:
            raise CatalogError("login-no-account", provider=provider.name)

    def is_auto_signup_allowed(self, _request: HttpRequest, _sociallogin: SocialLogin) -> bool:
        """Return true: there is no form to ask for more."""
        return True

    def populate_user(self, _request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, str]) -> User:
        """Give a new account the names that it begins with."""
        user: User = sociallogin.user
        user.username, user.first_name, user.last_name = data["username"], data["first_name"], data["last_name"]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: None = None) -> User:  # noqa: ARG002 - allauth's
        """Make the account under a name that is free."""
        user: User = sociallogin.user
        with _together():
            user.username = _free_name(user.username)
            user.set_unusable_password()
            sociallogin.save(request)
            record("account.signup", by=_actor(user), subject=user, provider=sociallogin.provider.ours.id)
        return user


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Logs in by Django's own means, after roles and groups have followed what the provider says."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return true: whether a provider makes accounts has been asked before."""
        return True

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: ARG002 - allauth's
        """Return the name as it is: it was cleaned when it came, and a free one is made of it."""
        return username

    def get_login_stages(self) -> list[str]:
        """Return none: nothing is asked for between the provider and the login."""
        return []

    def pre_login(self, _request: HttpRequest, user: User, *, signal_kwargs: Mapping[str, Any], **_: object) -> None:
        """Refuse a closed account, have roles and groups follow, and write the login down."""
        if not user.is_active:
            raise CatalogError("account-inactive")
        sociallogin = signal_kwargs["sociallogin"]
        provider: LoginProvider = sociallogin.provider.ours
        with transaction.atomic():
            follow(user, provider=provider.id, rights=_rights(sociallogin), by=_actor(user))
            record("account.login", by=_actor(user), subject=user, provider=provider.id)

    def post_login(
        self,
        request: HttpRequest,
        _user: User,
        *,
        signal_kwargs: Mapping[str, Any],
        redirect_url: str | None,
        **_: object,
    ) -> HttpResponse:
        """End the session in time for the provider to be asked again, and lead on."""
        request.session.set_expiry(signal_kwargs["sociallogin"].provider.ours.hours * 3600)
        return redirect(redirect_url or settings.LOGIN_REDIRECT_URL)


def connect(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Add the provider to the account that is logged in. Raises CatalogError login-expired, login-taken."""
    user, name = request.user, sociallogin.provider.name
    if not isinstance(user, User):
        raise CatalogError("login-expired")
    if sociallogin.is_existing:
        if sociallogin.user != user:
            raise CatalogError("login-taken", provider=name)
        return
    provider_id = sociallogin.provider.ours.id
    with _together():
        sociallogin.user = user
        sociallogin.save(request, connect=True)
        follow(user, provider=provider_id, rights=_rights(sociallogin), by=actor_of(request))
        record("account.connect", by=actor_of(request), subject=user, provider=provider_id)


def disconnect(account: SocialAccount, *, by: Actor) -> None:
    """Take a provider, and what it gave, from an account. Raises CatalogError login-last-way."""
    user = account.user
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        others = SocialAccount.objects.filter(user=user, provider__in=settings.REPRISE_OPENID).exclude(pk=account.pk)
        has_password = settings.REPRISE_PASSWORDS and user.has_usable_password()
        if not has_password and not others.exists():
            raise CatalogError("login-last-way", provider=name_of(account))
        account.delete()
        if not SocialAccount.objects.filter(user=user, provider=account.provider).exists():
            follow(user, provider=account.provider, rights=Rights(), by=by)
        record("account.disconnect", by=by, subject=user, provider=account.provider)


def name_of(account: SocialAccount) -> str:
    """Return what the provider of a login is called; its id where the settings know it no more."""
    provider = settings.REPRISE_OPENID.get(account.provider)
    return provider.name if provider is not None else str(account.provider)


@contextmanager
def _together() -> Iterator[None]:
    """All of it or nothing. Raises CatalogError login-expired where the same was done at the same moment."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise CatalogError("login-expired") from None


def _rights(sociallogin: SocialLogin) -> Rights:
    provider: LoginProvider = sociallogin.provider.ours
    return provider.rights(sociallogin.account.extra_data["entitlements"])


def _actor(user: User) -> Actor:
    return Actor(user.pk, user.get_username(), Via.PAGE)


def _app(provider: LoginProvider) -> SocialApp:
    said = {"server_url": provider.issuer.rstrip("/"), "issuer": provider.issuer, "scope": list(provider.scopes)}
    return SocialApp(
        provider=OpenIDProvider.id,
        provider_id=provider.id,
        name=provider.name,
        client_id=provider.client_id,
        secret=provider.secret,
        settings=said,
    )


def _free_name(wanted: str) -> str:
    """Names that differ by case alone are the same to people."""
    name, number = wanted, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{wanted}{number}"
    return name


def _refusal(name: str, error: Exception) -> CatalogError:
    if isinstance(error, UntrustedError):
        return CatalogError("login-untrusted", provider=name, reason=str(error))
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return CatalogError("login-refused", provider=name, reason=f"it answers {error.response.status_code}.")
    if isinstance(error, requests.JSONDecodeError):
        return CatalogError("login-refused", provider=name, reason="its answer is no JSON.")
    if isinstance(error, OAuth2Error):
        return CatalogError("login-refused", provider=name, reason="it gave no token.")
    return CatalogError("login-unreachable", provider=name, reason=str(error)[:200])
