"""What the ontology states of its classes, and which class is therefore narrower than which.

PaNET's source defines a technique by others: "x-ray diffraction" is whatever is diffraction and a technique with an
x-ray probe. Which of two techniques is the broader one is nowhere written and follows from the definitions. They
use intersections and existential restrictions of named classes alone, for which the saturation below finds all that
follows (the description logic EL; F. Baader, S. Brandt, C. Lutz, "Pushing the EL envelope", IJCAI 2005).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Some:
    """The restriction that something stands in `relation` to a thing of the class `filler`."""

    relation: str
    filler: str


Conjunct = str | Some


@dataclass(slots=True)
class Axioms:
    """`told` are the classes that a class is narrower than, `defined` those that it equals the intersection of.

    `relations` are the broader relations of each relation, itself among them; `domains` the class that whatever stands
    in a relation belongs to, `ranges` the class of what it stands in the relation to.
    """

    told: dict[str, set[str]] = field(default_factory=dict)
    defined: dict[str, tuple[Conjunct, ...]] = field(default_factory=dict)
    relations: dict[str, frozenset[str]] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    ranges: dict[str, str] = field(default_factory=dict)


def classify(names: Iterable[str], axioms: Axioms) -> dict[str, frozenset[str]]:
    """Return for each class all classes that it is narrower than or equal to, itself among them."""
    above: dict[str, set[str]] = {}
    stands: dict[str, set[Some]] = {}
    for name in names:
        definition = axioms.defined.get(name, ())
        above[name] = {name, *axioms.told.get(name, ()), *(part for part in definition if isinstance(part, str))}
        stands[name] = {part for part in definition if isinstance(part, Some)}
    is_changed = True
    while is_changed:
        is_changed = False
        for name in above:
            before = len(above[name]) + len(stands[name])
            _widen(name, above, stands, axioms)
            is_changed |= len(above[name]) + len(stands[name]) != before
    return {name: frozenset(found) for name, found in above.items()}


def _widen(name: str, above: dict[str, set[str]], stands: dict[str, set[Some]], axioms: Axioms) -> None:
    for broader in tuple(above[name]):
        above[name] |= above.get(broader, set())
        stands[name] |= stands.get(broader, set())
    for one in stands[name]:
        for relation in axioms.relations.get(one.relation, frozenset({one.relation})):
            if domain := axioms.domains.get(relation):
                above[name].add(domain)
    for defined, parts in axioms.defined.items():
        if defined not in above[name] and all(_meets(name, part, above, stands, axioms) for part in parts):
            above[name].add(defined)


def _meets(
    name: str, part: Conjunct, above: Mapping[str, set[str]], stands: Mapping[str, set[Some]], axioms: Axioms
) -> bool:
    if isinstance(part, str):
        return part in above[name]
    for one in stands[name]:
        relations = axioms.relations.get(one.relation, frozenset({one.relation}))
        if part.relation in relations:
            known = {one.filler, *(axioms.ranges[relation] for relation in relations if relation in axioms.ranges)}
            if any(part.filler in above.get(filler, {filler}) for filler in known):
                return True
    return False


def next_above(closure: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """Return the nearest broader classes of each class, in order: what stands above another of them is left out."""
    strictly = {
        name: {other for other in found if other in closure and name not in closure[other]}
        for name, found in closure.items()
    }
    return {
        name: tuple(sorted(one for one in found if not any(one in strictly[other] for other in found if other != one)))
        for name, found in strictly.items()
    }
