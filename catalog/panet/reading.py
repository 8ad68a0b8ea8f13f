"""Read a file of the ontology, in whichever of its published forms it is, and name the copy that is shipped."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from catalog.panet.exported_file import is_export, read_export
from catalog.panet.source_file import is_source, read_source
from catalog.panet.terms import ROOT, OntologyError, Term

MOST_BYTES: Final = 20 * 2**20
MOST_TERMS: Final = 20_000
SHIPPED: Final = Path(__file__).parent / "panet.csv"
# The commit of the source that the shipped copy was made of; docs/catalogue.md says where it is from.
SHIPPED_RELEASE: Final = "2026-04-16"


@dataclass(frozen=True, slots=True)
class Ontology:
    """The techniques of a file by id, and the file's SHA-256."""

    terms: tuple[Term, ...]
    sha256: str


def read_ontology(path: Path) -> Ontology:
    """Return what the file says. Raises OntologyError (ontology-unreadable) with the reason."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise OntologyError("ontology-unreadable", reason=error.strerror or type(error).__name__) from error
    if len(data) > MOST_BYTES:
        raise OntologyError("ontology-unreadable", reason=f"it is larger than {MOST_BYTES} bytes")
    return Ontology(_terms(data), hashlib.sha256(data).hexdigest())


def _terms(data: bytes) -> tuple[Term, ...]:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise OntologyError("ontology-unreadable", reason=f"it is no CSV in UTF-8 ({error})") from error
    if len(rows) > MOST_TERMS:
        raise OntologyError("ontology-unreadable", reason=f"it has more than {MOST_TERMS} rows")
    if is_export(rows):
        terms = read_export(rows)
    elif is_source(rows):
        terms = read_source(rows)
    else:
        raise OntologyError("ontology-unreadable", reason="it has neither PaNET's columns nor BioPortal's")
    # A file that was cut off would have most techniques deprecated.
    if not any(term.id == ROOT for term in terms):
        raise OntologyError("ontology-unreadable", reason=f"it lacks {ROOT}, the technique above all others")
    return terms
