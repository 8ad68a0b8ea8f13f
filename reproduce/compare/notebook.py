"""Two notebooks, cell by cell: the published one and its re-run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from reproduce.compare.alignment import CellPair, align_cells
from reproduce.compare.apart import Apart, Confine
from reproduce.compare.bundles import SEVERITY, compare_pair
from reproduce.compare.history import notes_on
from reproduce.compare.markers import Markers, read_markers
from reproduce.compare.model import (
    CellComparison,
    NotebookComparison,
    OutputComparison,
    OutputState,
    Tolerance,
)
from reproduce.compare.outputs import Output, as_text, pair_outputs, read_outputs
from reproduce.compare.sanitize import SanitizeRule
from reproduce.compare.text import TextSettings

# Stated in certificates: it changes with every change that can change a verdict.
COMPARATOR_VERSION: Final = "reprise-compare/5"
DEFAULT_TOLERANCE: Final = Tolerance()


def compare_notebooks(
    published: Any,  # noqa: ANN401 - nbformat has no types
    fresh: Any,  # noqa: ANN401 - as above
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    cells: Collection[str] | None = None,
    sanitize: Sequence[SanitizeRule] = (),
    confine: Confine | None = None,
) -> NotebookComparison:
    """Compare the code cells of two notebooks (nbformat 4 nodes); neither is changed.

    `cells` restricts the comparison to the ids that `CellComparison.id` would have. Cells are aligned by id, by the
    index that the runner noted, then by source. `confine` wraps the command that draws PDFs. What cannot be compared
    is told as such and never raises.
    """
    settings = TextSettings(tolerance, tuple(sanitize), Apart(confine))
    pairs = align_cells(published.get("cells") or [], fresh.get("cells") or [])
    notes = notes_on(published.get("cells") or [])
    compared = tuple(
        _compare_cell(pair, settings, notes.get(pair.index, ())) for pair in pairs if cells is None or pair.id in cells
    )
    # An executed cell that belongs to no published one and shows nothing is nothing to tell.
    told = tuple(
        c for c, p in zip(compared, _chosen(pairs, cells), strict=True) if p.published is not None or c.outputs
    )
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


def _chosen(pairs: Sequence[CellPair], cells: Collection[str] | None) -> list[CellPair]:
    return [pair for pair in pairs if cells is None or pair.id in cells]


def is_judged(pair: CellPair) -> bool:
    """Tell whether the outputs of a cell count: its author says nothing else, and it was executed."""
    cell = pair.published if pair.published is not None else pair.fresh
    source = as_text(cell.get("source", "")) if cell is not None else ""
    markers = read_markers(source, (cell.get("metadata") or {}).get("tags") if cell is not None else None)
    return not _ignored_because(markers, pair, read_outputs(pair.published))


def _compare_cell(pair: CellPair, settings: TextSettings, notes: tuple[str, ...]) -> CellComparison:
    cell = pair.published if pair.published is not None else pair.fresh
    source = as_text(cell.get("source", "")) if cell is not None else ""
    markers = read_markers(source, (cell.get("metadata") or {}).get("tags") if cell is not None else None)
    published, fresh = read_outputs(pair.published), read_outputs(pair.fresh)
    reason = _ignored_because(markers, pair, published)
    if reason:
        outputs = tuple(_ignored(output.main_mime, reason) for output in published or fresh)
    else:
        outputs = tuple(compare_pair(output, settings) for output in pair_outputs(published, fresh))
    return CellComparison(pair.id, pair.index, state_of(outputs), outputs, source, notes)


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
