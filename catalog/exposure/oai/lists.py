"""Pages of a list: where one begins, how long the whole is, and the token with which it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from catalog.exposure.harvested import FORMATS, Format
from catalog.exposure.oai.envelope import write_token_element
from catalog.exposure.oai.errors import ProtocolError
from catalog.exposure.oai.moments import first_moment, last_moment
from catalog.exposure.oai.requests import Request
from catalog.exposure.oai.shelf import Page, Selection, Shelf, Shown
from catalog.exposure.oai.tokens import Place, read_token, write_token

TOKEN_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of records in one format, and its resumptionToken as XML, empty where the list is a single page."""

    wanted: Format
    shown: Sequence[Shown]
    resumption: str


def list_page(request: Request, shelf: Shelf, *, now: datetime, key: bytes, most: int, with_xml: bool) -> ListPage:
    """Return the page that a request for a list asks for. Raises ProtocolError.

    A page begins behind the last position that the page before gave. A record that changes meanwhile moves to the end
    of the order, so it may be given twice and is never left out.
    """
    place = _place(request, key=key, now=now)
    wanted = format_of(place.prefix)
    selection = Selection(
        wanted.bit,
        place.set_spec,
        first_moment(place.since) if place.since else None,
        last_moment(place.until) if place.until else None,
    )
    page = shelf.page(selection, after=place.position, most=most, with_xml=with_xml)
    if not page.shown and place.given:
        # All that was left has left the selection. A list without records is none: one that was given is given again.
        page = shelf.last(selection, before=place.position + 1, with_xml=with_xml)
        place = replace(place, given=place.given - len(page.shown))
    if not page.shown:
        raise ProtocolError("noRecordsMatch", "No record is within these arguments.")
    return ListPage(wanted, page.shown, _resumption(place, page, selection, shelf, key=key, now=now))


def format_of(prefix: str) -> Format:
    """Return the format of a prefix. Raises ProtocolError."""
    wanted = FORMATS.get(prefix)
    if wanted is None:
        raise ProtocolError("cannotDisseminateFormat", f"The metadataPrefix is none of {', '.join(FORMATS)}.")
    return wanted


def _place(request: Request, *, key: bytes, now: datetime) -> Place:
    said = request.arguments
    if token := said.get("resumptionToken"):
        return read_token(token, verb=request.verb, key=key, now=now)
    if "metadataPrefix" not in said:
        raise ProtocolError("badResumptionToken", "The resumptionToken is empty.")
    set_spec, since, until = (said.get(name, "") for name in ("set", "from", "until"))
    return Place(request.verb, said["metadataPrefix"], set_spec, since, until, position=0, given=0, size=0, expires=0)


def _resumption(place: Place, page: Page, selection: Selection, shelf: Shelf, *, key: bytes, now: datetime) -> str:
    given = place.given + len(page.shown)
    if not page.has_more:
        return write_token_element("", expires=None, size=given, cursor=place.given) if place.size else ""
    # Counted once: what comes in or goes out meanwhile is made good on the last page.
    size = max(place.size or shelf.count(selection), given + 1)
    expires = now + TOKEN_LIFE
    following = replace(
        place, position=page.shown[-1].position, given=given, size=size, expires=int(expires.timestamp())
    )
    return write_token_element(write_token(following, key), expires=expires, size=size, cursor=place.given)
