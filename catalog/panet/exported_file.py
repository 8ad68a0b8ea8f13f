"""Read and write the CSV that BioPortal exports (https://bioportal.bioontology.org/ontologies/PANET): a row a class.

`Class ID` is its address; several values of one column have `|` between them, `Parents` are addresses too. The copy
that is shipped with this project has the same form, with the techniques alone and the hierarchy as it was worked out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

from catalog.panet.axioms import Axioms, classify, next_above
from catalog.panet.terms import PREFIX, OntologyError, Term

COLUMNS: Final = ("Class ID", "Preferred Label", "Synonyms", "Definitions", "Obsolete", "Parents")
_TECHNIQUE: Final = re.compile(re.escape(PREFIX) + r"(PaNET[0-9]{5})")


def is_export(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether these are the rows of such a file."""
    return bool(rows) and {"Class ID", "Preferred Label", "Parents"} <= set(rows[0])


def read_export(rows: Sequence[Sequence[str]]) -> tuple[Term, ...]:
    """Return the techniques by id. Raises OntologyError (ontology-unreadable)."""
    places = {name: rows[0].index(name) for name in COLUMNS if name in rows[0]}
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        match = _TECHNIQUE.fullmatch(cells["Class ID"])
        if match is None:
            continue
        if not cells["Preferred Label"]:
            raise OntologyError("ontology-unreadable", reason=f"row {number} has no label")
        found.setdefault(match[1], cells)
    told = {
        name: {parent for one in _parts(cells["Parents"]) if (parent := one.removeprefix(PREFIX)) in found}
        for name, cells in found.items()
    }
    closure = classify(found, Axioms(told=told))
    nearest = next_above(closure)
    return tuple(
        Term(
            name,
            " ".join(cells["Preferred Label"].split()),
            cells.get("Definitions", ""),
            tuple(_parts(cells.get("Synonyms", ""))),
            nearest[name],
            tuple(sorted(closure[name] - {name})),
            cells.get("Obsolete", "").lower() in ("true", "1"),
        )
        for name, cells in sorted(found.items())
    )


def write_export(terms: Iterable[Term]) -> str:
    """Write terms in this form, so that they are read as they are: techniques that are the same name each other."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    terms = tuple(terms)
    ancestors = {term.id: set(term.ancestors) for term in terms}
    for term in terms:
        same = [one for one in term.ancestors if term.id in ancestors[one]]
        writer.writerow(
            (
                PREFIX + term.id,
                term.label,
                "|".join(term.synonyms),
                term.definition,
                "true" if term.is_deprecated else "false",
                "|".join(PREFIX + parent for parent in (*term.parents, *same)),
            )
        )
    return stream.getvalue()


def _parts(cell: str) -> list[str]:
    return list(dict.fromkeys(part for one in cell.split("|") if (part := one.strip())))
