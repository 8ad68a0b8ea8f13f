"""Pages of the list of sets, which goes on behind the last set that the page before gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from catalog.exposure.oai.envelope import write_token_element
from catalog.exposure.oai.lists import TOKEN_LIFE
from catalog.exposure.oai.requests import Request
from catalog.exposure.oai.tokens import Place, read_token, write_token

MOST_SETS: Final = 500


def set_page(
    request: Request, sets: Iterable[tuple[str, str]], *, now: datetime, key: bytes
) -> tuple[Sequence[tuple[str, str]], str]:
    """Return the sets of the page that is asked for, by spec and name, and its resumptionToken as XML.

    `sets` are all that there are, in the order of their specs. The token is empty where they fit on one page. Raises
    ProtocolError.
    """
    place = Place("ListSets", "", "", "", "", position=0, given=0, size=0, expires=0)
    if "resumptionToken" in request.arguments:
        place = read_token(request.arguments["resumptionToken"], verb="ListSets", key=key, now=now)
    known = list(sets)
    following = [one for one in known if one[0] > place.set_spec]
    if not following and place.given:
        # All sets that were left are empty now. A list without sets is none: one that was given is given again.
        following = known[-1:]
        place = replace(place, given=place.given - len(following))
    shown = following[:MOST_SETS]
    given = place.given + len(shown)
    if len(following) == len(shown):
        return shown, write_token_element("", expires=None, size=given, cursor=place.given) if place.size else ""
    expires = now + TOKEN_LIFE
    size = max(place.size or len(known), given + 1)
    token = write_token(
        replace(place, set_spec=shown[-1][0], given=given, size=size, expires=int(expires.timestamp())), key
    )
    return shown, write_token_element(token, expires=expires, size=size, cursor=place.given)
