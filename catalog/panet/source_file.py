"""Read PaNET's source, the CSV from which the ontology is made (a template of ROBOT, https://robot.obolibrary.org/).

Its second row tells what each column means: `SC %` the classes that a row's is narrower than, `EC %` those that it
equals the intersection of, `SP %` the broader relation, `DOMAIN` what stands in a relation, `RANGE` to what. Classes
are named by their label, where two have the same by `PaNET:` and their id. Techniques have five digits, what they are
defined by has seven.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from catalog.panet.axioms import Axioms, Conjunct, Some, classify, next_above
from catalog.panet.terms import PREFIX, OntologyError, Term

_TECHNIQUE: Final = re.compile(r"PaNET[0-9]{5}")
_TOKEN: Final = re.compile(r"\s*(?:'([^']{1,200})'|(PaNET:PaNET[0-9]{5,7})|(and|some|\(|\)))")
_BARE_NAME: Final = re.compile(r"[^'()]+")
_THING: Final = "owl:Thing"
_MOST_ROUNDS: Final = 50


class _Columns:
    """Where a template has what, by its second row."""

    def __init__(self, template: Sequence[str]) -> None:
        self.id = self._one(template, "ID")
        self.label = self._one(template, "A rdfs:label")
        self.kind = self._one(template, "TYPE")
        self.definition = next((i for i, word in enumerate(template) if word.startswith("A IAO:0000115")), -1)
        self.synonyms = [i for i, word in enumerate(template) if word.endswith("#altLabel")]
        self.deprecated = next((i for i, word in enumerate(template) if "owl:deprecated" in word), -1)
        self.parents = [i for i, word in enumerate(template) if word == "SC %"]
        self.equals = [i for i, word in enumerate(template) if word == "EC %"]
        self.broader_relations = [i for i, word in enumerate(template) if word == "SP %"]
        self.domains = [i for i, word in enumerate(template) if word == "DOMAIN"]
        self.ranges = [i for i, word in enumerate(template) if word == "RANGE"]

    @staticmethod
    def _one(template: Sequence[str], name: str) -> int:
        if name not in template:
            raise OntologyError("ontology-unreadable", reason=f"its second row has no column {name}")
        return list(template).index(name)


def is_source(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether these are the rows of such a template."""
    return len(rows) > 1 and "A rdfs:label" in rows[1]


def read_source(rows: Sequence[Sequence[str]]) -> tuple[Term, ...]:
    """Return the techniques in the template by id. Raises OntologyError (ontology-unreadable)."""
    columns = _Columns(rows[1])
    width = max(len(row) for row in rows)
    padded = [(number, [*row, *[""] * (width - len(row))]) for number, row in enumerate(rows[2:], start=3)]
    named = [(number, row) for number, row in padded if row[columns.id].startswith(PREFIX)]
    reader = _Reader(columns, named)
    closure = classify(reader.classes, reader.axioms)
    techniques = {name: found for name, found in closure.items() if _TECHNIQUE.fullmatch(name)}
    above = {name: frozenset(one for one in found if one in techniques) for name, found in techniques.items()}
    nearest = next_above(above)
    return tuple(reader.term(name, nearest[name], tuple(sorted(above[name] - {name}))) for name in sorted(techniques))


