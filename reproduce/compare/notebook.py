"""Two notebooks, cell by cell: the published one and its re-run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from reproduce.compare.alignment import CellPair, align_cells
from reproduce.compare.apart import Apart, Confine
from reproduce.compare.at_once import compare_pairs
from reproduce.compare.bundles import SEVERITY
from reproduce.compare.history import notes_on
from reproduce.compare.markers import Markers, read_markers
from reproduce.compare.model import (
    CellComparison,
    ComparePictures,
    NotebookComparison,
    OutputComparison,
    OutputState,
    Tolerance,
)
from reproduce.compare.outputs import Output, as_text, pair_outputs, read_outputs
from reproduce.compare.sanitize import SanitizeRule
from reproduce.compare.text import TextSettings

# Stated in certificates: it changes with every change that can change a verdict.
COMPARATOR_VERSION: Final = "reprise-compare/8"
DEFAULT_TOLERANCE: Final = Tolerance()


def compare_notebooks(
    published: Any,  # noqa: ANN401 - nbformat has no types
    fresh: Any,  # noqa: ANN401 - as above
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    cells: Collection[str] | None = None,
    sanitize: Sequence[SanitizeRule] = (),
    confine: Confine | None = None,
    at_once: int = 1,
    pictures: ComparePictures | None = None,
) -> NotebookComparison:
    """Compare the code cells of two notebooks (nbformat 4 nodes); neither is changed.

    `cells` restricts the comparison to the ids that `CellComparison.id` would have. Cells are aligned by id, by the
    index that the runner noted, then by source. `confine` wraps the command that draws PDFs. `at_once` threads
    compare pictures, 0 is one a processor, and `pictures` what was compared before (KnownPictures); what is returned
    is the same. What cannot be compared is told as such and never raises.
    """
    settings = TextSettings(tolerance, tuple(sanitize), Apart(confine), at_once, pictures)
    aligned = align_cells(published.get("cells") or [], fresh.get("cells") or [])
    pairs = [pair for pair in aligned if cells is None or pair.id in cells]
    notes = notes_on(published.get("cells") or [])
    compared = _compare_cells(pairs, settings, notes)
    # An executed cell that belongs to no published one and shows nothing is nothing to tell.
    told = tuple(c for c, p in zip(compared, pairs, strict=True) if p.published is not None or c.outputs)
    counts = Counter(output.state for cell in told for output in cell.outputs)
    return NotebookComparison(told, {state: counts.get(state, 0) for state in SEVERITY}, COMPARATOR_VERSION)


def comparison_as_dict(comparison: NotebookComparison) -> dict[str, Any]:
    """Return `cells` and `counts` as the public JSON has them (docs/schemas/)."""
    return {
        "cells": [
            {
                "id": cell.id,
                "index": cell.index,
                "state": cell.state,
                "notes": list(cell.notes),
                "outputs": [_output_as_dict(output) for output in cell.outputs],
            }
            for cell in comparison.cells
        ],
        "counts": dict(comparison.counts),
    }


def _output_as_dict(output: OutputComparison) -> dict[str, Any]:
    return {
        "mime": output.mime,
        "state": output.state,
        "metric": _plain(output.metric),
        "tolerance": _plain(output.tolerance),
        "reason": output.reason,
        "noise": _plain(output.noise),
    }


def _plain(mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if mapping is None else dict(mapping)


def is_judged(pair: CellPair) -> bool:
    """Tell whether the outputs of a cell count: its author says nothing else, and it was executed."""
    return not _ignored_because(_markers_of(pair), pair, read_outputs(pair.published))


def _compare_cells(
    pairs: Sequence[CellPair], settings: TextSettings, notes: Mapping[int, tuple[str, ...]]
) -> list[CellComparison]:
    """Compare cell by cell; the outputs of all of them together, so that several are compared at once."""
    sides = [(read_outputs(pair.published), read_outputs(pair.fresh)) for pair in pairs]
    reasons = [_ignored_because(_markers_of(pair), pair, side[0]) for pair, side in zip(pairs, sides, strict=True)]
    paired = [[] if reason else pair_outputs(*side) for side, reason in zip(sides, reasons, strict=True)]
    found = iter(compare_pairs([output for outputs in paired for output in outputs], settings))
    cells = []
    for pair, (published, fresh), reason, outputs in zip(pairs, sides, reasons, paired, strict=True):
        told = tuple(next(found) for _ in outputs)
        if reason:
            told = tuple(_ignored(output.main_mime, reason) for output in published or fresh)
        cells.append(
            CellComparison(pair.id, pair.index, state_of(told), told, _source_of(pair), notes.get(pair.index, ()))
        )
    return cells


def _source_of(pair: CellPair) -> str:
    cell = pair.published if pair.published is not None else pair.fresh
    return as_text(cell.get("source", "")) if cell is not None else ""


def _markers_of(pair: CellPair) -> Markers:
    cell = pair.published if pair.published is not None else pair.fresh
    return read_markers(_source_of(pair), (cell.get("metadata") or {}).get("tags") if cell is not None else None)


def _ignored_because(markers: Markers, pair: CellPair, published: list[Output]) -> str:
    if markers.is_ignored:
        return "The author marked the outputs of this cell as not to be compared."
    if markers.is_skipped:
        return "The author marked this cell to be skipped."
    if pair.published is not None and pair.published.get("execution_count") is None and not published:
        return "The cell was never executed in the published notebook."
    return ""


def _ignored(mime: str, reason: str) -> OutputComparison:
    return OutputComparison(mime, "ignored", reason=reason)


def state_of(outputs: Sequence[OutputComparison]) -> OutputState:
    """Return the state of a cell: the worst of its outputs."""
    if not outputs:
        return "identical"
    worst = min(outputs, key=lambda output: SEVERITY.index(output.state)).state
    return "not_compared" if worst == "ignored" else worst
