"""The exit code of the command line: the worst of what was seen.

Where there is a verdict, it decides (reproduce.verdicts). Where there is none, whose fault it is decides. Codes are
ordered by their number, and the greatest wins: a fault of ours (70) leaves more unknown than anything seen (0 to 4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from catalog.causes import Cause, Fault
from reproduce.verdicts import EXIT_CODES, EXIT_SERVICE, EXIT_USAGE, Verdict

_WITHOUT_VERDICT: Final[dict[Fault, int]] = {
    "author": EXIT_CODES["failed"],
    "visitor": EXIT_CODES["failed"],
    "upstream": EXIT_CODES["unavailable"],
    "operator": EXIT_SERVICE,
    "service": EXIT_SERVICE,
}


def code_of(verdict: Verdict | None, why: Cause | None) -> int:
    """Return the exit code for one notebook. Neither verdict nor cause is a fault of ours."""
    if verdict is not None:
        return EXIT_CODES[verdict]
    return EXIT_SERVICE if why is None else _WITHOUT_VERDICT[why.fault]


def code_of_refusal(verdict: Verdict | None, why: Cause) -> int:
    """Return the exit code when the work ended before any notebook: what was typed wrongly is wrong usage."""
    if verdict is None and why.fault == "visitor":
        return EXIT_USAGE
    return code_of(verdict, why)


def worst(codes: Iterable[int]) -> int:
    """Return the greatest. None at all means that nothing was proven, which is never a success."""
    return max(codes, default=EXIT_CODES["failed"])
