"""Requests, read from the raw text of a query or form: what is repeated is seen, and nothing illegal gets through."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from catalog.exposure.oai.errors import ProtocolError
from catalog.exposure.oai.moments import first_moment, is_day
from catalog.exposure.sets import is_set_spec
from catalog.exposure.stored import FORBIDDEN_IN_XML

_MOST_ARGUMENTS: Final = 20
_LONGEST: Final = 2_000
# No characters but those of an address (RFC 3986).
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_PREFIX: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-_.]+")


@dataclass(frozen=True, slots=True)
class _Verb:
    needed: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    is_list: bool = False


_SELECTIVE: Final = _Verb(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), is_list=True)
_VERBS: Final = {
    "Identify": _Verb(),
    "ListMetadataFormats": _Verb(allowed=frozenset({"identifier"})),
    "ListSets": _Verb(is_list=True),
    "ListIdentifiers": _SELECTIVE,
    "ListRecords": _SELECTIVE,
    "GetRecord": _Verb(frozenset({"identifier", "metadataPrefix"})),
}


@dataclass(frozen=True, slots=True)
class Request:
    """A legal request: its verb, and its arguments by name, each of the form that the protocol demands.

    The one thing not looked into is a resumption token.
    """

    verb: str
    arguments: dict[str, str]

    @property
    def echoed(self) -> dict[str, str]:
        """What the answer says of the request; a token that is none of ours in form is not repeated."""
        kept = {
            name: value
            for name, value in self.arguments.items()
            if name != "resumptionToken" or _TOKEN.fullmatch(value)
        }
        return {"verb": self.verb, **kept}


def read_request(raw: str) -> Request:
    """Return the request of a query or form, still percent-encoded. Raises ProtocolError."""
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=_MOST_ARGUMENTS)
    except (ValueError, UnicodeDecodeError):
        raise ProtocolError("badArgument", "The request cannot be read as arguments in UTF-8.") from None
    verbs = [value for name, value in pairs if name == "verb"]
    if not verbs:
        raise ProtocolError("badVerb", "The request has no verb.")
    if len(verbs) > 1:
        raise ProtocolError("badVerb", "The request has more than one verb.")
    if verbs[0] not in _VERBS:
        raise ProtocolError("badVerb", f"The verb is none of {', '.join(_VERBS)}.")
    given = [(name, value) for name, value in pairs if name != "verb"]
    arguments = dict(given)
    if len(arguments) < len(given):
        raise ProtocolError("badArgument", "An argument is repeated.")
    _check_names(_VERBS[verbs[0]], arguments)
    for name, value in arguments.items():
        if len(value) > _LONGEST or not _IS_LEGAL[name](value):
            raise ProtocolError("badArgument", f"The value of {name} is not of the form that the protocol demands.")
    _check_range(arguments)
    return Request(verbs[0], arguments)


def _check_names(verb: _Verb, arguments: dict[str, str]) -> None:
    if verb.is_list and "resumptionToken" in arguments:
        if len(arguments) > 1:
            raise ProtocolError("badArgument", "A resumptionToken goes with no other argument.")
        return
    if not arguments.keys() <= verb.needed | verb.allowed:
        raise ProtocolError("badArgument", "The request has an argument that its verb does not know.")
    if missing := sorted(verb.needed - arguments.keys()):
        raise ProtocolError("badArgument", f"The request lacks {' and '.join(missing)}.")


def _check_range(arguments: dict[str, str]) -> None:
    since, until = arguments.get("from"), arguments.get("until")
    if since is None or until is None:
        return
    if is_day(since) != is_day(until):
        raise ProtocolError("badArgument", "from and until have different granularities.")
    if since > until:
        raise ProtocolError("badArgument", "from is later than until.")


def _is_moment(text: str) -> bool:
    try:
        first_moment(text)
    except ValueError:
        return False
    return True


_IS_LEGAL: Final[dict[str, Callable[[str], bool]]] = {
    "identifier": lambda text: _IDENTIFIER.fullmatch(text) is not None,
    "metadataPrefix": lambda text: _PREFIX.fullmatch(text) is not None,
    "from": _is_moment,
    "until": _is_moment,
    "set": is_set_spec,
    "resumptionToken": lambda text: not FORBIDDEN_IN_XML.search(text),
}
