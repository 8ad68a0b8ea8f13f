"""Look a DOI up: ask the resolver first, then the registration agency that it turns out to be with."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from catalog.addresses import OutboundError
from catalog.identifiers import parse_doi
from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.crossref import read_work, work_url
from catalog.sources.csl import MEDIA_TYPE, read_csl
from catalog.sources.datacite import attributes_of, dataset_of, doi_record_url, publication_of, resource_type_of
from catalog.sources.facts import DatasetFacts, Found, PublicationFacts, Related
from catalog.sources.merging import merge
from catalog.sources.reference import Reference
from catalog.sources.retelling import as_dataset, as_publication, is_publication_type
from catalog.sources.source import Endpoints

MAX_TYPE_QUESTIONS: Final = 3
INCOMPLETE: Final = "The full record of the registration agency could not be had."


class Agencies:
    """The resolver of DOIs, Crossref and DataCite."""

    name = "the DOI's registration agency"
    is_git_host = False

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def detect(self, reference: Reference) -> str:
        """Every DOI is asked for here, but for those of which a list of the agency has told everything."""
        return reference.doi if reference.role != "listed" else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return what resolver and agency say; the resolver's answer suffices, then a note says what is missing."""
        del reference
        try:
            general = self._ask_resolver(place, asking)
        except SourceFailed as failure:
            if failure.kind_id == "doi-unknown":
                raise
            found = self._ask_crossref(place, asking) or self._ask_datacite(place, asking)
            if found is None:
                raise
            return (found,)
        record = self._ask_crossref(place, asking) if general.agency == "crossref" else None
        if record is None:
            record = self._ask_datacite(place, asking)
        if record is None and general.agency != "crossref":
            record = self._ask_crossref(place, asking)
        if record is None:
            return (Found("doi.org", *_as_told(replace(general, notes=(INCOMPLETE,)), None)),)
        resolved = Found("doi.org", *_as_told(general, None)) if record.publications else Found("doi.org")
        return (record, resolved)

    def kind_of(self, one: Related, asking: Asking) -> Related:
        """Return what is related with its kind by DataCite's record, as it is where that cannot be had."""
        try:
            answer = asking.get(doi_record_url(self._endpoints.datacite, one.identifier))
        except OutboundError:
            return one
        if answer.status != 200:
            return one
        kind = resource_type_of(attributes_of(answer.body))
        return tolerant.related(one.relation, one.identifier, kind) or one

    def _ask_resolver(self, doi: str, asking: Asking) -> PublicationFacts:
        try:
            answer = asking.get(f"{self._endpoints.doi.rstrip('/')}/{quote(doi, safe='')}", MEDIA_TYPE)
        except OutboundError as error:
            raise SourceFailed("metadata-unreachable", doi=doi, reason=error.cause.message) from error
        if answer.status in {404, 410}:
            raise SourceFailed("doi-unknown", doi=doi)
        if answer.status != 200:
            raise SourceFailed("metadata-unreachable", doi=doi, reason=_status_words(answer.status))
        item = tolerant.parse_object(answer.body)
        facts = read_csl(item, doi) if item is not None else None
        if facts is None:
            raise SourceFailed("metadata-unreachable", doi=doi, reason="the answer is no record with a title")
        return facts

    def _ask_crossref(self, doi: str, asking: Asking) -> Found | None:
        body = _body(work_url(self._endpoints.crossref, doi, asking.contact), asking)
        facts = read_work(body, doi) if body else None
        return Found("Crossref", *_as_told(facts, None)) if facts else None

    def _ask_datacite(self, doi: str, asking: Asking) -> Found | None:
        body = _body(doi_record_url(self._endpoints.datacite, doi), asking)
        found = attributes_of(body) if body else {}
        publication = publication_of(found, doi)
        return Found("DataCite", *_as_told(publication, dataset_of(found, doi))) if publication else None


def lookup(doi: str, *, asking: Asking, endpoints: Endpoints | None = None) -> PublicationFacts:
    """Return what the agencies know of `doi`, as a publication whatever it is, by at most six questions.

    Where the agency's own record cannot be had, a note says so. When the resolver does not answer, the agencies are
    asked all the same. Raises CausedError: doi-malformed, doi-unknown, metadata-unreachable.
    """
    agencies = Agencies(endpoints or Endpoints())
    normal = parse_doi(doi)
    told = agencies.fetch(normal, Reference(doi[:200], doi=normal), asking)
    said = [
        (found.source, facts) for found in told for facts in found.publications or map(as_publication, found.datasets)
    ]
    facts = merge(said).facts
    unknown = [one for one in facts.related if one.kind == "supplement"][:MAX_TYPE_QUESTIONS]
    kinds = {one: agencies.kind_of(one, asking) for one in unknown}
    return replace(facts, related=tuple(kinds.get(one, one) for one in facts.related))


def _as_told(
    publication: PublicationFacts | None, dataset: DatasetFacts | None
) -> tuple[tuple[PublicationFacts, ...], tuple[DatasetFacts, ...]]:
    """Return the facts under what they are of: a publication, or data where the type says so."""
    if publication is None:
        return (), ()
    if is_publication_type(publication.type):
        return (publication,), ()
    return (), (dataset or as_dataset(publication),)


def _body(url: str, asking: Asking) -> bytes:
    """Return the body of an answer 200, or nothing."""
    try:
        answer = asking.get(url)
    except OutboundError:
        return b""
    return answer.body if answer.status == 200 else b""


def _status_words(status: int) -> str:
    if status in {429, 503}:
        return "the resolver asks for a pause"
    if status in {204, 406}:
        return "its registration agency gives no record that can be read"
    return f"the resolver answered {status}"
