"""The leak scan: what is found where, what is masked by itself, and what only the author can mend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalog.masking.mask import Mask

# What often tells who made something and no list of names holds.
_HINTS: Final = (
    (
        "grant number",
        re.compile(r"(?i)\b(?:grant|award|contract|agreement|funding)\b[^\n]{0,30}?\b[A-Z0-9][\w/-]*\d[\w/-]*"),
    ),
    ("acknowledgement", re.compile(r"(?i)\b(?:acknowledg\w+|funded by|supported by|thanks? to|we thank)\b")),
    (
        "affiliation",
        re.compile(r"\b(?:[Uu]niversit\w+|[Ii]nstitut\w*|[Dd]epartment of|[Ff]aculty of|[Ll]aborator\w+)\b"),
    ),
    ("own earlier work", re.compile(r"(?i)\b(?:our|my) (?:previous|earlier|former) \w+")),
    ("account in a path", re.compile(r"(?i)/(?:gpfs|scratch|work|data)/(?:users?|home|u)/\w+")),
)
_EXCERPT: Final = 60
_MOST_OF_A_KIND: Final = 3


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the reviewer would see: where, as it is, and as it is masked."""

    place: str
    plain: str
    masked: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found at a place: of which kind, how often, with words around it."""

    place: str
    kind: str
    count: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found. `left` are names that stay after masking: there may be none, or no link is issued."""

    masked: tuple[Finding, ...]
    to_mend: tuple[Finding, ...]
    left: tuple[Finding, ...]


def scan(texts: Iterable[Text], mask: Mask) -> Scan:
    """Look through all texts, as they are and as they are masked."""
    masked: list[Finding] = []
    to_mend: list[Finding] = []
    left: list[Finding] = []
    for text in texts:
        masked += _counted(text.place, [(found.kind, found.excerpt) for found in mask.find(text.plain)])
        left += _counted(text.place, [(found.kind, found.excerpt) for found in mask.find(text.masked)])
        hints = [(kind, _around(text.masked, match)) for kind, hint in _HINTS for match in hint.finditer(text.masked)]
        to_mend += _counted(text.place, hints)
    return Scan(tuple(masked), tuple(to_mend), tuple(left))


def is_left(texts: Iterable[Text], mask: Mask) -> bool:
    """Tell whether anything that tells who made it stays in one of the texts after masking."""
    return any(mask.find(text.masked) for text in texts)


def _counted(place: str, found: list[tuple[str, str]]) -> list[Finding]:
    counts = Counter(kind for kind, _ in found)
    excerpts: dict[str, list[str]] = {kind: [] for kind in counts}
    for kind, excerpt in found:
        if excerpt not in excerpts[kind] and len(excerpts[kind]) < _MOST_OF_A_KIND:
            excerpts[kind].append(excerpt)
    return [Finding(place, kind, count, " … ".join(excerpts[kind])) for kind, count in counts.items()]


def _around(text: str, match: re.Match[str]) -> str:
    return " ".join(text[max(0, match.start() - _EXCERPT // 2) : match.end() + _EXCERPT].split())
