"""The words a run can end with, their order from good to bad, and the exit codes of the command line."""

from __future__ import annotations

from typing import Final, Literal

Verdict = Literal["identical", "reproduced", "differs", "failed", "unbuildable", "unavailable"]

VERDICTS: Final[tuple[Verdict, ...]] = ("identical", "reproduced", "differs", "failed", "unbuildable", "unavailable")
MEANINGS: Final[dict[str, str]] = {
    "identical": "Every output that was compared is equal to the published one.",
    "reproduced": "Every output that was compared agrees with the published one within the stated tolerances; "
    "where its own runs differ, the published one lies among them.",
    "differs": "At least one output differs from the published one, is missing, or was not published.",
    "failed": "The notebook did not run to its end, for a reason that lies with it.",
    "unbuildable": "The environment that its repository asks for could not be made.",
    "unavailable": "What it needs, its repository or its data, is gone or is not what was published.",
}
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
