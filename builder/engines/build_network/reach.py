"""What a program of a build may reach: nothing, the package index with its files' hosts, or the machine's network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

Authority = tuple[str, int]
# What uv and pip ask where nobody names another.
PUBLIC_INDEX: Final = "https://pypi.org/simple"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Reach:
    """Hosts with their ports. `is_open` is the machine's own network: only where no stranger's program can start."""

    hosts: frozenset[Authority] = frozenset()
    is_open: bool = False


NOWHERE: Final = Reach()
EVERYWHERE: Final = Reach(is_open=True)


def authority_of(address: str) -> Authority | None:
    """Return host and port of an address of http or https, or None when it has none.

    >>> authority_of("https://Index.example.org/simple")
    ('index.example.org', 443)
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if port is None or parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.hostname.lower().rstrip("."), port


def authority_named(text: str) -> Authority | None:
    """Return host and port of "host" or "host:port", as a setting or a CONNECT names it; the port is 443 by itself.

    >>> authority_named("files.example.org:8443")
    ('files.example.org', 8443)
    """
    return authority_of(f"https://{text}") if "/" not in text and "@" not in text else None


def reach_of(address: str) -> Reach:
    """Return the reach of one address alone; of an empty one, nowhere."""
    found = authority_of(address)
    return Reach(frozenset({found})) if found else NOWHERE
