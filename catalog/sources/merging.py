"""Put together what several sources say of one thing: who said what is kept, and where they disagree is said.

The first that knows a thing is believed; the sources come in the order of their closeness to who registered it. A date
that is consistent with an earlier, coarser one makes it more exact. People get the ORCID iD and the affiliations that
another source gives for the one person of the same name. Nothing is made up between two statements.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, cast

from catalog.exposure.record import File
from catalog.sources.facts import Creator, DatasetFacts, PublicationFacts, Related, RepositoryFacts
from catalog.sources.tolerant import MAX_RELATED

F = TypeVar("F", PublicationFacts, DatasetFacts, RepositoryFacts)

_UNITED: Final = frozenset({"subjects", "techniques", "instruments", "notes"})
_IDENTITY: Final = frozenset({"doi", "agency", "reason", "type", "published_precision"})
# Two texts about the same thing differ in length and wording without contradicting each other.
_FREE_TEXT: Final = frozenset({"abstract", "description", "url", "ref", "name", "funders"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sources that contradict each other: `kept` is what stands in the facts."""

    field: str
    kept: str
    kept_source: str
    other: str
    other_source: str

    @property
    def sentence(self) -> str:
        """The conflict in words."""
        name = self.field.replace("_", " ")
        return (
            f"{self.kept_source} and {self.other_source} disagree on the {name}: “{self.kept}” is kept, "
            f"the other is “{self.other}”."
        )


@dataclass(frozen=True, slots=True)
class Merged(Generic[F]):
    """The facts, the source of each field that is known, and the conflicts."""

    facts: F
    provenance: Mapping[str, str]
    conflicts: tuple[Conflict, ...]


def merge(said: Sequence[tuple[str, F]]) -> Merged[F]:
    """Put together what is said of one thing, at least one statement, the most trusted first."""
    first_source, first = said[0]
    values: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    conflicts: list[Conflict] = []
    for field in fields(first):
        stated = [(source, getattr(facts, field.name)) for source, facts in said]
        known = [(source, value) for source, value in stated if value not in ("", None, (), "unknown")]
        if not known:
            continue
        values[field.name], sources = _one_of(field.name, known)
        provenance[field.name] = ", ".join(dict.fromkeys(sources))
        conflicts += _conflicts(field.name, known)
    if "published_on" in values:
        source, facts = _most_exact(said)
        values["published_on"], values["published_precision"] = facts.published_on, facts.published_precision
        provenance["published_on"] = provenance["published_precision"] = source
    provenance.setdefault("title" if hasattr(first, "title") else "url", first_source)
    return Merged(replace(first, **values), MappingProxyType(provenance), tuple(conflicts))


def _one_of(name: str, known: list[tuple[str, Any]]) -> tuple[Any, list[str]]:
    """Return the value of a field and who said it."""
    source, value = known[0]
    if name in _UNITED:
        united = tuple(dict.fromkeys(one for _, several in known for one in several))[:MAX_RELATED]
        return united, [source for source, _ in known]
    if name == "creators":
        return _with_identifiers(known)
    if name == "related":
        return _united_relations(known)
    if name == "files":
        return _with_checksums(known)
    return value, [source]


def _united_relations(known: list[tuple[str, tuple[Related, ...]]]) -> tuple[tuple[Related, ...], list[str]]:
    """Unite relations; of two that differ only in the kind the one that knows it stays."""
    found: dict[tuple[str, str], Related] = {}
    for _, several in known:
        for one in several:
            key = (one.relation, one.identifier)
            if key not in found or found[key].kind in {"other", "supplement"}:
                found[key] = one if one.kind != "other" or key not in found else found[key]
    return tuple(found.values())[:MAX_RELATED], [source for source, _ in known]


def _with_identifiers(known: list[tuple[str, tuple[Creator, ...]]]) -> tuple[tuple[Creator, ...], list[str]]:
    sources, people = [known[0][0]], list(known[0][1])
    for source, others in known[1:]:
        by_name = _unique_names(others)
        ours = _unique_names(people)
        for place, person in enumerate(people):
            name = _person(person)
            other = by_name.get(name) if name in ours else None
            if other is None:
                continue
            filled = replace(
                person, orcid=person.orcid or other.orcid, affiliations=person.affiliations or other.affiliations
            )
            if filled != person:
                people[place] = filled
                sources.append(source)
    return tuple(people), sources


