"""CSV and TSV files: cell by cell, with the row and the heading of the column that differs most."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from typing import Final

from reproduce.compare.model import OutputComparison, OutputState
from reproduce.compare.numbers import NUMBER, tolerance_as_dict
from reproduce.compare.phrases import how_many, shown
from reproduce.compare.text import TextSettings, compare_text

_DELIMITERS: Final = ",;\t"


@dataclass(slots=True)
class _Found:
    """What a walk over the cells found; the farthest is told."""

    compared: int = 0
    beyond: int = 0
    is_exact: bool = True
    largest: float = 0.0
    weight: float = -1.0
    place: str = ""


def compare_delimited(mime: str, published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two tables of texts and numbers; each side with its own delimiter, quotes and ends of lines.

    The first row heads the columns where it has no number. What is no such table is compared as a text.
    """
    try:
        one, other = _rows(mime, published), _rows(mime, fresh)
    except csv.Error:
        return compare_text(mime, published, fresh, settings)
    if len(one) != len(other):
        reason = f"The file had {how_many(len(one), 'row')} and now has {len(other)}."
        return _told(mime, "differs", reason, published, fresh)
    for number, (ours, theirs) in enumerate(zip(one, other, strict=True), start=1):
        if len(ours) != len(theirs):
            reason = f"Line {number} had {how_many(len(ours), 'column')} and now has {len(theirs)}."
            return _told(mime, "differs", reason, published, fresh)
    found = _compare_cells(one, other, settings)
    if found.is_exact and not found.beyond:
        reason = "All cells are equal; the files are only written differently."
        return _told(mime, "identical", reason, published, fresh)
    counted = f"{found.beyond} of {found.compared} cells differ; " if found.beyond else "All cells agree; "
    return OutputComparison(
        mime,
        "differs" if found.beyond else "within_tolerance",
        metric={"name": "max_relative_deviation", "value": found.largest if math.isfinite(found.largest) else None},
        tolerance=tolerance_as_dict(settings.tolerance),
        reason=f"{counted}the farthest off is {found.place}.",
        published_text=published,
        fresh_text=fresh,
    )


def _compare_cells(one: list[list[str]], other: list[list[str]], settings: TextSettings) -> _Found:
    found = _Found()
    heads = one[0] if one and not any(NUMBER.search(cell) for cell in one[0]) else []
    for number, (ours, theirs) in enumerate(zip(one, other, strict=True)):
        found.compared += len(ours)
        if ours == theirs:
            continue
        for column, (left, right) in enumerate(zip(ours, theirs, strict=True)):
            if left == right:
                continue
            judged = compare_text("text/plain", left, right, settings)
            value = (judged.metric or {}).get("value")
            deviation = math.inf if value is None else float(value)
            found.is_exact = found.is_exact and judged.state == "identical"
            is_beyond = judged.state == "differs"
            found.beyond += is_beyond
            if judged.metric is not None:
                found.largest = max(found.largest, deviation)
            weight = (1.0 if is_beyond else 0.0) + (deviation / (1 + deviation) if math.isfinite(deviation) else 1.0)
            if judged.state != "identical" and weight > found.weight:
                name = f"column “{shown(heads[column])}”" if column < len(heads) else f"column {column + 1}"
                place = f"line {number + 1}, {name}: {shown(left)} published against {shown(right)} now"
                found.weight, found.place = weight, place
    return found


def _rows(mime: str, text: str) -> list[list[str]]:
    delimiter = "\t" if mime == "text/tab-separated-values" else _delimiter(text)
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter, strict=True)
    return [[cell.strip() for cell in row] for row in lines if row]


def _delimiter(text: str) -> str:
    """The sign that occurs most often in the first line; a comma where none does."""
    first = text.partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _told(mime: str, state: OutputState, reason: str, published: str, fresh: str) -> OutputComparison:
    return OutputComparison(mime, state, reason=reason, published_text=published, fresh_text=fresh)
