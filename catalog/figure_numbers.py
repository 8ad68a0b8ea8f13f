"""Read the numbers of figures and tables out of file names, headings and comments: fig_3a, Figure 2(b), Tab. S1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

TargetKind = Literal["figure", "table"]

_PANEL: Final = r"(?:viii|vii|vi|iv|ix|iii|ii|i|[a-z])"
_BOUNDARY: Final = r"(?=[^a-z0-9]|v[0-9]|$)"
_NUMBER: Final = rf"(s {{0,2}})?([0-9]{{1,3}}(?:\.[0-9]{{1,2}})*)(?:({_PANEL})| ?\(({_PANEL})\))?{_BOUNDARY}"
_MENTION: Final = re.compile(
    r"(?:(?<![a-z])(supp|suppl|supplementary|supplemental|extended data|extended|ed|si)\.? {1,2})?"
    rf"(figure|fig|table|tab)(s)?\.? {{0,3}}{_NUMBER}"
)
_AND: Final = re.compile(rf"(,|;| ?&| and\b| ) ?(?:and )?{_NUMBER}")
_PANEL_ALONE: Final = re.compile(r"(?:,| ?&| and\b| ) ?(?:\(([a-z])\)|([a-z])(?=[^a-z0-9]|$))")
_PANEL_RANGE: Final = re.compile(r" (?:\(([a-z])\)|([a-z]))(?=[.,:;)]|$)")
_SPACES: Final = str.maketrans("_-–—\t\n\r\u00a0", " " * 8)
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_PREFIXES: Final = {"s": "Supplementary ", "e": "Extended Data "}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A figure or table by its number: "Figure 3a" of kind figure, whose whole is "Figure 3"."""

    label: str
    kind: TargetKind
    whole: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Numbers found together in a text, and what the text says before and after them."""

    numbers: tuple[Numbered, ...]
    before: str
    after: str


def find_numbers(text: str) -> Mention | None:
    """Return the first figures or tables that `text` names, or None.

    A second number belongs to the first when both are panels of one figure (2a-2b, 2a-b) or when the word is in the
    plural or an "and" joins them (figs-3-4); so the 20 of figure-3-20nm and the 2d of figure-1a-2d-map are none.
    """
    original = text[:500]
    # One sign for one, so that a place in the one is a place in the other.
    lowered = original.translate(_SPACES).translate(_LOWER)
    for match in _MENTION.finditer(lowered):
        start = match.start()
        # "config_3" is no figure, "plotFig3" is one.
        if start and lowered[start - 1].isalpha() and not (original[start].isupper() and original[start - 1].islower()):
            continue
        kind: TargetKind = "figure" if match[2].startswith("fig") else "table"
        prefix = _PREFIXES[match[1][0]] if match[1] else ""
        parts = [(bool(match[4]), _number(match[5]), match[6] or match[7] or "")]
        end = _follow(lowered, match.end(), parts, is_plural=bool(match[3]))
        # Dashes and underscores stand for spaces in file names alone.
        shown = original if " " in original else original.translate(_SPACES)
        numbers = dict.fromkeys(_numbered(kind, prefix, *part) for part in parts)
        return Mention(
            tuple(numbers), " ".join(shown[:start].split()), " ".join(shown[end:].split()).strip(" .:,;)|-–—")
        )
    return None


def _follow(text: str, end: int, parts: list[tuple[bool, str, str]], *, is_plural: bool) -> int:
    """Add the numbers that follow to `parts`; return where they end."""
    while len(parts) < 12:
        is_extra, number, panel = parts[-1]
        if match := _AND.match(text, end):
            further = (bool(match[2]), _number(match[3]), match[4] or match[5] or "")
            is_joined = match[1].strip() in {"&", "and"} or is_plural
            is_same_figure = further[:2] == (is_extra, number) and panel and further[2]
            if is_joined or is_same_figure:
                parts.append(further)
                end = match.end()
                continue
        alone = _PANEL_RANGE.match(text, end) or _PANEL_ALONE.match(text, end)
        if alone is None or len(panel) != 1:
            break
        letter = alone[1] or alone[2]
        distance = ord(letter) - ord(panel)
        # 2a-d is a range where nothing but the end follows; elsewhere only the next letter is a panel.
        if not 1 <= distance <= (8 if alone.re is _PANEL_RANGE else 1):
            break
        parts.extend((is_extra, number, chr(ord(panel) + step)) for step in range(1, distance + 1))
        end = alone.end()
    return end


def _number(text: str) -> str:
    return ".".join(str(int(part)) for part in text.split("."))


def _numbered(kind: TargetKind, prefix: str, is_extra: bool, number: str, panel: str) -> Numbered:
    whole = f"{prefix}{kind.capitalize()} {'S' if is_extra else ''}{number}"
    return Numbered(f"{whole}{panel}", kind, whole)
