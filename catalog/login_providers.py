"""Providers of logins and what their word is worth here. Plain data, read from the settings; knows no Django."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from catalog.role_names import READER

_STARRED: Final = "([^:/#]+)"
_LONGEST: Final = 1000
_MOST_GROUPS: Final = 500
_NAME_CHARACTERS: Final = 150
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Rule:
    """What is given to whoever has an entitlement that one of the patterns fits; {1} stands for what its * found."""

    gives: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """Roles, and experiment groups by name with whether one manages them."""

    roles: frozenset[str] = frozenset()
    groups: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """An OpenID provider. `claims` are those that hold entitlements or groups, with dots where they are nested."""

    id: str
    name: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    claims: tuple[str, ...] = ()
    orcid_claim: str = ""
    role: str = READER
    new_accounts: bool = True
    hours: int = 12
    roles: tuple[Rule, ...] = ()
    groups: tuple[Rule, ...] = ()
    managers: tuple[Rule, ...] = ()

    def rights(self, entitlements: Iterable[str]) -> Rights:
        """Return what a person with these entitlements may here; of groups at most the first 500 by name."""
        held = sorted({_normal(one) for one in entitlements if len(one) <= _LONGEST and one.isprintable()})
        roles = {rule.gives for rule in self.roles if any(True for _ in _found(rule, held))}
        managed = {name for rule in self.managers for name in _found(rule, held)}
        joined = {name for rule in self.groups for name in _found(rule, held)} | managed
        groups = {name: name in managed for name in sorted(joined)[:_MOST_GROUPS]}
        return Rights(frozenset(roles | {self.role}), groups)


def is_safe_address(url: str) -> bool:
    """Tell whether a provider may be spoken to at `url`: by https, or on this machine."""
    try:
        parts = urlsplit(url)
        is_plain = bool(parts.hostname) and parts.username is None and not parts.fragment
    except ValueError:
        return False
    is_near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return is_plain and url.isascii() and url.isprintable() and " " not in url and (parts.scheme == "https" or is_near)


def problem_of(rule: Rule) -> str:
    """Return what is wrong with a rule, or nothing."""
    wanted = {int(number) for number in re.findall(r"\{([1-9])\}", rule.gives)}
    if not rule.gives.isprintable() or not 0 < len(rule.gives) <= _NAME_CHARACTERS:
        return f"“{rule.gives[:40]}” is no name"
    for pattern in rule.patterns:
        if not pattern or len(pattern) > _LONGEST or not pattern.isprintable():
            return f"“{pattern[:40]}” is no pattern"
        if any(part.count("*") > 1 for part in re.split("[:/#]", pattern)):
            return f"“{pattern}” has two * in one part"
        if wanted and max(wanted) > pattern.count("*"):
            return f"“{pattern}” has fewer * than “{rule.gives}” asks for"
    return ""


def values_at(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the strings that a claim holds, one or many; none where it is missing or of another form."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str) and 0 < len(value) <= _LONGEST]


def shown_name(text: object) -> str:
    """Return a name from elsewhere as it can be shown: one line, nothing unseen, at most 150 characters."""
    if not isinstance(text, str):
        return ""
    composed = unicodedata.normalize("NFC", text[: 4 * _NAME_CHARACTERS])
    seen = "".join(sign if sign.isprintable() else " " for sign in composed if unicodedata.category(sign) != "Cf")
    return " ".join(seen.split())[:_NAME_CHARACTERS].strip()


def account_name(*candidates: object) -> str:
    """Return the first candidate that leaves a name for an account, of plain letters, digits, dots and dashes."""
    for candidate in candidates:
        plain = unicodedata.normalize("NFKD", shown_name(candidate)).encode("ascii", "ignore").decode("ascii")
        name = re.sub(r"[^A-Za-z0-9._-]+", ".", plain.partition("@")[0]).strip("._-")[:40]
        if name:
            return name
    return "account"


def _found(rule: Rule, entitlements: Iterable[str]) -> Iterator[str]:
    expressions = [_expression(pattern) for pattern in rule.patterns]
    for entitlement in entitlements:
        for expression in expressions:
            match = expression.fullmatch(entitlement)
            name = _filled(rule.gives, [unquote(part) for part in match.groups()]) if match else ""
            if name:
                yield name


def _filled(template: str, parts: list[str]) -> str:
    """Return the name, or nothing where a part holds signs by which two names could look or become the same."""
    if any(not part.isprintable() or re.search("[:/#*{}\ufffd]", part) or part != part.strip() for part in parts):
        return ""
    name = re.sub(r"\{([1-9])\}", lambda found: parts[int(found[1]) - 1], template)
    return name if len(name) <= _NAME_CHARACTERS else ""


def _expression(pattern: str) -> re.Pattern[str]:
    """One * is anything within a part; without an authority any authority will do (AARC-G069)."""
    normal = _normal(pattern)
    literal = _STARRED.join(re.escape(piece) for piece in normal.split("*"))
    has_any_authority = normal.startswith("urn:") and "#" not in normal
    return re.compile(literal + ("(?:#[^#]*)?" if has_any_authority else ""))


def _normal(text: str) -> str:
    """In a URN the scheme and the namespace know no case (RFC 8141)."""
    scheme, _, rest = text.partition(":")
    if scheme.lower() != "urn":
        return text
    namespace, colon, specific = rest.partition(":")
    return f"urn:{namespace.lower()}{colon}{specific}"
