"""Ask DataCite which data and which code name a paper as theirs: few papers name their data, many data their paper.

Format: https://support.datacite.org/docs/api-queries, relatedIdentifiers.relatedIdentifier.
"""

from __future__ import annotations

from typing import Final

from catalog.sources import tolerant
from catalog.sources.asking import Asking
from catalog.sources.datacite import dataset_of, naming_url
from catalog.sources.facts import DatasetFacts, Found
from catalog.sources.reference import Reference
from catalog.sources.retelling import is_publication_type

MOST_RECORDS: Final = 20
# By which data or code say which paper they belong to, the surest first; and what follows from it for the paper.
INVERSE_RELATIONS: Final = {
    "IsSupplementTo": "IsSupplementedBy",
    "IsDocumentedBy": "Documents",
    "IsDescribedBy": "Describes",
    "IsCitedBy": "Cites",
    "IsReferencedBy": "References",
}
PAPER_RELATIONS: Final = tuple(INVERSE_RELATIONS)


class NamingRecords:
    """Records of DataCite that name a paper."""

    name = "DataCite's relations"
    is_git_host = False

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def detect(self, reference: Reference) -> str:
        """Return the DOI, once it turned out to be of a paper; one that would end the quotation is not asked for."""
        return reference.doi if reference.role == "paper" and not set(reference.doi) & set('"\\') else ""

    def fetch(self, place: str, reference: Reference, asking: Asking) -> tuple[Found, ...]:
        """Return the data and code that name the paper; publications and mere mentions are left out."""
        answer = asking.json(naming_url(self._endpoint, place, MOST_RECORDS), about=reference.text)
        found: list[DatasetFacts] = []
        for item in tolerant.entries(tolerant.mapping(answer).get("data"), MOST_RECORDS):
            attributes = tolerant.mapping(tolerant.mapping(item).get("attributes"))
            doi = tolerant.doi(attributes.get("doi"))
            facts = dataset_of(attributes, doi) if doi else None
            if facts is not None and not is_publication_type(facts.type) and relation_to(place, facts):
                found.append(facts)
        return (Found("DataCite", datasets=tuple(_newest(found))),)


def relation_to(doi: str, facts: DatasetFacts) -> str:
    """Return by which relation data name the publication `doi` as theirs, the surest of several, or ""."""
    said = {one.relation for one in facts.related if one.identifier == doi}
    return next((relation for relation in PAPER_RELATIONS if relation in said), "")


def _newest(found: list[DatasetFacts]) -> list[DatasetFacts]:
    """Leave out the DOI of all versions where one of the versions is there too."""
    named = {one.concept_doi for one in found if one.concept_doi}
    return [one for one in found if one.doi not in named]
