"""Answers the six verbs of OAI-PMH 2.0 from a shelf of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from catalog.exposure.harvested import FORMATS, Format
from catalog.exposure.oai import envelope
from catalog.exposure.oai.errors import ProtocolError
from catalog.exposure.oai.identifiers import is_domain, read_identifier, write_identifier
from catalog.exposure.oai.lists import ListPage, format_of, list_page
from catalog.exposure.oai.moments import GRANULARITY, write_moment
from catalog.exposure.oai.requests import Request, read_request
from catalog.exposure.oai.set_pages import set_page
from catalog.exposure.oai.shelf import Shelf, Shown
from catalog.exposure.record import Site

LISTS: Final = frozenset({"ListIdentifiers", "ListRecords"})

_IDENTIFIERS: Final = "http://www.openarchives.org/OAI/2.0/oai-identifier"
_ABOUT_SETS: Final = {
    "facility": "Records of each research infrastructure.",
    "technique": "Records of each experimental technique of the ontology PaNET, those of narrower techniques included.",
    "verdict": "Notebooks and certificates by what came of running them again.",
    "type": "Publications, datasets, collections of notebooks, environments and certificates.",
    "openaire": "Publications, for OpenAIRE.",
    "openaire_data": "Research data, for OpenAIRE.",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """The repository: `base_url` is its address, `domain` stands in identifiers, `key` signs tokens."""

    site: Site
    shelf: Shelf
    base_url: str
    domain: str
    admin: str
    key: bytes
    page_size: int

    def answer(self, raw: str, *, now: datetime) -> bytes:
        """Return the answer to a raw query or form; what is wrong with it is an answer too."""
        try:
            request = read_request(raw)
        except ProtocolError as error:
            said = envelope.write_error(error.code, error.message)
            return envelope.write_answer(self.base_url, at=now, echoed={}, within=[said])
        # A harvester comes back with this date: it must not miss a change that was on its way when it asked.
        at = min(now, self.shelf.as_of()) if request.verb in LISTS else now
        try:
            within = [f"<{request.verb}>", *_VERBS[request.verb](self, request, now), f"</{request.verb}>"]
        except ProtocolError as error:
            within = [envelope.write_error(error.code, error.message)]
        return envelope.write_answer(self.base_url, at=at, echoed=request.echoed, within=within)

    def identify(self, _request: Request, _now: datetime) -> Iterator[str]:
        """Say what this repository is."""
        yield (
            f"<repositoryName>{envelope.text(self.site.name)}</repositoryName>"
            f"<baseURL>{envelope.text(self.base_url)}</baseURL><protocolVersion>2.0</protocolVersion>"
            f"<adminEmail>{envelope.text(self.admin)}</adminEmail>"
            f"<earliestDatestamp>{write_moment(self.shelf.earliest())}</earliestDatestamp>"
            f"<deletedRecord>persistent</deletedRecord><granularity>{GRANULARITY}</granularity>"
            "<compression>gzip</compression>"
        )
        if is_domain(self.domain):
            sample = write_identifier(self.shelf.example_key() or "publication/10.5072/example", self.domain)
            yield (
                f'<description><oai-identifier xmlns="{_IDENTIFIERS}"'
                f' xsi:schemaLocation="{_IDENTIFIERS} {_IDENTIFIERS}.xsd"><scheme>oai</scheme>'
                f"<repositoryIdentifier>{envelope.text(self.domain)}</repositoryIdentifier><delimiter>:</delimiter>"
                f"<sampleIdentifier>{envelope.text(sample)}</sampleIdentifier></oai-identifier></description>"
            )

    def list_metadata_formats(self, request: Request, _now: datetime) -> Iterator[str]:
        """List the formats, all or those of one record."""
        bits = sum(each.bit for each in FORMATS.values())
        if "identifier" in request.arguments:
            bits = self._find(request).formats
            if not bits:
                raise ProtocolError("noMetadataFormats", "The record is deleted, or has no format.")
        for each in FORMATS.values():
            if each.bit & bits:
                yield (
                    f"<metadataFormat><metadataPrefix>{each.prefix}</metadataPrefix><schema>{each.schema}</schema>"
                    f"<metadataNamespace>{each.namespace}</metadataNamespace></metadataFormat>"
                )

    def list_sets(self, request: Request, now: datetime) -> Iterator[str]:
        """List the sets of a page, those that hold something."""
        shown, resumption = set_page(request, self.shelf.sets(), now=now, key=self.key)
        for spec, name in shown:
            yield envelope.write_set(spec, name, _ABOUT_SETS.get(spec, ""))
        if not shown:
            # The schema wants a set in the list; so long as nothing is exposed there is none to name but this.
            yield envelope.write_set("type", "By type of record", _ABOUT_SETS["type"])
        yield resumption

    def get_record(self, request: Request, _now: datetime) -> Iterator[str]:
        """Give one record in one format; a deleted one by its header alone."""
        wanted = format_of(request.arguments["metadataPrefix"])
        shown = self._find(request, wanted.bit)
        if not shown.formats_ever & wanted.bit:
            raise ProtocolError("cannotDisseminateFormat", f"The record cannot be had as {wanted.prefix}.")
        yield self._record(shown, wanted)

    def list_identifiers(self, request: Request, now: datetime) -> Iterator[str]:
        """List the headers of a page."""
        page = self._page(request, now, with_xml=False)
        for shown in page.shown:
            yield self._header(shown, page.wanted)
        yield page.resumption

    def list_records(self, request: Request, now: datetime) -> Iterator[str]:
        """List the records of a page."""
        page = self._page(request, now, with_xml=True)
        for shown in page.shown:
            yield self._record(shown, page.wanted)
        yield page.resumption

    def _find(self, request: Request, bit: int = 0) -> Shown:
        key = read_identifier(request.arguments["identifier"], self.domain)
        shown = self.shelf.find(key, bit=bit) if key else None
        if shown is None:
            raise ProtocolError("idDoesNotExist", "No record has this identifier.")
        return shown

    def _page(self, request: Request, now: datetime, *, with_xml: bool) -> ListPage:
        return list_page(request, self.shelf, now=now, key=self.key, most=self.page_size, with_xml=with_xml)

    def _header(self, shown: Shown, wanted: Format) -> str:
        return envelope.write_header(
            write_identifier(shown.key, self.domain),
            shown.datestamp,
            shown.specs,
            is_deleted=not shown.formats & wanted.bit,
        )

    def _record(self, shown: Shown, wanted: Format) -> str:
        return f"<record>{self._header(shown, wanted)}{shown.xml}</record>"


def is_list(raw: str) -> bool:
    """Tell whether a raw query or form asks for a page of records or headers."""
    try:
        return read_request(raw).verb in LISTS
    except ProtocolError:
        return False


_VERBS: Final[dict[str, Callable[[Provider, Request, datetime], Iterable[str]]]] = {
    "Identify": Provider.identify,
    "ListMetadataFormats": Provider.list_metadata_formats,
    "ListSets": Provider.list_sets,
    "GetRecord": Provider.get_record,
    "ListIdentifiers": Provider.list_identifiers,
    "ListRecords": Provider.list_records,
}
