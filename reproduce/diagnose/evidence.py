"""The very line that a cause rests on: found in a traceback, a log, or the cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reproduce.diagnose.facts import Facts

_CHARACTERS: Final = 300
# How IPython marks the line of a frame that raised, and how its releases name a frame of the notebook.
_ARROW: Final = re.compile(r"-+> ?(\d+) ?(.*)")
_OWN_FRAME: Final = re.compile(r"Cell In|Input In|In ?\[|<ipython-input|\S*/ipykernel_\d+/|File <ipython-input")
_FRAME: Final = re.compile(r"File |/\S+|~/\S+|<\S+ in ")
_SYNTAX_PLACE: Final = re.compile(r"\bline (\d+)\n([^\n]*)")


def one_line(text: str, characters: int = _CHARACTERS) -> str:
    """Return the text on one line, cut where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


def raised_line(facts: Facts) -> tuple[int | None, str]:
    """Return number (from 1) and text of the line of the failing cell that raised; None and "" where nothing tells."""
    failure = facts.failure
    if failure.ename in ("SyntaxError", "IndentationError", "TabError"):
        found = list(_SYNTAX_PLACE.finditer(failure.traceback))
        if found:
            return int(found[-1][1]), found[-1][2].strip()
    arrows = list(_arrows(failure.traceback))
    own = next((arrow for arrow, is_own in arrows if is_own), arrows[0][0] if arrows else None)
    return (int(own[1]), own[2].strip()) if own else (None, "")


def _arrows(trace: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Yield the marked line of each frame, and whether the frame is the notebook's. Of errors that follow each other
    the first may have no frame of the notebook at all."""
    is_own = False
    for line in trace.splitlines():
        if _OWN_FRAME.match(line):
            is_own = True
        elif _FRAME.match(line):
            is_own = False
        elif arrow := _ARROW.match(line):
            yield arrow, is_own


def failure_line(facts: Facts) -> str:
    """Return the line that raised, with its cell, and what it raised."""
    number, text = raised_line(facts)
    failure = facts.failure
    said = ": ".join(part for part in (failure.ename, one_line(failure.evalue, _CHARACTERS // 2)) if part)
    if not failure.ename and failure.cell_index is None:
        return one_line(failure.evalue)
    place = f"cell {facts.cell}" + (f", line {number}" if number is not None else "")
    return one_line(" | ".join(part for part in (place, text, said) if part))


def log_line(log: str, pattern: re.Pattern[str]) -> str:
    """Return the last line of a log that the pattern fits, "" where none does."""
    lines = [line for line in log.splitlines() if pattern.search(line)]
    return one_line(lines[-1]) if lines else ""
