"""Hosts that a notebook may reach: how they are written, what they match, and what an operator permits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from catalog.causes import CausedError

MOST_HOSTS: Final = 20
ANY_HOST: Final = "*"
DEFAULT_PORTS: Final = frozenset({80, 443})

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# The last label begins with a letter: so no number, in whatever base, is taken for a name.
_NAME: Final = rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]"
_ENTRY: Final = re.compile(rf"(?P<any>\*\.)?(?P<name>{_NAME})(?::(?P<port>[1-9][0-9]{{0,4}}))?")


class AllowedHostError(CausedError):
    """A text that names no host (host-malformed), or a host that is not permitted (host-not-permitted)."""


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host by name, or with `is_wildcard` all below that name; on `port`, or on those of http and https."""

    name: str
    is_wildcard: bool = False
    port: int | None = None

    def __str__(self) -> str:
        return ("*." if self.is_wildcard else "") + self.name + ("" if self.port is None else f":{self.port}")

    def matches(self, host: str, port: int) -> bool:
        """Tell whether a connection to `host`, a name in lower case, and `port` is meant by this entry."""
        is_host = host.endswith(f".{self.name}") if self.is_wildcard else host == self.name
        return is_host and (port in DEFAULT_PORTS if self.port is None else port == self.port)

    def covers(self, other: AllowedHost) -> bool:
        """Tell whether everything that `other` means is meant by this entry too."""
        is_below = other.name == self.name or other.name.endswith(f".{self.name}")
        is_name = (
            is_below and (other.is_wildcard or other.name != self.name)
            if self.is_wildcard
            else other.name == self.name and not other.is_wildcard
        )
        return is_name and (other.port == self.port or (self.port is None and other.port in DEFAULT_PORTS))


def parse_allowed_host(text: str) -> AllowedHost:
    """Read `data.example.org`, `data.example.org:8443` or `*.example.org`.

    Raises AllowedHostError (host-malformed).
    """
    entry = text.strip().lower()
    try:
        ascii_entry = entry if entry.isascii() else entry.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_entry = ""
    match = _ENTRY.fullmatch(ascii_entry)
    if match is None or len(match["name"]) > 253 or int(match["port"] or 1) > 65535:
        raise AllowedHostError("host-malformed", host=ascii(text[:100])[1:-1])
    if match["any"] and match["name"].count(".") < 1:
        raise AllowedHostError("host-malformed", host=entry)
    return AllowedHost(match["name"], bool(match["any"]), int(match["port"]) if match["port"] else None)


def parse_allowed_hosts(texts: Iterable[str]) -> list[str]:
    """Return the entries in their one written form, each once, in order.

    Raises AllowedHostError (host-malformed), also for more than MOST_HOSTS of them.
    """
    entries = list(dict.fromkeys(str(parse_allowed_host(text)) for text in texts))
    if len(entries) > MOST_HOSTS:
        raise AllowedHostError("host-malformed", host=f"{entries[MOST_HOSTS]} (more than {MOST_HOSTS} hosts)")
    return entries


def check_permitted(entries: Iterable[str], permitted: Sequence[str]) -> None:
    """Refuse entries that the operator's list `permitted` does not cover; `*` in it covers every one.

    Raises AllowedHostError (host-malformed, host-not-permitted).
    """
    if ANY_HOST in permitted:
        return
    masters = [parse_allowed_host(text) for text in permitted]
    for text in entries:
        entry = parse_allowed_host(text)
        if not any(master.covers(entry) for master in masters):
            raise AllowedHostError("host-not-permitted", host=entry)


def is_allowed(host: str, port: int, entries: Iterable[AllowedHost]) -> bool:
    """Tell whether a connection to `host` and `port` is meant by any of the entries."""
    return any(entry.matches(host, port) for entry in entries)
