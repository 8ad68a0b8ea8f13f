"""Providers of logins by OpenID Connect: `settings.REPRISE_OPENID`, by their id, and whether passwords are taken."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from catalog.login_providers import LoginProvider, Rule, is_safe_address, problem_of
from catalog.role_names import READER, ROLES
from config.env import Environment

# As the providers document it. Where no issuer stands every installation, or every community, has one of its own.
PRESETS: Final[dict[str, dict[str, Any]]] = {
    "umbrella": {
        "name": "UmbrellaID",
        "scopes": ["openid", "profile", "eduperson_entitlement", "eduperson_orcid"],
        "claims": ["eduperson_entitlement", "entitlements"],
        "orcid_claim": "eduperson_orcid",
    },
    "egi": {
        "name": "EGI Check-in",
        "issuer": "https://aai.egi.eu/auth/realms/egi",
        "scopes": ["openid", "profile", "entitlements", "orcid"],
        "claims": ["entitlements", "eduperson_entitlement"],
        "orcid_claim": "orcid",
    },
    "orcid": {"name": "ORCID", "issuer": "https://orcid.org", "scopes": ["openid"], "claims": [], "orcid_claim": "sub"},
    "keycloak": {"name": "Keycloak", "scopes": ["openid", "profile"], "claims": ["groups", "realm_access.roles"]},
}
PRESETS["eduteams"] = {**PRESETS["umbrella"], "name": "eduTEAMS"}

_SCOPES: Final = ("openid", "profile")
_TEXTS: Final = ("preset", "name", "issuer", "client_id", "secret", "secret_file", "orcid_claim", "role")
_LISTS: Final = ("scopes", "claims")
_TABLES: Final = ("roles", "groups", "managers")
_OTHERS: Final = ("new_accounts", "hours")


def read_openid_settings(env: Environment) -> tuple[dict[str, LoginProvider], bool, list[str]]:
    """Return the providers, whether passwords are taken, and Django's backends that go with it."""
    text = env.text(
        "REPRISE_OPENID",
        "",
        "Providers that people log in by, as TOML; give it as REPRISE_OPENID_FILE. See Signing in.",
    )
    takes_passwords = env.boolean(
        "REPRISE_PASSWORDS",
        True,
        "Accounts may log in, and be made, with a password; false leaves the providers alone.",
    )
    providers = parse_providers(text)
    if not takes_passwords and not providers:
        raise _refusal("REPRISE_PASSWORDS=false leaves no way to log in; name a provider in REPRISE_OPENID")
    backend = "django.contrib.auth.backends.ModelBackend" if takes_passwords else "config.accounts.WithoutPasswords"
    return providers, takes_passwords, [backend]


def parse_providers(text: str) -> dict[str, LoginProvider]:
    """Return the providers that the TOML names. Raises ImproperlyConfigured, which says where and what to do."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refusal(f"REPRISE_OPENID is no TOML: {error}") from None
    return {name: _provider(name, table) for name, table in tables.items()}


def _provider(name: str, table: object) -> LoginProvider:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,29}", name) or not isinstance(table, dict):
        raise _refusal(f"REPRISE_OPENID must be tables named in small letters, as [umbrella], not {name!r:.40}")
    _check_keys(name, table)
    preset = table.get("preset", name if name in PRESETS else "")
    if preset and preset not in PRESETS:
        raise _wrong(name, f"knows the presets {', '.join(PRESETS)}, not {preset}")
    said = {**PRESETS.get(preset, {}), **table}
    missing = [key for key in ("name", "issuer", "client_id") if not said.get(key)]
    if missing:
        raise _wrong(name, f"needs {missing[0]}")
    issuer = str(said["issuer"])
    if not is_safe_address(issuer) or "?" in issuer:
        raise _wrong(name, "needs an issuer that begins with https:// and names a host")
    if "openid" not in said.get("scopes", _SCOPES):
        raise _wrong(name, "needs openid among its scopes")
    rules = {key: _rules(name, key, said.get(key, {})) for key in _TABLES}
    if unknown := [rule.gives for rule in rules["roles"] if rule.gives not in ROLES]:
        raise _wrong(name, f"gives the role {unknown[0]}; roles are {', '.join(ROLES)}")
    if said.get("role", READER) not in ROLES:
        raise _wrong(name, f"has the role {said['role']}; roles are {', '.join(ROLES)}")
    return LoginProvider(
        id=name,
        name=str(said["name"]),
        issuer=issuer,
        client_id=str(said["client_id"]),
        secret=_secret(name, said),
        scopes=tuple(said.get("scopes", _SCOPES)),
        claims=tuple(said.get("claims", ())),
        orcid_claim=str(said.get("orcid_claim", "")),
        role=str(said.get("role", READER)),
        new_accounts=bool(said.get("new_accounts", True)),
        hours=int(said.get("hours", 12)),
        **rules,
    )


def _check_keys(name: str, table: Mapping[str, object]) -> None:
    known = (*_TEXTS, *_LISTS, *_TABLES, *_OTHERS)
    if unknown := [key for key in table if key not in known]:
        raise _wrong(name, f"has {unknown[0]!r:.40}, which is none of {', '.join(known)}")
    for key, value in table.items():
        if key in _TEXTS and not (isinstance(value, str) and value.isprintable()):
            raise _wrong(name, f"needs a line of text as {key}")
        if key in _LISTS and not _is_texts(value):
            raise _wrong(name, f'needs a list of texts as {key}, as ["openid"]')
    if not isinstance(table.get("new_accounts", True), bool):
        raise _wrong(name, "needs true or false as new_accounts")
    hours = table.get("hours", 12)
    if isinstance(hours, bool) or not isinstance(hours, int) or not 1 <= hours <= 24 * 30:
        raise _wrong(name, "needs a number from 1 to 720 as hours")


def _rules(name: str, key: str, table: object) -> tuple[Rule, ...]:
    if not isinstance(table, dict) or not all(_is_texts(patterns) for patterns in table.values()):
        raise _wrong(name, f'needs a table of lists as {key}, as "author" = ["urn:…"]')
    rules = tuple(Rule(gives, tuple(patterns)) for gives, patterns in table.items())
    for rule in rules:
        if problem := problem_of(rule):
            raise _wrong(name, f"cannot use {key}: {problem}")
    return rules


def _secret(name: str, said: Mapping[str, Any]) -> str:
    direct, file = said.get("secret", ""), said.get("secret_file", "")
    if bool(direct) == bool(file):
        raise _wrong(name, "needs one of secret_file and secret")
    try:
        secret = str(direct) or Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(name, f"cannot read its secret_file: {error}") from None
    if not secret:
        raise _wrong(name, "has an empty secret_file")
    return secret


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one and one.isprintable() for one in value)


def _wrong(name: str, reason: str) -> ImproperlyConfigured:
    return _refusal(f"REPRISE_OPENID: [{name}] {reason}")


def _refusal(reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{reason}; see docs/sign-in.md.")
