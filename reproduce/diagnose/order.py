"""Rules about the notebook itself: in which order its cells were run, and which never were. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from catalog.causes import Cause, cause
from reproduce.diagnose.evidence import one_line
from reproduce.diagnose.facts import Facts, StoredCell

_UNDEFINED: Final = re.compile(r"name '(\w{1,100})' is not defined")
_MAGIC_MISSING: Final = re.compile(
    r"(?:Line magic function|Cell magic|Magic function) [`'\"]?(%{0,2}\w{1,60})[`'\"]? not found"
)
_OWN_ERRORS: Final = frozenset(
    {"NameError", "SyntaxError", "IndentationError", "UnboundLocalError", "NotImplementedError"}
)


def magic_missing(facts: Facts) -> Cause | None:
    """A magic that no extension brought."""
    match = _MAGIC_MISSING.search(facts.failure.evalue)
    return cause("magic-missing", cell=facts.cell, magic=match[1]) if match else None


def cell_never_run(facts: Facts) -> Cause | None:
    """An error of the cell's own making, in a cell that was never run in a notebook of which others were."""
    failing = facts.failing
    if failing is None or facts.failure.ename not in _OWN_ERRORS:
        return None
    was_run = failing.execution_count is not None or failing.has_outputs
    if was_run or not any(cell.execution_count is not None for cell in facts.cells):
        return None
    return cause(
        "cell-never-run",
        cell=facts.cell,
        ename=facts.failure.ename,
        evalue=one_line(facts.failure.evalue) or "no message",
    )


def cells_out_of_order(facts: Facts) -> Cause | None:
    """A name that a cell further down defines."""
    name = _undefined(facts)
    failing = facts.failing
    if not name or failing is None:
        return None
    definer = next((cell for cell in facts.cells if cell.index > failing.index and _defines(cell, name)), None)
    if definer is None:
        return None
    reason = f"cell {facts.cell} uses {name}, which cell {definer.index + 1} defines{_counts(failing, definer)}."
    return cause("cells-out-of-order", reason=reason)


def name_undefined(facts: Facts) -> Cause | None:
    """A name that no cell defines."""
    name = _undefined(facts)
    return cause("name-undefined", cell=facts.cell, name=name) if name else None


def backward_step(cells: tuple[StoredCell, ...]) -> tuple[StoredCell, StoredCell] | None:
    """Return the first two cells of which the later in the notebook was run before the other, None where none was."""
    counted = [cell for cell in cells if cell.execution_count is not None and cell.source.strip()]
    for before, after in pairwise(counted):
        if (after.execution_count or 0) < (before.execution_count or 0):
            return before, after
    return None


def _undefined(facts: Facts) -> str:
    match = (
        _UNDEFINED.search(facts.failure.evalue) if facts.failure.ename in ("NameError", "UnboundLocalError") else None
    )
    return match[1] if match else ""


def _defines(cell: StoredCell, name: str) -> bool:
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
