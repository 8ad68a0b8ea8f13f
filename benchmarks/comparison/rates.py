"""From scores to shares: what a method catches at which share of false alarms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Scored:
    """One pair of the manifest with the score and the time of each method."""

    pair: dict[str, Any]
    scores: dict[str, float]
    seconds: dict[str, float]

    @property
    def is_altered(self) -> bool:
        """Tell whether the second picture shows something else."""
        return bool(self.pair["is_altered"])

    @property
    def is_style(self) -> bool:
        """Tell whether more than the renderer changed, though the numbers did not: such pairs are told apart."""
        return bool(self.pair["group"] == "style")

    @property
    def half(self) -> str:
        """Return "train" or "test"."""
        return str(self.pair["half"])


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """Return the share, NaN of none."""
        return self.count / self.of if self.of else float("nan")

    def __str__(self) -> str:
        if not self.of:
            return ""
        digits = 1 if self.of >= 100 else 0
        return f"{100 * self.value:.{digits}f} % ({self.count} of {self.of})"


def alarms(scored: Iterable[Scored], method: str, threshold: float) -> Share:
    """Return how many pairs score above the threshold."""
    found = [each.scores[method] > threshold for each in scored]
    return Share(sum(found), len(found))


def split(scored: Iterable[Scored], half: str = "") -> tuple[list[Scored], list[Scored]]:
    """Return the pairs that show the same and those that are altered, of one half or of both."""
    chosen = [each for each in scored if half in ("", each.half)]
    return [each for each in chosen if not each.is_altered], [each for each in chosen if each.is_altered]


def threshold_at(same: Sequence[Scored], method: str, false_alarms: float) -> float:
    """Return the lowest threshold that at most this share of pairs that show the same exceeds."""
    values = sorted((each.scores[method] for each in same), reverse=True)
    allowed = int(false_alarms * len(values))
    return values[allowed] if allowed < len(values) else -1.0


def curve(scored: Sequence[Scored], method: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of false alarms and of caught alterations over all thresholds, from none to all."""
    same, altered = (np.sort([each.scores[method] for each in group]) for group in split(scored))
    thresholds = np.unique(np.concatenate([same, altered]))[::-1]
    false = 1 - np.searchsorted(same, thresholds, side="right") / len(same)
    caught = 1 - np.searchsorted(altered, thresholds, side="right") / len(altered)
    return np.concatenate([false, [1.0]]), np.concatenate([caught, [1.0]])


def area(scored: Sequence[Scored], method: str) -> float:
    """Return the area under the curve: 1 for a perfect method, 0.5 for chance."""
    false, caught = curve(scored, method)
    return float(np.trapezoid(caught, false))
