"""Look a DOI up: ask the resolver first, then the registration agency that it turns out to be with."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import quote

from catalog import outbound
from catalog.addresses import OutboundError
from catalog.causes import CausedError
from catalog.identifiers import parse_doi
from catalog.outbound import Response
from catalog.sources import tolerant
from catalog.sources.crossref import read_work, work_url
from catalog.sources.csl import MEDIA_TYPE, read_csl
from catalog.sources.datacite import doi_record_url, read_record, read_resource_type
from catalog.sources.facts import PublicationFacts, Related

SIZE_LIMIT_BYTES: Final = 8 * 2**20
MAX_TYPE_QUESTIONS: Final = 3
_JSON: Final = "application/json"


class LookupFailed(CausedError):
    """The DOI is unknown (doi-unknown) or its metadata cannot be had now (metadata-unreachable)."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the resolver and the two agencies answer."""

    doi: str = "https://doi.org"
    crossref: str = "https://api.crossref.org"
    datacite: str = "https://api.datacite.org"


class Fetch(Protocol):
    """How an address is fetched: outbound.fetch, or something that promises the same."""

    def __call__(
        self, url: str, *, accept: str, timeout_s: float, size_limit_bytes: int, contact: str, allow_private: bool
    ) -> Response: ...


def lookup(
    doi: str,
    *,
    contact: str,
    endpoints: Endpoints | None = None,
    fetch: Fetch = outbound.fetch,
    allow_private: bool = False,
    timeout_s: float = 15.0,
) -> PublicationFacts:
    """Return what is known of `doi`, by at most six requests within `timeout_s` seconds.

    The resolver's answer suffices; where the agency's own record cannot be had, a note says so. When the resolver does
    not answer, the agencies are asked all the same. Raises CausedError: doi-malformed, doi-unknown,
    metadata-unreachable.
    """
    session = _Session(endpoints or Endpoints(), fetch, contact, allow_private, time.monotonic() + timeout_s)
    return session.look_up(parse_doi(doi))


class _Session:
    """One look-up: what every request of it has in common."""

    def __init__(self, endpoints: Endpoints, fetch: Fetch, contact: str, allow_private: bool, deadline: float) -> None:
        self._endpoints = endpoints
        self._fetch = fetch
        self._contact = contact
        self._allow_private = allow_private
        self._deadline = deadline

    def look_up(self, doi: str) -> PublicationFacts:
        try:
            general = self._ask_resolver(doi)
        except LookupFailed as failure:
            if failure.kind_id == "doi-unknown":
                raise
            record = self._ask_agency("crossref", doi) or self._ask_agency("datacite", doi)
            if record is None:
                raise
            return self._with_kinds(record)
        asked = ("crossref",) if general.agency == "crossref" else ("datacite", "crossref")
        for asked_agency in asked:
            record = self._ask_agency(asked_agency, doi)
            if record is not None:
                return self._with_kinds(_merged(record, general))
        return replace(general, notes=("The full record of the registration agency could not be had.",))

    def _get(self, url: str, accept: str) -> Response:
        return self._fetch(
            url,
            accept=accept,
            timeout_s=max(0.0, self._deadline - time.monotonic()),
            size_limit_bytes=SIZE_LIMIT_BYTES,
            contact=self._contact,
            allow_private=self._allow_private,
        )

    def _ask_resolver(self, doi: str) -> PublicationFacts:
        try:
            answer = self._get(f"{self._endpoints.doi.rstrip('/')}/{quote(doi, safe='')}", MEDIA_TYPE)
        except OutboundError as error:
            raise LookupFailed("metadata-unreachable", doi=doi, reason=error.cause.message) from error
        if answer.status in {404, 410}:
            raise LookupFailed("doi-unknown", doi=doi)
        if answer.status != 200:
            raise LookupFailed("metadata-unreachable", doi=doi, reason=_status_words(answer.status))
        item = tolerant.parse_object(answer.body)
        facts = read_csl(item, doi) if item is not None else None
        if facts is None:
            raise LookupFailed("metadata-unreachable", doi=doi, reason="the answer is no record with a title")
        return facts

    def _ask_agency(self, agency: str, doi: str) -> PublicationFacts | None:
        is_crossref = agency == "crossref"
        url = (
            work_url(self._endpoints.crossref, doi, self._contact)
            if is_crossref
            else doi_record_url(self._endpoints.datacite, doi)
        )
        try:
            answer = self._get(url, _JSON)
        except OutboundError:
            return None
        if answer.status != 200:
            return None
        return read_work(answer.body, doi) if is_crossref else read_record(answer.body, doi)

    def _with_kinds(self, facts: PublicationFacts) -> PublicationFacts:
        """Ask DataCite what the first few supplements are, since Crossref's relations do not say it."""
        unknown = [one for one in facts.related if one.kind == "supplement"][:MAX_TYPE_QUESTIONS]
        kinds = {one: self._kind_of(one) for one in unknown}
        return replace(facts, related=tuple(kinds.get(one, one) for one in facts.related))

    def _kind_of(self, one: Related) -> Related:
        try:
            answer = self._get(doi_record_url(self._endpoints.datacite, one.identifier), _JSON)
        except OutboundError:
            return one
        if answer.status != 200:
            return one
        return tolerant.related(one.relation, one.identifier, read_resource_type(answer.body)) or one


def _merged(record: PublicationFacts, general: PublicationFacts) -> PublicationFacts:
    """The agency's record, with the resolver's answer where the record says nothing."""
    is_day_known = record.published_on is not None
    return replace(
        record,
        creators=record.creators or general.creators,
        published_on=record.published_on if is_day_known else general.published_on,
        published_precision=record.published_precision if is_day_known else general.published_precision,
        venue=record.venue or general.venue,
        publisher=record.publisher or general.publisher,
        licence=record.licence or general.licence,
        abstract=record.abstract or general.abstract,
        url=record.url or general.url,
        type=record.type or general.type,
    )


def _status_words(status: int) -> str:
    if status == 429:
        return "the resolver asks for a pause"
    if status in {204, 406}:
        return "its registration agency gives no record that can be read"
    return f"the resolver answered {status}"
