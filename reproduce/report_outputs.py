"""The compared outputs of a notebook as its report shows them: pictures, texts, numbers, and what was not compared."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reproduce.compare import CellComparison, FileComparison, NotebookComparison, OutputComparison
from reproduce.picture import media_type_of
from reproduce.report_numbers import Deviations, deviations_of
from reproduce.report_words import Line, first_line, measured_words, state_words, text_difference, tone_of_state


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the report; without an address the words `instead` stand for it."""

    caption: str
    address: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """An output that is worth looking at, with its place in the page."""

    anchor: str
    name: str
    state: str
    tone: str
    reason: str
    measured: str
    rules: tuple[str, ...]
    pictures: tuple[Picture, ...]
    numbers: Deviations | None
    difference: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class OutputRow:
    """A line of the table of all outputs; `anchor` is empty for one that is not shown.

    `is_silent` is true for a cell that shows nothing, neither published nor re-run.
    """

    place: str
    source: str
    mime: str
    state: str
    tone: str
    reason: str
    anchor: str
    is_compared: bool
    notes: tuple[str, ...] = ()
    is_silent: bool = False


class Embedding:
    """Turns pictures into data addresses until the report would be too large to open."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes

    def picture(self, caption: str, data: bytes) -> Picture:
        """Return the picture as it stands in the page."""
        kind = media_type_of(data)
        if kind == "application/pdf":
            return Picture(caption, "", "A PDF is not shown here; it is kept beside this report.")
        if len(data) > self._left:
            return Picture(caption, "", "Left out, because the report would be too large; it is kept beside it.")
        self._left -= len(data)
        return Picture(caption, f"data:{kind};base64,{base64.b64encode(data).decode()}")


def read_outputs(
    anchor: str, comparison: NotebookComparison, files: Iterable[FileComparison], embedding: Embedding
) -> tuple[list[ShownOutput], list[OutputRow]]:
    """Return what is shown (each picture, each text that is not as published), and a row for each output and file."""
    shown: list[ShownOutput] = []
    rows: list[OutputRow] = []
    for place, name, source, notes, output in _all(comparison, files):
        if output is None:
            silent = OutputRow(
                place, source, "none", "nothing to compare", "idle", "", "", False, notes, is_silent=True
            )
            rows.append(silent)
            continue
        one = _shown(f"{anchor}-output-{len(shown) + 1}", name, output, embedding)
        if one is not None:
            shown.append(one)
        rows.append(
            OutputRow(
                place,
                source,
                output.mime.removeprefix("application/vnd.jupyter."),
                state_words(output.state),
                tone_of_state(output.state),
                output.reason,
                one.anchor if one else "",
                is_compared=output.state not in ("not_compared", "ignored"),
                notes=notes,
            )
        )
    return shown, rows


def fired_rules(comparison: NotebookComparison, files: Iterable[FileComparison]) -> list[tuple[str, int]]:
    """Return the rules that left something out before comparing, each with the count of outputs, by name."""
    counts: dict[str, int] = {}
    for *_, output in _all(comparison, files):
        for rule in output.rules if output else ():
            counts[rule] = counts.get(rule, 0) + 1
    return sorted(counts.items())


def _all(
    comparison: NotebookComparison, files: Iterable[FileComparison]
) -> Iterator[tuple[str, str, str, tuple[str, ...], OutputComparison | None]]:
    """Yield place, name, what it comes from, notes on its cell, and the output; none for a cell that shows nothing."""
    for cell in comparison.cells:
        source = first_line(cell.source)
        if not cell.outputs:
            yield str(cell.index + 1), f"Cell {cell.index + 1}", source, cell.notes, None
        for number, output in enumerate(cell.outputs, start=1):
            yield str(cell.index + 1), _name(cell, number), source, cell.notes, output
    for file in files:
        yield "file", file.path, file.path, (), file.outcome


def _shown(anchor: str, name: str, output: OutputComparison, embedding: Embedding) -> ShownOutput | None:
    pictures = tuple(_pictures(output, embedding))
    difference = () if output.state == "identical" else text_difference(output.published_text, output.fresh_text)
    if not pictures and not difference:
        return None
    return ShownOutput(
        anchor=anchor,
        name=name,
        state=state_words(output.state),
        tone=tone_of_state(output.state),
        reason=output.reason,
        measured=measured_words(output.metric, output.tolerance, output.noise),
        rules=tuple(rule for rule in output.rules if rule not in output.reason),
        pictures=pictures,
        numbers=None if pictures else deviations_of(output),
        difference=difference,
    )


def _name(cell: CellComparison, number: int) -> str:
    name = f"Cell {cell.index + 1}"
    return f"{name}, output {number}" if len(cell.outputs) > 1 else name


def _pictures(output: OutputComparison, embedding: Embedding) -> Iterator[Picture]:
    if output.published is not None:
        yield embedding.picture("Published", output.published)
    if output.fresh is not None:
        yield embedding.picture("Re-run", output.fresh)
    if output.difference_png is not None:
        yield embedding.picture("Difference map", output.difference_png)
