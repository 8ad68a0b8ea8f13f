"""Read the numbers of figures and tables out of file names, headings and comments: fig_3a, Figure 2(b), Tab. S1."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

TargetKind = Literal["figure", "table"]

_PANEL: Final = r"(?:viii|vii|vi|iv|ix|iii|ii|i|[a-z])"
_BOUNDARY: Final = r"(?=[^a-z0-9]|v[0-9]|$)"
_NUMBER: Final = rf"(s ?)?([0-9]{{1,3}}(?:\.[0-9]{{1,2}})*)(?:({_PANEL})| ?\(({_PANEL})\))?{_BOUNDARY}"
_MENTION: Final = re.compile(
    rf"(?<![a-z])(?:(supp|suppl|supplementary|supplemental|extended data|extended|ed|si)\.? )?"
    rf"(figure|fig|table|tab)(s)?\.? ?{_NUMBER}"
)
_AND: Final = re.compile(rf"(,|;| ?&| and\b|[ ])[ ]?(?:and )?{_NUMBER}")
_PANEL_ALONE: Final = re.compile(r"(?:,| ?&| and\b|[ ]) ?(?:\(([a-z])\)|([a-z])(?=[^a-z0-9]|$))")
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
    # Camel case and the separators of file names become spaces; every sign keeps its place.
    spaced = re.sub(r"[_\-–—\s]", " ", text[:500])
    spaced = re.sub(r"(?<=[a-z])(?=(?:Fig|Tab)[a-z]*[ .]?S?[0-9])", " ", spaced)
    lowered = spaced.lower()
    squeezed = re.sub(r" +", " ", lowered)
    match = _MENTION.search(squeezed)
    if match is None:
        return None
    kind: TargetKind = "figure" if match[2].startswith("fig") else "table"
    prefix = _PREFIXES[match[1][0]] if match[1] else ""
    parts = [(bool(match[4]), _number(match[5]), match[6] or match[7] or "")]
    end = _follow(squeezed, match.end(), parts, is_plural=bool(match[3]))
    shown = re.sub(r" +", " ", spaced)
    numbers = dict.fromkeys(_numbered(kind, prefix, *part) for part in parts)
    return Mention(tuple(numbers), shown[: match.start()].strip(), shown[end:].strip(" .:,;)|"))


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
        alone = _PANEL_ALONE.match(text, end)
        letter = (alone[1] or alone[2]) if alone else ""
        if alone is None or len(panel) != 1 or ord(letter) != ord(panel) + 1:
            break
        parts.append((is_extra, number, letter))
        end = alone.end()
    return end


def _number(text: str) -> str:
    return ".".join(str(int(part)) for part in text.split("."))


def _numbered(kind: TargetKind, prefix: str, is_extra: bool, number: str, panel: str) -> Numbered:
    whole = f"{prefix}{kind.capitalize()} {'S' if is_extra else ''}{number}"
    return Numbered(f"{whole}{panel}", kind, whole)
