"""Ask a provider of OAI-PMH for one record: DataCite's format, and Dublin Core where it has no other.

Format: https://www.openarchives.org/OAI/openarchivesprotocol.html, GetRecord.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from catalog.sources import tolerant
from catalog.sources.asking import Asking, SourceFailed, check_status
from catalog.sources.datacite import dataset_of
from catalog.sources.datacite_xml import attributes_of_datacite, attributes_of_dublin_core, first, parse_xml
from catalog.sources.facts import DatasetFacts, Found
from catalog.sources.reference import Reference

_PREFIXES: Final = ("oai_datacite", "oai_dc")
_XML: Final = "text/xml, application/xml"


class OaiPmh:
    """Providers of OAI-PMH: those that are named, and the one in an address with verb=GetRecord."""

    name = "OAI-PMH"
    is_git_host = False

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = [one.partition("?")[0] for one in endpoints]

    def detect(self, reference: Reference) -> str:
        """Return the identifier of the record."""
        if reference.oai:
            return reference.oai if self._endpoints else ""
        return _identifier_in(reference.url)

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the record of the first provider that has it."""
        providers = self._endpoints if reference.oai else [reference.url.partition("?")[0]]
        last = SourceFailed("reference-unknown", host=self.name, reference=reference.text)
        for provider in providers:
            for prefix in _PREFIXES:
                try:
                    facts = _record(provider, prefix, place, reference, asking)
                except SourceFailed as failure:
                    last = failure
                    continue
                return (Found(f"{self.name} of {urlsplit(provider).hostname}", datasets=(facts,)),)
        raise last


def _identifier_in(url: str) -> str:
    if tolerant.query_values(url, "verb") != ["GetRecord"]:
        return ""
    identifiers = tolerant.query_values(url, "identifier")
    return identifiers[0][:500] if len(identifiers) == 1 else ""


def _record(provider: str, prefix: str, identifier: str, reference: Reference, asking: Asking) -> DatasetFacts:
    url = f"{provider}?verb=GetRecord&metadataPrefix={prefix}&identifier={quote(identifier, safe='')}"
    answer = asking.get(url, _XML)
    check_status(answer, reference.text)
    root = parse_xml(answer.body)
    if root is None:
        raise SourceFailed("metadata-unreachable", doi=reference.text, reason="its answer is no XML that can be read")
    error = first(root, "error")
    if error is not None:
        code = error.get("code") or ""
        if code == "idDoesNotExist":
            raise SourceFailed("reference-unknown", host=urlsplit(provider).hostname, reference=reference.text)
        words = tolerant.line(error.text) or code
        raise SourceFailed("metadata-unreachable", doi=reference.text, reason=f"the provider answers “{words}”")
    found = first(root, "resource" if prefix == "oai_datacite" else "dc")
    attributes: dict[str, object] = {}
    if found is not None:
        attributes = attributes_of_datacite(found) if prefix == "oai_datacite" else attributes_of_dublin_core(found)
    facts = dataset_of(attributes, tolerant.doi(attributes.get("doi")))
    if facts is None:
        raise SourceFailed("metadata-unreachable", doi=reference.text, reason="the record is deleted or has no title")
    return facts
