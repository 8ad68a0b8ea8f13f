"""The words a run can end with, their order from good to bad, and the exit codes of the command line."""

from __future__ import annotations

from typing import Final, Literal

Verdict = Literal["identical", "reproduced", "differs", "failed", "unbuildable", "unavailable"]

VERDICTS: Final[tuple[Verdict, ...]] = ("identical", "reproduced", "differs", "failed", "unbuildable", "unavailable")
GOOD: Final[frozenset[str]] = frozenset({"identical", "reproduced"})

EXIT_CODES: Final[dict[Verdict, int]] = {
    "identical": 0,
    "reproduced": 0,
    "differs": 1,
    "failed": 2,
    "unbuildable": 3,
    "unavailable": 4,
}
EXIT_USAGE: Final = 64
EXIT_SERVICE: Final = 70
