"""One thing that is not the same in two recorded figures, as data and as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reproduce.compare.recorded_numbers import Scale

Weight = Literal["differs", "within_tolerance", "rendering"]


@dataclass(frozen=True, slots=True)
class RecordedFinding:
    """`what` is one of the kinds in docs/comparison.md; `axes` counts from 1, None for the figure itself.

    `weight` tells what it means: another figure, the same within the tolerance, or the same drawn otherwise.
    `deviation` is in parts of the axis, where a number differs.
    """

    what: str
    sentence: str
    weight: Weight
    axes: int | None = None
    artist: str = ""
    deviation: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the figure one looks, with the scales of its axes by name."""

    axes: int | None
    scales: Mapping[str, Scale]

    def differs(self, what: str, text: str, artist: str = "") -> RecordedFinding:
        """Return a finding that makes it another figure."""
        return RecordedFinding(what, self._sentence(text), "differs", self.axes, artist)

    def rendering(self, what: str, text: str, artist: str = "") -> RecordedFinding:
        """Return a finding that is only drawn otherwise."""
        return RecordedFinding(what, self._sentence(text), "rendering", self.axes, artist)

    def number(self, what: str, text: str, deviation: float, *, is_beyond: bool, artist: str = "") -> RecordedFinding:
        """Return a finding of numbers, within the tolerance or beyond it."""
        weight: Weight = "differs" if is_beyond else "within_tolerance"
        return RecordedFinding(what, self._sentence(text), weight, self.axes, artist, deviation)

    def _sentence(self, text: str) -> str:
        if self.axes is None:
            return f"{text[:1].upper()}{text[1:]}."
        return f"Axes {self.axes} {text}." if text.startswith("are ") else f"Axes {self.axes}, {text}."
