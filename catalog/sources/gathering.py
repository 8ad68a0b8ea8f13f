"""Follow a reference to everything that belongs to it: the publication, its data, the repository of its notebooks.

Every source is asked what it detects. What they name is followed: from data and code to the paper, from the paper to
its supplements, from archived code to the repository it came from. Only the given reference must be found; whatever
else cannot be had is a note.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

from catalog.causes import CausedError
from catalog.sources.asking import Asking, SourceFailed
from catalog.sources.facts import DatasetFacts, Found, PublicationFacts, Related, RelatedKind, RepositoryFacts
from catalog.sources.known import Known
from catalog.sources.merging import Merged, merge
from catalog.sources.naming import INVERSE_RELATIONS, PAPER_RELATIONS, relation_to
from catalog.sources.reference import Reference, parse_reference
from catalog.sources.retelling import as_publication, is_code_type, is_publication_type
from catalog.sources.source import Source

T = TypeVar("T")

MOST_REFERENCES: Final = 12
MOST_SUPPLEMENTS: Final = 6
MOST_REPOSITORIES: Final = 3


def gather(text: str, *, sources: Sequence[Source], asking: Asking, follows: bool = True) -> Known:
    """Return what the sources know of `text` and, where that is followed, of what it leads to.

    Raises CausedError: reference-malformed, reference-unsupported when no source detects it, or what the sources
    answered when none of them knows it.
    """
    reference = parse_reference(text)
    gathering = _Gathering(sources, asking)
    gathering.start(reference)
    if follows:
        gathering.follow()
    return gathering.known(reference)


@dataclass(slots=True)
class _Gathering:
    sources: Sequence[Source]
    asking: Asking
    paper_doi: str = ""
    # Each statement with the place of its source in the order of trust, and its source.
    papers: list[tuple[int, str, PublicationFacts]] = field(default_factory=list)
    data: dict[str, list[tuple[int, str, DatasetFacts]]] = field(default_factory=dict)
    repositories: dict[str, list[tuple[int, str, RepositoryFacts]]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    leads: deque[tuple[Reference, str]] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    proposed: dict[str, tuple[str, RepositoryFacts]] = field(default_factory=dict)

    def start(self, reference: Reference) -> None:
        """Ask for the reference that was given. Raises CausedError where nobody knows it."""
        self.seen.update({reference.doi, reference.url, reference.swhid, reference.oai} - {""})
        if reference.doi and reference.url:
            self.notes[f"The DOI {reference.doi} was read from the address."] = None
        if not any(source.detect(reference) for source in self.sources):
            raise SourceFailed("reference-unsupported", reference=reference.text)
        failures = self._ask(reference)
        if not (self.papers or self.data or self.repositories) and failures:
            # The agency's word that a DOI is unknown says more than a repository's.
            raise next((one for one in failures if one.kind_id == "doi-unknown"), failures[0])
        if not (self.papers or self.data or self.repositories):
            raise SourceFailed("reference-unknown", host="any source", reference=reference.text)

    def follow(self) -> None:
        """Follow what was named, as far as numbers and time allow."""
        followed = 0
        while self.leads and followed < MOST_REFERENCES and self.asking.left_s > 0:
            reference, why = self.leads.popleft()
            followed += 1
            before = len(self.papers) + len(self.data) + len(self.repositories)
            for failure in self._ask(reference):
                self.notes[f"{reference.text}: {failure.cause.message}"] = None
            if why and len(self.papers) + len(self.data) + len(self.repositories) > before:
                self.notes[why] = None
        if self.leads:
            self.notes[f"{len(self.leads)} more things that were named were not looked up."] = None

    def _ask(self, reference: Reference) -> list[CausedError]:
        failures: list[CausedError] = []
        pages: list[Reference] = []
        for rank, source in enumerate(self.sources):
            place = source.detect(reference)
            if not place or (source.name, place) in self.asked:
                continue
            # A repository at a ref is the same repository.
            self.asked |= {(source.name, place), (source.name, place.partition("@")[0])}
            try:
                told = source.fetch(place, reference, self.asking)
            except CausedError as failure:
                failures.append(failure)
                continue
            for found in told:
                pages += self._take(rank, found, reference)
        for page in pages:
            failures += self._ask(page)
        if reference.role:
            # What is known already is asked for where it may be kept too; that it is not kept there is no news.
            return [one for one in failures if one.kind_id not in {"reference-unknown", "doi-unknown"}]
        return failures

    def _take(self, rank: int, found: Found, asked: Reference) -> list[Reference]:
        pages: list[Reference] = []
        for dataset in found.datasets:
            # Where the page of data leads to other data, these are not what was asked for.
            if asked.is_data and dataset.doi not in {"", asked.doi}:
                continue
            if is_publication_type(dataset.type):
                self._take_paper(rank, found.source, as_publication(dataset))
                continue
            key = dataset.doi or dataset.url or dataset.title
            self.data.setdefault(key, []).append((rank, found.source, dataset))
            self._follow_from_data(found.source, dataset)
            if asked.role == "paper":
                self.leads.append((Reference(dataset.doi, doi=dataset.doi, url=dataset.url, role="listed"), ""))
                self.seen.add(dataset.doi)
            elif dataset.doi:
                pages.append(Reference(dataset.doi, doi=dataset.doi, url=dataset.url, role="data"))
        for paper in found.publications:
            self._take_paper(rank, found.source, paper)
            if paper.doi == self.paper_doi:
                pages.append(Reference(paper.doi, doi=paper.doi, role="paper"))
        for repository in found.repositories:
            self._take_repository(rank, found.source, repository)
        return pages

    def _take_paper(self, rank: int, source: str, facts: PublicationFacts) -> None:
        if self.paper_doi not in {"", facts.doi}:
            return
        self.paper_doi = facts.doi
        self.papers.append((rank, source, facts))
        wished = [one for one in facts.related if one.kind in {"supplement", "dataset", "software"}]
        for one in wished[:MOST_SUPPLEMENTS]:
            self._lead(one.identifier)
        code = [one for one in facts.related if one.kind == "repository"]
        for one in code[:MOST_REPOSITORIES]:
            self._propose(one.identifier, source, f"the publication's record names it ({one.relation}).")

    def _follow_from_data(self, source: str, facts: DatasetFacts) -> None:
        named = facts.doi or facts.title
        if not self.paper_doi and (paper := _paper_of(facts.related)):
            self._lead(paper.identifier, f"{source}: {named} names {paper.identifier} ({paper.relation}).", first=True)
        for one in facts.related:
            if one.kind == "repository" or (one.kind == "software" and not one.identifier.startswith("10.")):
                self._propose(one.identifier, source, f"{named} names it ({one.relation}).")

    def _take_repository(self, rank: int, source: str, facts: RepositoryFacts) -> None:
        if facts.url:
            self._lead(facts.url)
        key = _repository_key(facts.url) or facts.swhid or facts.name
        self.repositories.setdefault(key, []).append((rank, source, facts))
        if facts.paper_doi and not self.paper_doi:
            self._lead(facts.paper_doi, f"{source} of the repository names the paper {facts.paper_doi}.", first=True)
        if facts.doi:
            self._lead(facts.doi)

    def _propose(self, address: str, source: str, why: str) -> None:
        """Propose a repository that something names, and ask its host where that is known."""
        try:
            reference = parse_reference(address)
        except CausedError:
            return
        found = next((place for one in self.sources if one.is_git_host and (place := one.detect(reference))), "")
        if not found and any(one.detect(reference) for one in self.sources):
            # An archive of the code, which has a record of its own.
            self._lead(address)
            return
        url, _, ref = found.partition("@") if found else (address, "", "")
        key = _repository_key(url)
        reason = f"{source}: {why}"
        if key in self.proposed:
            before = self.proposed[key][1]
            # An archive says which version it was made from, where the paper only names the repository.
            if ref and not before.ref:
                said = replace(before, ref=ref, reason=f"{before.reason} {reason}")
                self.proposed[key] = (self.proposed[key][0], said)
            return
        if len(self.proposed) >= MOST_REPOSITORIES:
            return
        self.proposed[key] = (source, RepositoryFacts(url=url, ref=ref, reason=reason))
        self._lead(address)

    def _lead(self, text: str, why: str = "", *, first: bool = False) -> None:
        try:
            reference = parse_reference(text)
        except CausedError:
            return
        names = {reference.doi, reference.url, reference.swhid} - {""}
        places = {(source.name, place) for source in self.sources if (place := source.detect(reference))}
        if names & self.seen or not places - self.asked:
            return
        self.seen |= names
        if first:
            self.leads.appendleft((reference, why))
        else:
            self.leads.append((reference, why))

    def known(self, reference: Reference) -> Known:
        """Return everything, each thing merged from what was said of it."""
        datasets = tuple(merge(_by_trust(said)) for said in self.data.values())
        keys = dict.fromkeys([*self.repositories, *self.proposed])
        repositories = tuple(
            _merged_repository(_by_trust(self.repositories.get(key, [])), self.proposed.get(key)) for key in keys
        )
        paper = merge(_by_trust(self.papers)) if self.papers else None
        if paper is not None:
            paper = replace(paper, facts=_with_data(_with_kinds(paper.facts, datasets), datasets))
        every: list[Merged[PublicationFacts] | Merged[DatasetFacts] | Merged[RepositoryFacts]] = [
            *([paper] if paper else []),
            *datasets,
            *repositories,
        ]
        conflicts = [conflict.sentence for one in every for conflict in one.conflicts]
        told = [note for one in every for note in one.facts.notes]
        notes = tuple(dict.fromkeys([*self.notes, *told, *conflicts]))
        return Known(reference.text, paper, datasets, repositories, notes, self.asking.requests)


def _by_trust(said: Sequence[tuple[int, str, T]]) -> list[tuple[str, T]]:
    return [(source, facts) for _, source, facts in sorted(said, key=lambda one: one[0])]


def _paper_of(related: Sequence[Related]) -> Related | None:
    """Return the publication that data belong to: one that is said to be one, or that they supplement."""
    for relation in PAPER_RELATIONS:
        for one in related:
            is_likely = one.kind == "publication" or (one.kind == "other" and relation in PAPER_RELATIONS[:3])
            if one.relation == relation and is_likely and one.identifier.startswith("10."):
                return one
    return None


def _with_kinds(facts: PublicationFacts, datasets: Sequence[Merged[DatasetFacts]]) -> PublicationFacts:
    """Return the publication with what its supplements turned out to be."""
    types = {one.facts.doi: one.facts.type for one in datasets if one.facts.doi}
    related = []
    for one in facts.related:
        kind = types.get(one.identifier)
        if one.kind == "supplement" and kind is not None:
            related.append(replace(one, kind="software" if is_code_type(kind) else "dataset"))
        else:
            related.append(one)
    return replace(facts, related=tuple(related))


def _with_data(facts: PublicationFacts, datasets: Sequence[Merged[DatasetFacts]]) -> PublicationFacts:
    """Return the publication with the data and the code that name it and that it does not name itself."""
    named = {one.identifier for one in facts.related}
    added = []
    for one in datasets:
        relation = relation_to(facts.doi, one.facts)
        if relation and one.facts.doi and one.facts.doi not in named:
            kind: RelatedKind = "software" if is_code_type(one.facts.type) else "dataset"
            added.append(Related(INVERSE_RELATIONS[relation], one.facts.doi, kind))
    return replace(facts, related=(*facts.related, *added))


def _merged_repository(
    said: Sequence[tuple[str, RepositoryFacts]], proposed: tuple[str, RepositoryFacts] | None
) -> Merged[RepositoryFacts]:
    """Merge what is said of a repository; why it is proposed is no statement about it."""
    if proposed is None:
        return merge(said)
    if not said:
        return merge([proposed])
    merged = merge(said)
    facts = replace(merged.facts, ref=merged.facts.ref or proposed[1].ref, reason=proposed[1].reason)
    return replace(merged, facts=facts)


def _repository_key(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".lower().rstrip("/").removesuffix(".git")