def _unique_names(people: Sequence[Creator]) -> dict[str, Creator]:
    """Return the people by name; of two of the same name neither is named."""
    found: dict[str, Creator | None] = {}
    for person in people:
        name = _person(person)
        found[name] = None if name in found else person
    return {name: person for name, person in found.items() if person is not None}


def _person(creator: Creator) -> str:
    return re.sub(r"\W+", " ", f"{creator.given} {creator.family}".strip() or creator.name).casefold().strip()


def _with_checksums(known: list[tuple[str, tuple[File, ...]]]) -> tuple[tuple[File, ...], list[str]]:
    sources, files = [known[0][0]], list(known[0][1])
    for source, others in known[1:]:
        by_path = {one.path: one for one in others}
        for place, one in enumerate(files):
            other = by_path.get(one.path)
            if other is None or not _is_same_file(one, other):
                continue
            filled = replace(
                one,
                size_bytes=other.size_bytes if one.size_bytes is None else one.size_bytes,
                media_type=one.media_type or other.media_type,
                sha256=one.sha256 or other.sha256,
                md5=one.md5 or other.md5,
                url=one.url or other.url,
            )
            if filled != one:
                files[place] = filled
                sources.append(source)
    return tuple(files), sources


def _is_same_file(one: File, other: File) -> bool:
    """Tell whether two statements about a path can be of the same content."""
    pairs = ((one.size_bytes, other.size_bytes), (one.sha256, other.sha256), (one.md5, other.md5))
    return all(ours == theirs or ours in ("", None) or theirs in ("", None) for ours, theirs in pairs)


def _most_exact(said: Sequence[tuple[str, F]]) -> tuple[str, Any]:
    """Return who gives the date: the first, or a later one that agrees with it and is more exact."""
    dated = [(source, facts) for source, facts in said if getattr(facts, "published_on", None) is not None]
    chosen_source, chosen = cast("tuple[str, Any]", dated[0])
    for source, other in cast("list[tuple[str, Any]]", dated[1:]):
        lengths = {"year": 4, "month": 7, "day": 10}
        known = lengths.get(chosen.published_precision, 10)
        is_finer = lengths.get(other.published_precision, 10) > known
        if is_finer and other.published_on.isoformat()[:known] == chosen.published_on.isoformat()[:known]:
            chosen_source, chosen = source, other
    return chosen_source, chosen


def _conflicts(name: str, known: list[tuple[str, Any]]) -> list[Conflict]:
    if name in _UNITED or name in _IDENTITY or name in _FREE_TEXT or name == "related":
        return []
    source, kept = known[0]
    if name == "creators":
        # Names are written in too many ways to compare; how many there are is not.
        known = [(other, f"{len(people)} of them") for other, people in known]
        kept = known[0][1]
    if name == "files":
        return _file_conflicts(source, kept, known[1:])
    return [
        Conflict(name, _shown(kept), source, _shown(value), other)
        for other, value in known[1:]
        if not _is_same(kept, value)
    ]


def _file_conflicts(source: str, kept: tuple[File, ...], others: list[tuple[str, Any]]) -> list[Conflict]:
    found: list[Conflict] = []
    for other, files in others:
        by_path = {one.path: one for one in files}
        for one in kept:
            theirs = by_path.get(one.path)
            if theirs is not None and not _is_same_file(one, theirs) and len(found) < 20:
                found.append(Conflict(f"file {one.path}", _of_file(one), source, _of_file(theirs), other))
    return found


def _of_file(one: File) -> str:
    return f"{one.size_bytes} bytes, {one.sha256 or one.md5 or 'no checksum'}"


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, date) and isinstance(other, date):
        # A coarser date begins with the first of January; a precise one may lie in it.
        return one == other or (one.year == other.year and 1 in {one.day, other.day})
    return _plain(one) == _plain(other)


def _plain(value: object) -> str:
    return re.sub(r"\W+", "", _shown(value)).casefold()


def _shown(value: object) -> str:
    name = getattr(value, "name", None)
    return str(name if name is not None else value)[:200]
