"""How the published outputs came about, as far as the stored notebook tells: what was executed when, and what was not.

A notebook keeps the number of each cell's last execution, which counts up within one session of a kernel. It does not
keep when a source was edited, so that an output is older than its source shows only where the numbers betray it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

# Where Jupyter, papermill and the extension ExecuteTime note when a cell began.
_BEGINNINGS: Final = (
    ("execution", "iopub.execute_input"),
    ("execution", "iopub.status.busy"),
    ("papermill", "start_time"),
    ("ExecuteTime", "start_time"),
)


def notes_on(cells: Sequence[Any]) -> Mapping[int, tuple[str, ...]]:
    """Return sentences on the code cells of a published notebook by their index; a cell without any is left out.

    Nothing is said where no cell has a number: such a notebook was cleaned, and tells nothing.
    """
    code = {index: cell for index, cell in enumerate(cells) if cell.get("cell_type") == "code" and _source(cell)}
    counts = {index: _number(cell.get("execution_count")) for index, cell in code.items()}
    if not any(counts.values()):
        return {}
    after = {index: latest for latest, index in executed_before(counts)}
    above = _Above()
    found: dict[int, tuple[str, ...]] = {}
    for index, cell in code.items():
        count, begun = counts[index], _began(cell)
        order = _out_of_order(index, after.get(index), counts) or _begun_before(begun, above)
        notes = (_unexecuted(cell, count), _other_execution(cell, count), order, _other_session(count, above))
        told = tuple(note for note in notes if note)
        if told:
            found[index] = told
        above.add(index, count, begun)
    return found


def executed_before(counts: Mapping[int, int | None]) -> Iterator[tuple[int, int]]:
    """Yield each cell that was executed before one above it, behind the one above that was executed last.

    `counts` are the numbers of executions by the cells' places, from top to bottom.
    """
    latest: tuple[int, int] | None = None
    for index, count in counts.items():
        if count is None:
            continue
        if latest is not None and count < latest[0]:
            yield latest[1], index
        latest = (count, index) if latest is None else max(latest, (count, index))


@dataclass(slots=True)
class _Above:
    """What the cells above one tell: which was executed last by its time stamp, and who has which number."""

    latest_begun: tuple[datetime, int] | None = None
    by_count: dict[int, int] = field(default_factory=dict)

    def add(self, index: int, count: int | None, begun: datetime | None) -> None:
        if count is not None:
            self.by_count.setdefault(count, index)
        if begun is not None and (self.latest_begun is None or begun > self.latest_begun[0]):
            self.latest_begun = (begun, index)


def _unexecuted(cell: Any, count: int | None) -> str:  # noqa: ANN401 - a notebook node
    if count is not None:
        return ""
    if cell.get("outputs"):
        return (
            "The published notebook holds outputs of this cell without the number of an execution: "
            "when they were made, and from which source, cannot be told."
        )
    return "The cell was never executed in the published notebook."


def _other_execution(cell: Any, count: int | None) -> str:  # noqa: ANN401 - a notebook node
    """Tell of a result that carries another number than its cell: it is not of the cell's last execution."""
    for output in cell.get("outputs") or []:
        shown = _number(output.get("execution_count")) if isinstance(output, Mapping) else None
        if output.get("output_type") == "execute_result" and None not in (shown, count) and shown != count:
            return f"The published result is of execution {shown}, the cell's last one was {count}: it may be stale."
    return ""


def _out_of_order(index: int, latest: int | None, counts: Mapping[int, int | None]) -> str:
    if latest is None:
        return ""
    above = f"cell {latest + 1} above it (number {counts[latest]})"
    return (
        f"The cell was executed (as number {counts[index]}) before {above}: "
        "the published output may rest on another order than from top to bottom."
    )


def _begun_before(begun: datetime | None, above: _Above) -> str:
    if begun is None or above.latest_begun is None or above.latest_begun[0] <= begun:
        return ""
    return f"By its time stamp the cell was executed before cell {above.latest_begun[1] + 1} above it."


def _other_session(count: int | None, above: _Above) -> str:
    other = above.by_count.get(count) if count is not None else None
    if other is None:
        return ""
    return f"The cell carries the same number ({count}) as cell {other + 1}: they were executed in different sessions."


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _began(cell: Any) -> datetime | None:  # noqa: ANN401 - a notebook node
    metadata = cell.get("metadata")
    for block, name in _BEGINNINGS:
        noted = metadata.get(block) if isinstance(metadata, Mapping) else None
        text = noted.get(name) if isinstance(noted, Mapping) else None
        if isinstance(text, str):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                continue
            # One without a zone is that tool's UTC.
            return moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")
    return None


def _source(cell: Any) -> str:  # noqa: ANN401 - a notebook node
    source = cell.get("source", "")
    return "".join(map(str, source)).strip() if isinstance(source, list) else str(source).strip()
