"""The recorded figures of two runs: which belongs to which, and what the records say of each other.

Knows no database. Records are the notebooks' own word: good for runs of ours beside each other, never for a verdict.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from reproduce.compare import RecordedComparison, RecordOf, Tolerance, compare_recordings
from reproduce.runner.bundle import FIGURES_DIRECTORY, read_result
from reproduce.runner.job import Result

FIGURES_SCHEMA: Final = "reprise.figures/1"
Key = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True)
class RecordedFigures:
    """The figures of one run as its result lists them, and how the record of one is read by name (OSError, if not)."""

    rows: Sequence[Mapping[str, Any]]
    read: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class FigureComparison:
    """One figure of two runs. `cell` counts from 1, None where it is not known; `file` is empty for what was shown.

    `comparison` is None where only one run has it, which `is_missing` in the second one tells apart.
    """

    cell: int | None
    way: str
    file: str
    number: int
    comparison: RecordedComparison | None
    is_missing: bool = False

    @property
    def name(self) -> str:
        """What people call it: "Cell 3, figure 2" or "Cell 3, a.png"."""
        place = "No cell" if self.cell is None else f"Cell {self.cell}"
        return f"{place}, {self.file or f'figure {self.number} {self.way}'}"

    @property
    def is_same(self) -> bool:
        """Whether both runs have it and it does not differ."""
        return self.comparison is not None and self.comparison.state in ("identical", "within_tolerance")


def figures_of_bundle(bundle: Path) -> RecordedFigures:
    """Return the recorded figures of a bundle directory. Raises BundleUnusableError where no run has ended in it."""
    folder = bundle / FIGURES_DIRECTORY
    return RecordedFigures(read_result(bundle).figures, lambda name: (folder / Path(name).name).read_bytes())


def records_of_outputs(result: Result, bundle: Path) -> RecordOf:
    """Return what gives the record of an output of a run; None where that output is no recorded figure."""
    names = {(row.get("cell_index"), row.get("output")): str(row.get("name")) for row in result.figures}
    return lambda cell, output: _record(bundle, names.get((cell, output)))


def records_of_files(result: Result, bundle: Path, notebook: str) -> Callable[[str], bytes | None]:
    """Return what gives the last record of a figure that was saved to a path of the repository.

    A relative path is one in the notebook's directory, where it runs; what was saved elsewhere belongs to no file.
    """
    folder = PurePosixPath(notebook).parent
    saved = [row for row in result.figures if row.get("way") == "saved" and row.get("file")]
    names = {posixpath.normpath(folder / str(row["file"])): str(row.get("name")) for row in saved}
    return lambda path: _record(bundle, names.get(path))


def _record(bundle: Path, name: str | None) -> bytes | None:
    path = bundle / FIGURES_DIRECTORY / Path(name or "").name
    return path.read_bytes() if name and path.is_file() else None


def compare_recorded_figures(
    published: RecordedFigures, fresh: RecordedFigures, tolerance: Tolerance
) -> list[FigureComparison]:
    """Compare all figures of two runs of one notebook: of each cell the n-th that was shown, or saved to one file."""
    one, other = _keyed(published.rows), _keyed(fresh.rows)
    found = []
    for key in [*one, *(key for key in other if key not in one)]:
        way, cell, file, number = key
        comparison = None
        if key in one and key in other:
            comparison = compare_recordings(published.read(one[key]), fresh.read(other[key]), tolerance)
        place = None if cell < 0 else cell + 1
        found.append(FigureComparison(place, way, file, number, comparison, is_missing=key not in other))
    return found


def _keyed(rows: Sequence[Mapping[str, Any]]) -> dict[Key, str]:
    """Return the names of records by what they have in common with their counterpart."""
    seen: Counter[tuple[str, int, str]] = Counter()
    keyed = {}
    for row in rows:
        index = row.get("cell_index")
        place = (str(row.get("way")), index if isinstance(index, int) else -1, str(row.get("file") or ""))
        seen[place] += 1
        keyed[(*place, seen[place])] = str(row.get("name"))
    return keyed
