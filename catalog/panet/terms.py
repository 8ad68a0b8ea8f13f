"""What is read of the ontology: its terms, each with the broader ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from catalog.causes import CausedError

PREFIX: Final = "http://purl.org/pan-science/PaNET/"
ROOT: Final = "PaNET00001"


class OntologyError(CausedError):
    """The file is none of the published forms of the ontology, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Term:
    """A technique. `id` is as PaNET01168; `parents` are the ids of the next broader techniques, `ancestors` of all.

    Techniques that the ontology holds to be the same are ancestors of each other and parents of none.
    """

    id: str
    label: str
    definition: str = ""
    synonyms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    ancestors: tuple[str, ...] = ()
    is_deprecated: bool = False
