"""Rules about the notebook itself: in which order its cells were run, and which never were. Pure."""

from __future__ import annotations

import re
from typing import Final

from catalog.causes import Cause, cause
from reproduce.compare.history import executed_before
from reproduce.diagnose.facts import Facts, StoredCell

_UNDEFINED: Final = re.compile(r"name '(\w{1,100})' is not defined")
_BOUND: Final = re.compile(r"(?m)^(?:(?:def|class)[ \t]+(\w{1,100})|(\w{1,100})[ \t]*=(?!=))")
_MAGIC_MISSING: Final = re.compile(
    r"(?:Line magic function|Cell magic|Magic function) [`'\"]?(%{0,2}\w{1,60})[`'\"]? not found"
)


def magic_missing(facts: Facts) -> Cause | None:
    """A magic that no extension brought."""
    match = _MAGIC_MISSING.search(facts.failure.evalue)
    return cause("magic-missing", cell=facts.cell, magic=match[1]) if match else None


def never_run_completely(facts: Facts) -> Cause | None:
    """A name that only a cell defines which was never run, and which raises when it is.

    The runner lets such a cell raise: it contradicts nothing that was published.
    """
    name = _undefined(facts)
    failing = facts.failing
    if not name or failing is None:
        return None
    above = [cell for cell in facts.cells if cell.index < failing.index and defines(cell, name)]
    if not above or any(cell not in never_run(facts) for cell in above):
        return None
    reason = f"cell {facts.cell} uses {name}, which cell {above[-1].index + 1} defines, and that was never run."
    return cause("never-run-completely", reason=reason)


def never_run(facts: Facts) -> list[StoredCell]:
    """Return the cells that have neither number nor outputs in a notebook of which others have."""
    if not any(cell.execution_count is not None for cell in facts.cells):
        return []
    return [
        cell for cell in facts.cells if cell.execution_count is None and not cell.has_outputs and cell.source.strip()
    ]


def assigned_names(cell: StoredCell) -> set[str]:
    """Return the names that a cell binds at the beginning of its lines."""
    return {one or other for one, other in _BOUND.findall(cell.source)}


def cells_out_of_order(facts: Facts) -> Cause | None:
    """A name that a cell further down defines."""
    name = _undefined(facts)
    failing = facts.failing
    if not name or failing is None:
        return None
    definer = next((cell for cell in facts.cells if cell.index > failing.index and defines(cell, name)), None)
    if definer is None:
        return None
    reason = f"cell {facts.cell} uses {name}, which cell {definer.index + 1} defines{_counts(failing, definer)}."
    return cause("cells-out-of-order", reason=reason)


def key_of_another_order(facts: Facts) -> Cause | None:
    """A key or column that is not there, in a cell that was run before one that stands above it."""
    failing = facts.failing
    if failing is None or failing.execution_count is None or facts.failure.ename != "KeyError":
        return None
    above = [cell for cell in facts.cells if cell.index < failing.index and cell.source.strip()]
    later = [cell for cell in above if (cell.execution_count or 0) > failing.execution_count]
    if not later:
        return None
    one, other = (f"cell {cell.index + 1} [{cell.execution_count}]" for cell in (later[-1], failing))
    return cause("cells-out-of-order", reason=f"{one} stands before {other}.")


def name_undefined(facts: Facts) -> Cause | None:
    """A name that no cell defines."""
    name = _undefined(facts)
    return cause("name-undefined", cell=facts.cell, name=name) if name else None


def backward_step(cells: tuple[StoredCell, ...]) -> tuple[StoredCell, StoredCell] | None:
    """Return the first two cells of which the later in the notebook was run before the other, None where none was."""
    counted = {cell.index: cell for cell in cells if cell.source.strip()}
    step = next(executed_before({index: cell.execution_count for index, cell in counted.items()}), None)
    return None if step is None else (counted[step[0]], counted[step[1]])


def _undefined(facts: Facts) -> str:
    match = (
        _UNDEFINED.search(facts.failure.evalue) if facts.failure.ename in ("NameError", "UnboundLocalError") else None
    )
    return match[1] if match else ""


def defines(cell: StoredCell, name: str) -> bool:
    """Whether the cell binds the name: by assignment, definition or import."""
    word = re.escape(name)
    return bool(
        re.search(rf"(?m)^[ \t]*(?:def|class)[ \t]+{word}\b", cell.source)
        or re.search(rf"(?m)^[ \t]*(?:[\w, ()*]{{0,200}}?\b)?{word}[ \t]*(?:,[\w, ]{{1,200}})?=(?!=)", cell.source)
        or re.search(rf"\bimport\b[^\n]{{0,200}}\b{word}\b", cell.source)
        or re.search(rf"\b(?:for|as)[ \t]+{word}\b", cell.source)
    )


def _counts(failing: StoredCell, definer: StoredCell) -> str:
    if failing.execution_count is None or definer.execution_count is None:
        return ""
    return f" (they were run as [{failing.execution_count}] and [{definer.execution_count}])"
