"""What is asked of DataCite's REST API (https://support.datacite.org/reference/dois-2), by its own client.

The client (datacite 1.4) changes the dictionaries that it is given, forgets the DOI when it updates, waits for ever
unless told otherwise, and has no word for a DOI that is taken; all of that is seen to here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

from datacite import DataCiteRESTClient
from datacite.errors import (
    DataCiteError,
    DataCiteForbiddenError,
    DataCiteNotFoundError,
    DataCiteUnauthorizedError,
    HttpError,
)

from catalog.errors import CatalogError

Event = Literal["register", "publish", "hide"]
_TIMEOUT_S: Final = (5.0, 20.0)
_TAKEN: Final = "already been taken"
_REFUSED: Final = ("422", "is not valid", "can't be blank", "unprocessable", "Unprocessable")
_T = TypeVar("_T")


class DataCite:
    """An account at DataCite that may make DOIs of one prefix."""

    def __init__(self, *, account: str, password: str, prefix: str, url: str) -> None:
        self._client = DataCiteRESTClient(account, password, prefix, url=url, timeout=_TIMEOUT_S)
        self.prefix = prefix

    def create_draft(self, doi: str, attributes: Mapping[str, Any]) -> None:
        """Make a draft. One that is there already, as after an answer that was lost, is as good.

        Raises CatalogError minting-refused, minting-account or minting-unreachable, as all of these do.
        """
        try:
            self._ask(lambda: self._client.draft_doi(copy.deepcopy(dict(attributes)), doi))
        except CatalogError as error:
            if _TAKEN not in error.data.get("reason", "") or self.url_of(doi) is None:
                raise

    def update(self, doi: str, attributes: Mapping[str, Any], event: Event | None = None) -> None:
        """Give a DOI its metadata, and move it on where an event is named."""
        data = {**copy.deepcopy(dict(attributes)), "doi": doi, **({"event": event} if event else {})}
        self._ask(lambda: self._client.put_doi(doi, {"type": "dois", "attributes": data}))

    def hide(self, doi: str) -> None:
        """Take a findable DOI out of DataCite's search; it leads on to its page."""
        self._ask(lambda: self._client.hide_doi(doi))

    def url_of(self, doi: str) -> str | None:
        """Return where a DOI of this account leads to; None where it is not this account's."""
        try:
            return str(self._client.get_doi(doi))
        except DataCiteNotFoundError:
            return None
        except (DataCiteError, HttpError, ValueError, KeyError) as error:
            raise _caused(error) from error

    def _ask(self, question: Callable[[], _T]) -> _T:
        try:
            return question()
        # ValueError: an answer that is no JSON, as of a proxy between; KeyError: JSON of another form.
        except (DataCiteError, HttpError, ValueError, KeyError, TypeError) as error:
            raise _caused(error) from error


def _caused(error: Exception) -> CatalogError:
    text = " ".join(str(error).split())[:300] or type(error).__name__
    if isinstance(error, DataCiteUnauthorizedError | DataCiteForbiddenError):
        return CatalogError("minting-account", reason=text)
    if isinstance(error, DataCiteNotFoundError):
        # DataCite answers so to who may not see a DOI, too.
        return CatalogError("minting-account", reason="the DOI is not this account's")
    is_refusal = isinstance(error, DataCiteError) and (_TAKEN in text or any(word in text for word in _REFUSED))
    return CatalogError("minting-refused" if is_refusal else "minting-unreachable", reason=text)
