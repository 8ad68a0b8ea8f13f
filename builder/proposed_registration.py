"""Fill in the registration form from what is known of a DOI or an address, for the author to check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from builder.sources import check_address
from catalog.causes import CausedError
from catalog.described import InstrumentDraft, instrument_drafts_told, known_facility
from catalog.forms import MOST_DATASETS
from catalog.identifiers import is_doi, parse_doi
from catalog.looking_up import look_up_all
from catalog.models import Facility
from catalog.sources import DatasetFacts, Known, PublicationFacts, RepositoryFacts
from catalog.sources.retelling import is_code_type

MOST_INSTRUMENTS: Final = 20


@dataclass(frozen=True, slots=True)
class ProposedRegistration:
    """What may be registered, and beside it what was found."""

    doi: str
    source_url: str
    ref: str
    facility: Facility | None
    instruments: tuple[InstrumentDraft, ...]
    dataset_dois: tuple[str, ...]
    publication: PublicationFacts | None
    datasets: tuple[DatasetFacts, ...]
    archives: tuple[DatasetFacts, ...]
    repositories: tuple[RepositoryFacts, ...]
    notes: tuple[str, ...]

    @property
    def initial(self) -> dict[str, Any]:
        """What the form is filled in with."""
        return {
            "doi": self.doi,
            "source_url": self.source_url,
            "ref": self.ref,
            "facility": self.facility,
            "instruments": [{"name": one.name, "identifier": one.pid} for one in self.instruments],
            "datasets": list(self.dataset_dois),
        }


def propose_registration(*, doi: str, source_url: str, ref: str) -> ProposedRegistration:
    """Look up what the author typed, the DOI or else the repository, and return what may be registered.

    What was typed stays, but for a DOI of data or code, in place of which comes that of the paper it belongs to. Raises
    CausedError as catalog.looking_up.look_up_all does.
    """
    known = look_up_all(doi or source_url)
    repositories = tuple(one.facts for one in known.repositories if _is_fetchable(one.facts))
    paper = known.publication.facts if known.publication else None
    things = tuple(one.facts for one in known.datasets)
    datasets = tuple(one for one in things if not is_code_type(one.type))
    chosen = repositories[0] if repositories and not source_url else None
    typed_doi = parse_doi(doi) if is_doi(doi) and not any(one.doi == parse_doi(doi) for one in things) else ""
    return ProposedRegistration(
        doi=paper.doi if paper else typed_doi,
        source_url=chosen.url if chosen else source_url,
        ref=chosen.ref if chosen else ref,
        facility=_facility_of(datasets),
        instruments=tuple(instrument_drafts_told(datasets)[:MOST_INSTRUMENTS]),
        dataset_dois=tuple(one.doi for one in datasets if one.doi)[:MOST_DATASETS],
        publication=paper,
        datasets=datasets,
        archives=tuple(one for one in things if is_code_type(one.type)),
        repositories=repositories,
        notes=_notes(known, paper, repositories),
    )


def _notes(known: Known, paper: PublicationFacts | None, repositories: Sequence[RepositoryFacts]) -> tuple[str, ...]:
    missing = []
    if paper is None:
        missing.append("Nothing says which paper it belongs to: give the paper's DOI.")
    if not repositories:
        missing.append("Nothing says where the notebooks are: give the address of their repository.")
    return (*missing, *known.notes)


def _is_fetchable(facts: RepositoryFacts) -> bool:
    """Tell whether the address is one that this installation fetches at all."""
    try:
        check_address(facts.url, facts.ref)
    except CausedError:
        return False
    return True


def _facility_of(datasets: Sequence[DatasetFacts]) -> Facility | None:
    """Return the facility that the data were taken at, else the one that published them; of several none."""
    taken_at = (org for one in datasets for org in (one.facility, *(each.facility for each in one.instruments)) if org)
    return known_facility(taken_at) or known_facility(one.publisher for one in datasets if one.publisher)
