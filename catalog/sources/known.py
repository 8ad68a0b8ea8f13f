"""What a look-up found, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from catalog.sources.facts import DatasetFacts, PublicationFacts, RepositoryFacts
from catalog.sources.merging import Merged


@dataclass(frozen=True, slots=True)
class Known:
    """The publication that a reference leads to, if any, with its data and repositories, best first.

    `notes` are sentences for people: what could not be asked, what contradicts, why something is thought to belong.
    `requests` is how many questions were asked.
    """

    reference: str
    publication: Merged[PublicationFacts] | None
    datasets: tuple[Merged[DatasetFacts], ...]
    repositories: tuple[Merged[RepositoryFacts], ...]
    notes: tuple[str, ...]
    requests: int

    def as_dict(self) -> dict[str, object]:
        """Return everything in types that JSON knows; days as 2016-09-19."""
        return {
            "reference": self.reference,
            "publication": _merged(self.publication) if self.publication else None,
            "datasets": [_merged(one) for one in self.datasets],
            "repositories": [_merged(one) for one in self.repositories],
            "notes": list(self.notes),
            "requests": self.requests,
        }


def _merged(one: Merged[PublicationFacts] | Merged[DatasetFacts] | Merged[RepositoryFacts]) -> dict[str, object]:
    return {
        "facts": _plain(asdict(one.facts)),
        "provenance": dict(one.provenance),
        "conflicts": [asdict(conflict) for conflict in one.conflicts],
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
