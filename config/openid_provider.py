"""A provider of logins as django-allauth speaks to it, but issuer, signature, nonce and person are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt
import requests
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from catalog.causes import CausedError
from catalog.identifiers import parse_orcid
from catalog.login_providers import LoginProvider, account_name, is_safe_address, shown_name, values_at
from config.openid_session import ProviderSession

# Signatures by a key of the provider alone; with HS256 its public key could be taken for the secret.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_REQUIRED: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")
_CLOCKS_APART_S: Final = 60
_LONGEST_SUBJECT: Final = 191


class UntrustedError(OAuth2Error):  # type: ignore[misc]  # allauth has no types
    """The provider answered what cannot be believed."""


class ProviderEndpoints(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The addresses of one provider, and what it says of a person. `nonce` is the one that the login was begun with."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's own description. Raises UntrustedError unless it is the issuer's that the operator named."""
        if not hasattr(self, "_openid_config"):
            provider = self.get_provider()
            self._openid_config = _checked_description(_json(provider.server_url), provider.app.settings["issuer"])
        return self._openid_config

    def get_callback_url(self, _request: HttpRequest, _app: SocialApp) -> str:
        """Return the address under which this service is known to the provider, whatever the visitor's says."""
        return str(settings.REPRISE_URL) + reverse("openid-callback", args=[self.provider_id])

    def parse_token(self, data: Mapping[str, Any]) -> SocialToken:
        """Return the token that asks for the person's claims; it is kept nowhere."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, *, response: Mapping[str, Any]
    ) -> SocialLogin:
        """Return who has logged in. Raises UntrustedError."""
        identity = self._identity(app, response.get("id_token"))
        claims = dict(identity)
        if address := self.openid_config.get("userinfo_endpoint"):
            more = _json(address, {"Authorization": f"Bearer {token.token}"})
            if more.get("sub") != identity["sub"]:
                raise UntrustedError("its two answers are of two persons")
            claims = {**claims, **more}
        return self.get_provider().sociallogin_from_response(request, claims)

    def _identity(self, app: SocialApp, id_token: object) -> dict[str, Any]:
        """Return the claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""
        if not isinstance(id_token, str):
            raise UntrustedError("it sent no ID token")
        keys = _json(self.openid_config["jwks_uri"])
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                _key_of(id_token, keys),
                algorithms=list(_ALGORITHMS),
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=_CLOCKS_APART_S,
                options={"require": list(_REQUIRED)},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise UntrustedError(f"its ID token is not good ({type(error).__name__})") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise UntrustedError("its ID token is for another service")
        if not self.nonce or claims["nonce"] != self.nonce:
            raise UntrustedError("its ID token is of another login")
        return claims


class OpenIDProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """What is kept of a person: who it is, a name to begin with, entitlements, and an ORCID iD. No mail address."""

    oauth2_adapter_class = ProviderEndpoints
    pkce_enabled_default = True

    @property
    def ours(self) -> LoginProvider:
        """The provider in the settings."""
        found: LoginProvider = settings.REPRISE_OPENID[self.app.provider_id]
        return found

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return the person's identifier at the provider. Raises UntrustedError."""
        subject = data.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise UntrustedError("its identifier of the person is none")
        if not subject.isascii() or not subject.isprintable():
            raise UntrustedError("its identifier of the person is none")
        return subject

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept with the login."""
        entitlements = {value for path in self.ours.claims for value in values_at(data, path)}
        return {"entitlements": sorted(entitlements), "orcid": self._orcid(data), "name": self._name(data)}

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return the names that an account begins with."""
        return {
            "username": account_name(data.get("preferred_username"), self._name(data), self._orcid(data)),
            "first_name": shown_name(data.get("given_name")),
            "last_name": shown_name(data.get("family_name")),
        }

    def extract_email_addresses(self, _data: Mapping[str, Any]) -> list[Any]:
        """Return none: a mail address says nothing of whose account it is."""
        return []

    def _name(self, data: Mapping[str, Any]) -> str:
        whole = shown_name(data.get("name"))
        return whole or shown_name(f"{shown_name(data.get('given_name'))} {shown_name(data.get('family_name'))}")

    def _orcid(self, data: Mapping[str, Any]) -> str:
        said = values_at(data, self.ours.orcid_claim) if self.ours.orcid_claim else []
        try:
            return parse_orcid(said[0]) if said else ""
        except CausedError:
            return ""


def _json(address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the object at an address of the provider. Raises requests.RequestException, UntrustedError."""
    with ProviderSession() as session:
        answer = session.get(address, headers=headers)
    answer.raise_for_status()
    try:
        found = answer.json()
    except (requests.JSONDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UntrustedError("its answer is no JSON object")
    return found


def _checked_description(found: dict[str, Any], issuer: str) -> dict[str, Any]:
    if found.get("issuer") not in (issuer, issuer.rstrip("/"), issuer.rstrip("/") + "/"):
        raise UntrustedError("it calls itself otherwise than the issuer in the settings")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    optional = ["userinfo_endpoint"] if "userinfo_endpoint" in found else []
    for key in (*needed, *optional):
        if not isinstance(found.get(key), str) or not is_safe_address(found[key]):
            raise UntrustedError(f"its {key} is no address that begins with https")
    if "?" in found["authorization_endpoint"]:
        raise UntrustedError("its authorization_endpoint carries a query")
    methods = found.get("token_endpoint_auth_methods_supported")
    # What is not said is client_secret_basic (OpenID Connect Discovery 1.0, 3).
    known = methods if isinstance(methods, list) else ["client_secret_basic"]
    return {**found, "token_endpoint_auth_methods_supported": known}


def _key_of(id_token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the key that the token names, or the only one."""
    named = jwt.get_unverified_header(id_token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in (None, "sig")]
    found = [key for key in usable if named is None or key.key_id == named]
    if len(found) != 1:
        raise jwt.InvalidKeyError("no key of that name")
    return found[0]
