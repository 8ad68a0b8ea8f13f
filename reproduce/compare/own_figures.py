"""One figure as several runs of ours recorded it: whether they hold the same, and what changes from run to run. Pure.

Records are the notebook's own word. They tell what our runs disagree about; what is compared with the published
picture are pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

from reproduce.compare.model import OutputComparison, Tolerance
from reproduce.compare.recorded import RecordedComparison, compare_recordings
from reproduce.compare.recorded_findings import RecordedFinding

# The record of an output of a run, by the index of its cell and its place among the cell's outputs; None without one.
RecordOf = Callable[[int, int], bytes | None]
_MOST_CHANGES: Final = 10
_MOST_TOLD: Final = 2
# What a record calls its parts is any notebook's word, of any length.
_MOST_CHARACTERS: Final = 400


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """`is_same`: all runs whose pictures differ hold the same figure, and nothing of it was left out of the records.

    `changes` are the findings beyond the tolerance, each where it is largest, the largest first.
    """

    is_same: bool
    changes: tuple[RecordedFinding, ...]

    @property
    def told(self) -> str:
        """What changes, as a sentence for people; empty where nothing is known to."""
        if not self.changes:
            return ""
        told = " ".join(finding.sentence for finding in self.changes[:_MOST_TOLD])
        left = len(self.changes) - _MOST_TOLD
        return f"From run to run: {told}" + (f" And {left} more." if left > 0 else "")

    def as_dict(self) -> dict[str, Any]:
        """Return it as the public JSON has it (docs/schemas/)."""
        return {
            "is_same": self.is_same,
            "changes": [
                {
                    "what": finding.what,
                    "axes": finding.axes,
                    "artist": finding.artist,
                    "deviation": finding.deviation if math.isfinite(_size(finding)) else None,
                    "sentence": finding.sentence,
                }
                for finding in self.changes
            ],
        }


def compare_own_figures(
    records: Sequence[bytes | None], own: Sequence[OutputComparison], tolerance: Tolerance
) -> OwnFigures | None:
    """Compare what each two runs recorded whose pictures differ; `own` compares these, pair by pair as combinations.

    None where no two of them have a record.
    """
    pairs = list(zip(combinations(records, 2), own, strict=True))
    apart = [sides for sides, pictures in pairs if pictures.state != "identical"]
    found = [compare_recordings(one, other, tolerance) for one, other in apart if one is not None and other is not None]
    if not found:
        return None
    return OwnFigures(len(found) == len(apart) and all(map(_holds_same, found)), _largest(found))


def _holds_same(found: RecordedComparison) -> bool:
    is_whole = not any(finding.what in ("unread", "sample") for finding in found.findings)
    return found.state in ("identical", "within_tolerance") and is_whole


def _largest(found: Sequence[RecordedComparison]) -> tuple[RecordedFinding, ...]:
    """Return each finding once, from the pair of runs in which it is largest."""
    largest: dict[tuple[int | None, str, str], RecordedFinding] = {}
    for finding in (each for comparison in found for each in comparison.findings):
        key = finding.axes, finding.artist, finding.what
        if finding.weight == "differs" and (key not in largest or _size(finding) > _size(largest[key])):
            largest[key] = finding
    return tuple(map(_shortened, sorted(largest.values(), key=_size, reverse=True)[:_MOST_CHANGES]))


def _shortened(finding: RecordedFinding) -> RecordedFinding:
    what, artist, sentence = (each[:_MOST_CHARACTERS] for each in (finding.what, finding.artist, finding.sentence))
    return replace(finding, what=what, artist=artist, sentence=sentence)


def _size(finding: RecordedFinding) -> float:
    return 0.0 if finding.deviation is None else finding.deviation
