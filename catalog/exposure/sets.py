"""The sets that a record belongs to, by what the record says.

A set is named as OAI-PMH wants it, the parts of its hierarchy joined by colons; who is in `facility:ess` is in
`facility` too. Techniques are an ontology in which a term may lie below several others, which no path can name: a
record is in the set of each of its techniques and of each term above.
"""

from __future__ import annotations

import re
from typing import Final

from catalog.exposure.record import Record, Subject

_PART: Final = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_LONGEST: Final = 200
_KINDS: Final = {
    "publication": "Publications",
    "dataset": "Datasets",
    "notebooks": "Collections of notebooks",
    "environment": "Environments",
    "certificate": "Certificates",
}
# The sets of the guidelines of OpenAIRE: research data, https://guidelines.openaire.eu/en/latest/data/, and
# publications, https://guidelines.openaire.eu/en/latest/literature/.
_OF_OPENAIRE: Final = {"dataset": ("openaire_data", "OpenAIRE data"), "publication": ("openaire", "OpenAIRE")}
_ABOVE: Final = {
    "facility": "By facility",
    "technique": "By experimental technique",
    "verdict": "By what came of the reproduction",
    "type": "By type of record",
}


def sets_of(record: Record) -> dict[str, str]:
    """Return the names of the sets that a record is declared to be in, by their specs in order; none is implied."""
    found = {f"type:{record.kind}": _KINDS[record.kind]}
    if record.facility_slug:
        found[f"facility:{record.facility_slug}"] = record.facility.name if record.facility else record.facility_slug
    for term in (*record.techniques, *record.broader_techniques):
        if word := _word_of(term):
            found[f"technique:{word}"] = term.text
    for outcome in record.outcomes:
        found[f"verdict:{outcome.verdict}"] = f"Found to be: {outcome.verdict}"
    if record.kind in _OF_OPENAIRE:
        spec, name = _OF_OPENAIRE[record.kind]
        found[spec] = name
    return {spec: found[spec] for spec in sorted(found) if is_set_spec(spec)}


def with_those_above(sets: dict[str, str]) -> dict[str, str]:
    """Return the same sets and every set that one of them lies below."""
    above = {spec.partition(":")[0] for spec in sets if ":" in spec}
    return {**sets, **{spec: _ABOVE[spec] for spec in sorted(above)}}


def is_set_spec(text: str) -> bool:
    """Tell whether a text can name a set at all."""
    return len(text) <= _LONGEST and all(_PART.fullmatch(part) for part in text.split(":"))


def _word_of(term: Subject) -> str:
    """Return the last part of a term's address, as PaNET01189; one that makes no legal name makes no set."""
    word = re.split(r"[/#]", term.uri)[-1]
    return word if _PART.fullmatch(word) else ""