class _Reader:
    """Reads the rows in two passes: names first, since a row may name a class of a later one."""

    def __init__(self, columns: _Columns, rows: Sequence[tuple[int, list[str]]]) -> None:
        self._columns = columns
        self._texts: dict[str, tuple[str, str, tuple[str, ...], bool]] = {}
        self._by_label: dict[str, str] = {}
        self.classes: list[str] = []
        self.axioms = Axioms()
        for _, row in rows:
            self._name(row)
        for number, row in rows:
            self._state(number, row)
        self._close_relations()

    def term(self, name: str, parents: tuple[str, ...], ancestors: tuple[str, ...]) -> Term:
        label, definition, synonyms, is_deprecated = self._texts[name]
        return Term(name, label, definition, synonyms, parents, ancestors, is_deprecated)

    def _name(self, row: list[str]) -> None:
        columns, name = self._columns, row[self._columns.id].removeprefix(PREFIX).strip()
        label = " ".join(row[columns.label].split())
        if not label:
            return
        if name in self._texts:
            # Some classes have a second row, which only adds to the first.
            return
        is_deprecated = columns.deprecated >= 0 and row[columns.deprecated].strip().lower() == "true"
        synonyms = tuple(dict.fromkeys(text for i in columns.synonyms if (text := " ".join(row[i].split()))))
        definition = row[columns.definition].strip() if columns.definition >= 0 else ""
        self._texts[name] = (label, definition, synonyms, is_deprecated)
        # Of two classes with one label ROBOT takes the later.
        self._by_label[label] = name
        if row[columns.kind].strip() != "owl:ObjectProperty":
            self.classes.append(name)

    def _state(self, number: int, row: list[str]) -> None:
        columns, name = self._columns, row[self._columns.id].removeprefix(PREFIX).strip()
        if name not in self._texts:
            return
        if row[columns.kind].strip() == "owl:ObjectProperty":
            broader = {self._find(number, row[i]) for i in columns.broader_relations if row[i].strip()}
            self.axioms.relations[name] = frozenset({name, *broader})
            for places, ends in ((columns.domains, self.axioms.domains), (columns.ranges, self.axioms.ranges)):
                for i in places:
                    if (end := row[i].strip()) and end != _THING:
                        ends[name] = self._find(number, end)
            return
        told = {self._find(number, row[i]) for i in columns.parents if row[i].strip() not in ("", _THING)}
        self.axioms.told.setdefault(name, set()).update(told)
        # Cells of mappings to other vocabularies name a class by its address, which is none of ours.
        cells = [row[i].strip() for i in columns.equals if row[i].strip() and "://" not in row[i]]
        if cells:
            self.axioms.defined[name] = tuple(part for cell in cells for part in self._conjuncts(number, cell))

    def _find(self, number: int, written: str) -> str:
        text = " ".join(written.split()).strip("'")
        name = text.removeprefix("PaNET:") if text.startswith("PaNET:") else self._by_label.get(text, "")
        if name not in self._texts:
            raise OntologyError("ontology-unreadable", reason=f"row {number} names “{text[:80]}”, which is no class")
        return name

    def _conjuncts(self, number: int, cell: str) -> list[Conjunct]:
        """Read `name`, `('a' and 'b')`, `('relation' some 'class')`."""
        if _BARE_NAME.fullmatch(cell):
            return [self._find(number, cell)]
        tokens = self._tokens(number, cell)
        found: list[Conjunct] = []
        names: list[str] = []
        is_some = False
        for quoted, word in tokens:
            if word in ("and", "(", ")"):
                found += names
                names = []
            elif word == "some":
                is_some = True
            elif is_some and names:
                found.append(Some(names.pop(), quoted))
                is_some = False
            else:
                names.append(quoted)
        return [*found, *names]

    def _tokens(self, number: int, cell: str) -> list[tuple[str, str]]:
        """Return (class, "") for each name and ("", word) for each word of the syntax."""
        tokens, position = [], 0
        while position < len(cell.rstrip()):
            match = _TOKEN.match(cell, position)
            if match is None:
                raise OntologyError("ontology-unreadable", reason=f"row {number} has the expression {cell[:80]}")
            written = match[1] or match[2]
            tokens.append((self._find(number, written), "") if written else ("", match[3]))
            position = match.end()
        return tokens

    def _close_relations(self) -> None:
        for _ in range(_MOST_ROUNDS):
            wider = {
                name: found.union(*(self.axioms.relations.get(one, frozenset()) for one in found))
                for name, found in self.axioms.relations.items()
            }
            if wider == self.axioms.relations:
                return
            self.axioms.relations = wider
