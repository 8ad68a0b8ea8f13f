"""How the command line says things: the table of verdicts, one-line causes, text that is safe on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from catalog.causes import FAULT_WORDS, Cause
from reproduce.verdicts import GOOD, Verdict

NO_VERDICT: Final = "no verdict"
_COLOURS: Final = {"identical": "32", "reproduced": "32", "differs": "33", "failed": "31", "unbuildable": "31"}
_PATH_WIDTH: Final = 48


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of verdicts. `run_s` is in seconds, None for a notebook that did not run."""

    path: str
    verdict: Verdict | None
    cells_done: int
    cells_total: int
    run_s: float | None
    cause: Cause | None


def plain(text: str) -> str:
    """Return `text` on one line without what would steer a terminal: notebooks write these texts too."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def shorten(text: str, width: int) -> str:
    """Return the beginning of `text`, in `width` columns at most."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def shorten_path(path: str, width: int = _PATH_WIDTH) -> str:
    """Return the end of `path`, which tells notebooks apart better than its beginning."""
    path = plain(path)
    return path if len(path) <= width else "…" + path[-(width - 1) :]


def duration(seconds: float) -> str:
    """Return a time for people: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def verdict_word(verdict: Verdict | None, *, width: int = 0, has_colours: bool = False) -> str:
    """Return the verdict's word, padded to `width`, in its colour where the terminal has any."""
    word = (verdict or NO_VERDICT).ljust(width)
    code = _COLOURS.get(verdict or "")
    return f"\x1b[{code}m{word}\x1b[0m" if has_colours and code else word


def explain(why: Cause) -> str:
    """Return message, evidence and hint of a cause, each on a line of its own, naming whose fault it is."""
    evidence = f"  Seen in: {plain(why.evidence)}\n" if why.evidence else ""
    return f"{plain(why.message)}\n{evidence}  {plain(why.hint)} [{why.id}: {FAULT_WORDS[why.fault]}]"


def verdict_table(lines: Sequence[Line], *, has_colours: bool = False) -> str:
    """Return the table of verdicts: notebook, verdict, cells, time; then, for each that is not good, why."""
    width = max([len("notebook"), *(len(shorten_path(line.path)) for line in lines)])
    rows = [f"{'notebook'.ljust(width)}  {'verdict'.ljust(11)}  {'cells'.rjust(9)}  {'time'.rjust(11)}  cause"]
    for line in lines:
        cells = f"{line.cells_done} of {line.cells_total}" if line.run_s is not None else "–"
        time = duration(line.run_s) if line.run_s is not None else "–"
        word = verdict_word(line.verdict, width=11, has_colours=has_colours)
        why = "" if line.cause is None or line.verdict in GOOD else shorten(plain(line.cause.message), 160)
        row = f"{shorten_path(line.path).ljust(width)}  {word}  {cells.rjust(9)}  {time.rjust(11)}  {why}"
        rows.append(row.rstrip())
    return "\n".join(rows)
