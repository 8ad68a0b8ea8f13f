"""Badges: a verdict in one line, as SVG, as JSON, and as an endpoint of shields.io. Pure: no Django, no clock.

The words carry the meaning and the colour repeats it. White on every colour used here has a contrast of at least
4.5:1 (WCAG 2.2, 1.4.3). The shields form follows https://shields.io/badges/endpoint-badge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from reproduce.verdicts import GOOD, VERDICTS, Verdict

OK: Final = "#17663f"
DIFFERS: Final = "#8a4b00"
FAILED: Final = "#a3202a"
RUNNING: Final = "#0b5cad"
IDLE: Final = "#5d6573"
LABEL_BACKGROUND: Final = "#3d4450"
CACHE_S: Final = 300
MAX_TEXT: Final = 80

_COLOURS: Final[Mapping[Verdict, str]] = {
    "identical": OK,
    "reproduced": OK,
    "differs": DIFFERS,
    "failed": FAILED,
    "unbuildable": FAILED,
    "unavailable": FAILED,
}
_HEIGHT: Final = 20
_PADDING: Final = 6
# Advance widths of the printable ASCII signs from space to tilde, in tenths of a pixel at 11 px, measured on DejaVu
# Sans, whose letters are as wide as Verdana's within a few per cent. textLength makes the text fit exactly.
_WIDTHS: Final = (
    *(35, 44, 51, 92, 70, 105, 86, 30, 43, 43, 55, 92, 35, 40, 35, 37),
    *(70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 37, 37, 92, 92, 92, 58),
    *(110, 75, 75, 77, 85, 70, 63, 85, 83, 32, 32, 72, 61, 95, 82, 87),
    *(66, 87, 76, 70, 67, 81, 75, 109, 75, 67, 75, 43, 37, 43, 92, 55),
    *(55, 67, 70, 60, 70, 68, 39, 70, 70, 31, 31, 64, 31, 107, 70, 67),
    *(70, 70, 45, 57, 43, 70, 65, 90, 65, 65, 58, 70, 37, 70, 92),
)
_UNKNOWN_WIDTH: Final = 110


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge. `verdict` and `age_days` are None where nothing has been run; `is_error` tells a verdict is not good.

    `is_approximated` tells that an environment was not exactly what its repository asks for; the title says so.
    """

    label: str
    message: str
    color: str
    verdict: Verdict | None = None
    age_days: int | None = None
    is_error: bool = False
    is_approximated: bool = False

    def as_dict(self) -> dict[str, Any]:  # Any: JSON
        """Return the badge's JSON form."""
        return {
            "label": self.label,
            "message": self.message,
            "verdict": self.verdict,
            "age_days": self.age_days,
            "color": self.color,
            "is_error": self.is_error,
            "is_approximated": self.is_approximated,
        }

    def shields(self) -> dict[str, Any]:  # Any: JSON
        """Return what an endpoint of shields.io answers. `isError` keeps a reader of a bad one from recolouring it."""
        return {
            "schemaVersion": 1,
            "label": self.label,
            "message": self.message,
            "color": self.color,
            "labelColor": LABEL_BACKGROUND,
            "isError": self.is_error,
            "cacheSeconds": CACHE_S,
        }

    def svg(self) -> str:
        """Return a stand-alone SVG, with its words as title and accessible name, without script, style or links."""
        left, right = text_width(self.label) + 2 * _PADDING, text_width(self.message) + 2 * _PADDING
        name = f"{self.label}: {self.message}"
        if self.is_approximated:
            name = f"{name}, in an environment that is approximated"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
            f'viewBox="0 0 {left + right} {_HEIGHT}" aria-label={quoteattr(name)}>'
            f"<title>{escape(name)}</title>"
            f'<rect width="{left + right}" height="{_HEIGHT}" rx="3" fill="{LABEL_BACKGROUND}"/>'
            f'<rect x="{left}" width="{right}" height="{_HEIGHT}" rx="3" fill="{self.color}"/>'
            # Squares the corners where the two halves meet; a clip path would need an id, unique in every page.
            f'<rect x="{left}" width="4" height="{_HEIGHT}" fill="{self.color}"/>'
            f'<g fill="#ffffff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" aria-hidden="true">'
            f"{_text(_PADDING, self.label)}{_text(left + _PADDING, self.message)}</g></svg>\n"
        )


def badge(label: str, verdict: Verdict | None, age_days: int | None = None, *, is_running: bool = False) -> Badge:
    """Return the badge of one target: its verdict and how old it is, in days.

    Without a verdict it says "unknown" or, while the first run is on, "running"; it never guesses.
    """
    if verdict is None:
        word, color = ("running", RUNNING) if is_running else ("unknown", IDLE)
        return Badge(plain(label), word, color)
    message = verdict if age_days is None else f"{verdict} {age_words(age_days)}"
    return Badge(plain(label), message, _COLOURS[verdict], verdict, age_days, verdict not in GOOD)


def publication_badge(
    label: str, verdicts: Sequence[Verdict | None], age_days: int | None = None, *, noun: str = "figures"
) -> Badge:
    """Return the badge of a publication from its targets' last verdicts: "4 of 5 figures reproduced 3 days ago".

    Identical counts as reproduced. The colour is that of the worst verdict; while none is bad, targets without a
    verdict keep it grey. `age_days` is the age of the oldest of the verdicts.
    """
    known = [verdict for verdict in verdicts if verdict is not None]
    if not known:
        return Badge(plain(label), "unknown", IDLE)
    worst = max(known, key=VERDICTS.index)
    good = sum(count for verdict, count in Counter(known).items() if verdict in GOOD)
    is_pending = worst in GOOD and len(known) < len(verdicts)
    singular = noun.removesuffix("s") if len(verdicts) == 1 else noun
    message = f"{good} of {len(verdicts)} {singular} reproduced"
    if age_days is not None:
        message = f"{message} {age_words(age_days)}"
    return Badge(
        plain(label),
        plain(message),
        IDLE if is_pending else _COLOURS[worst],
        None if is_pending else worst,
        age_days,
        worst not in GOOD,
    )


def age_words(days: int) -> str:
    """Say an age in days as people do; less than a day, or a clock that runs ahead, is today."""
    if days < 1:
        return "today"
    for unit, size in (("year", 365), ("month", 30)):
        if days >= 2 * size:
            return f"{days // size} {unit}s ago"
    return "1 day ago" if days == 1 else f"{days} days ago"


def text_width(text: str) -> int:
    """Return the width of `text` in whole pixels at 11 px, rounded up."""
    tenths = sum(_WIDTHS[ord(sign) - 32] if " " <= sign <= "~" else _UNKNOWN_WIDTH for sign in text)
    return -(-tenths // 10)


def plain(text: str) -> str:
    """Return `text` as one line of at most 80 signs that print (others are not allowed in XML, or invisible)."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def _text(x: int, text: str) -> str:
    return f'<text x="{x}" y="14" textLength="{text_width(text)}">{escape(text)}</text>'
