"""Resumption tokens: where a list goes on, in a text that nobody but us can write.

Nothing is kept here: a token holds the arguments that the list was asked for with and the last position that it gave,
and is signed. So it outlives a restart, works on any machine that has the same key, and nothing that is added, changed
or deleted meanwhile moves what it points at.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Final

from catalog.exposure.oai.errors import ProtocolError

_SIGNATURE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list: `position` is the last that was given, `given` how many were, `size` how long it is.

    `since` and `until` are as they were asked for, empty where they were not; `expires` is in seconds since 1970.
    """

    verb: str
    prefix: str
    set_spec: str
    since: str
    until: str
    position: int
    given: int
    size: int
    expires: int


def write_token(place: Place, key: bytes) -> str:
    """Return the token of a place, signed with `key`."""
    said = base64.urlsafe_b64encode(json.dumps(astuple(place), separators=(",", ":")).encode()).rstrip(b"=")
    return f"{said.decode()}.{_sign(said, key)}"


def read_token(token: str, *, verb: str, key: bytes, now: datetime) -> Place:
    """Return the place of a token. Raises ProtocolError where it is not ours, another verb's or too old."""
    said, _, signature = token.partition(".")
    if not hmac.compare_digest(_sign(said.encode(), key).encode(), signature.encode()):
        raise ProtocolError("badResumptionToken", "The resumptionToken was not given by this repository.")
    place = Place(*json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))))
    if place.verb != verb:
        raise ProtocolError("badResumptionToken", "The resumptionToken was given for another verb.")
    if datetime.fromtimestamp(place.expires, UTC) < now:
        raise ProtocolError("badResumptionToken", "The resumptionToken has expired; begin the list again.")
    return place


def _sign(said: bytes, key: bytes) -> str:
    signed = hmac.new(key, b"oai-pmh 1 " + said, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
