"""What is known of a Snapshot: a repository at one exact state, on this disk. Plain data, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FigureHint:
    """An output of a notebook that a paper may show.

    `cell_id` is nbformat's id (or "cell-<index>" where the notebook has none), `heading` the nearest markdown
    heading above, `mime` the richest image type of the cell's outputs, or text/html for a table.
    """

    cell_id: str
    cell_index: int
    mime: str
    heading: str


@dataclass(frozen=True, slots=True)
class NotebookOutline:
    """What can be told of one notebook without running it. `problem` is a cause id when it cannot be run as it is."""

    path: str
    title: str
    kernel_name: str
    language: str
    language_version: str
    code_cells: int
    stored_outputs: int
    figures: tuple[FigureHint, ...]
    problem: str | None = None
    problem_message: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """A directory with a repository's files and where they are from.

    `commit` is 40 hexadecimal digits, or None for a directory that is no clean git checkout; `committed_at` is aware
    UTC; `tree` is git's id of the directory's content, so that `swhid` is swh:1:dir:<tree>; `size_bytes` counts files.
    """

    source: str
    ref: str | None
    commit: str | None
    committed_at: datetime | None
    tree: str
    swhid: str
    path: Path
    size_bytes: int
    notebooks: tuple[NotebookOutline, ...]
