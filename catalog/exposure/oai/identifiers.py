"""Names of records for harvesters: `oai:`, the domain of the catalogue, and the key of the record.

See http://www.openarchives.org/OAI/2.0/guidelines-oai-identifier.htm.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

# Characters that the guidelines allow beside letters, digits, `-`, `_`, `.` and `~`; any other is percent-encoded.
_ALLOWED: Final = "!*'();/?:@&=+$,"
_DOMAIN: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9\-]*(\.[a-zA-Z][a-zA-Z0-9\-]*)+")


def write_identifier(key: str, domain: str) -> str:
    """Return the identifier of the record with this key."""
    return f"oai:{domain}:{quote(key, safe=_ALLOWED)}"


def read_identifier(identifier: str, domain: str) -> str | None:
    """Return the key that an identifier names, or None where it can be none of ours."""
    before = f"oai:{domain}:"
    if not identifier.startswith(before):
        return None
    key = unquote(identifier.removeprefix(before))
    return key if write_identifier(key, domain) == identifier else None


def is_domain(text: str) -> bool:
    """Tell whether a text is a domain name of the form that the guidelines demand: no address, and not localhost."""
    return _DOMAIN.fullmatch(text) is not None
