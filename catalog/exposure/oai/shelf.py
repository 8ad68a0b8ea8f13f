"""What the protocol asks of the store of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """A record in the store. `datestamp` is as the protocol writes it.

    `xml` is what it has behind its header in the format that was asked for, or empty.
    """

    position: int
    key: str
    datestamp: str
    specs: str
    formats: int
    formats_ever: int
    xml: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of their positions, and whether more follow."""

    shown: Sequence[Shown]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records a list is of: those that have or had the format of `bit`, in the set, changed within the times."""

    bit: int
    set_spec: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Shelf(Protocol):
    """The store, in the order of positions, which is that of datestamps and of commits."""

    def as_of(self) -> datetime:
        """Return a moment at or before now: no change that is still to come gets a datestamp before it."""

    def earliest(self) -> datetime:
        """Return a moment that no datestamp is before."""

    def find(self, key: str, *, bit: int = 0) -> Shown | None:
        """Return a record, with its XML in the format of `bit` where there is one."""

    def sets(self) -> Iterable[tuple[str, str]]:
        """Return spec and name of every set that is not empty, in the order of the specs."""

    def example_key(self) -> str:
        """Return the key of some record, or an empty string."""

    def count(self, selection: Selection) -> int:
        """Return how many records a selection has."""

    def page(self, selection: Selection, *, after: int, most: int, with_xml: bool) -> Page:
        """Return the next records of a selection, at most so many, at least one where there is one."""

    def last(self, selection: Selection, *, before: int, with_xml: bool) -> Page:
        """Return the last record of a selection before a position, or none."""
