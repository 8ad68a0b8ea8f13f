"""Which pairs the set holds: each figure drawn once as published, then redrawn the same by other means, and altered.

What differs between the two pictures of a pair is stated twice: the *change* of what the figure shows (none for one
that was only redrawn) and the *way* in which the second picture was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.comparison.drawing.alterations import ALTERATIONS, altered
from benchmarks.comparison.drawing.content import make_content

KINDS: Final = (
    "line",
    "dense",
    "scatter",
    "errorbar",
    "bars",
    "histogram",
    "loglog",
    "polar",
    "panels",
    "legend",
    "fill",
    "heatmap",
    "image",
    "contour",
    "surface",
    "lines3d",
    "bareline",
    "barebars",
    "bareimage",
    "snsheat",
    "snsbars",
    "snspoints",
)
# Three dimensions were laid out anew in 2.0, 3.3 and 3.9: the same numbers stand elsewhere, which no renderer does.
ERAS_3D: Final = (("1.5",), ("2.0", "2.2", "3.0", "3.1"), ("3.3", "3.5", "3.7"), ("3.9", "3.10"))
# What is drawn bare follows the default style, which 2.0 changed.
WITH_SEABORN: Final = ("3.1", "3.5", "3.10")
# Limits grow with the size of scattered markers up to 3.1 and no longer from 3.2 on: again the same numbers elsewhere.
WITH_SEABORN_POINTS: Final = ("3.5", "3.10")
WITH_CAIRO: Final = ("3.5", "3.10")
SOLID: Final = frozenset({"surface", "lines3d"})


@dataclass(frozen=True, slots=True)
class Way:
    """How the second picture is drawn. None of this is a result."""

    name: str
    rendering: Mapping[str, Any] = field(default_factory=dict)
    is_other_version: bool = False
    is_style: bool = False
    only: tuple[str, ...] = ()


AS_PUBLISHED: Final = Way("as published")
VERSION: Final = Way("version", is_other_version=True)
SINGLE: Final = (
    Way("dpi +10 %", {"dpi": 110}),
    Way("dpi -10 %", {"dpi": 90}),
    Way("dpi 72", {"dpi": 72}),
    Way("dpi 150", {"dpi": 150}),
    Way("serif font", {"rc": ["serif"]}),
    Way("other sans font", {"rc": ["sans"]}),
    Way("antialiasing off", {"rc": ["aliased"]}),
    Way("transparent", {"transparent": True}),
    Way("JPEG 60", {"jpeg": 60}),
    Way("JPEG 75", {"jpeg": 75}),
    Way("JPEG 90", {"jpeg": 90}),
    Way("tight box", {"tight": True}),
    Way("no hinting", {"rc": ["unhinted"]}),
    Way("Cairo backend", {"backend": "cairo"}, only=WITH_CAIRO),
)
DOUBLE: Final = (
    Way("version, dpi +10 %", {"dpi": 110}, is_other_version=True),
    Way("version, dpi -10 %", {"dpi": 90}, is_other_version=True),
    Way("version, dpi 72", {"dpi": 72}, is_other_version=True),
    Way("version, dpi 150", {"dpi": 150}, is_other_version=True),
    Way("version, tight box", {"tight": True}, is_other_version=True),
    Way("version, JPEG 75", {"jpeg": 75}, is_other_version=True),
    Way("version, transparent", {"transparent": True}, is_other_version=True),
    Way("tight box, JPEG 75", {"tight": True, "jpeg": 75}),
    Way("tight box, dpi 72", {"tight": True, "dpi": 72}),
    Way("transparent, dpi -10 %", {"transparent": True, "dpi": 90}),
)
# What is altered is seen through each of these: changed results come with another renderer as often as unchanged ones.
SEEN_THROUGH: Final = (
    AS_PUBLISHED,
    VERSION,
    Way("dpi -10 %", {"dpi": 90}),
    Way("version, dpi 72", {"dpi": 72}, is_other_version=True),
    Way("tight box", {"tight": True}),
    Way("version, tight box", {"tight": True}, is_other_version=True),
    Way("JPEG 75", {"jpeg": 75}),
    VERSION,
    Way("dpi 150", {"dpi": 150}),
    Way("version, dpi +10 %", {"dpi": 110}, is_other_version=True),
)
# Another default style or another size of the page is more than another renderer; told apart from all others.
STYLES: Final = (
    Way("default style of 1.5", is_style=True, only=("1.5",)),
    Way("page 6 × 4 inches", {"size": [6.0, 4.0]}, is_style=True),
)
# These alterations make sense in every figure; the others are rarer and taken more often.
FOR_ALL_KINDS: Final = (
    "shift 1 %",
    "shift 3 %",
    "scale 2 % (maps 5 %)",
    "sign flipped",
    "noise 2 % (maps 5 %)",
    "label changed",
    "label letter",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as published: what it shows, and the version that drew it first."""

    kind: str
    seed: int
    version: str
    others: tuple[str, ...]
    turn: int

    @property
    def name(self) -> str:
        """Return a name for files."""
        return f"{self.kind}-{self.seed}"

    @property
    def half(self) -> str:
        """Return "train" for odd seeds, "test" for even ones."""
        return "train" if self.seed % 2 else "test"


@dataclass(frozen=True, slots=True)
class Pair:
    """The second picture of a pair. `change` is empty where the figure shows the same."""

    figure: Figure
    name: str
    change: str
    way: Way
    version: str


def figures(versions: Sequence[str], kinds: Sequence[str], seeds: Sequence[int]) -> Iterator[Figure]:
    """Yield the figures, their versions taken in turns."""
    for number, kind in enumerate(kinds):
        able = _able(kind, versions)
        for place, seed in enumerate(seeds if able else ()):
            home = able[(7 * number + 3 * seed) % len(able)]
            era = next(group for group in ERAS_3D if home in group) if kind in SOLID else able
            others = [version for version in able if version in era and version != home]
            first = (number + seed) % max(1, len(others))
            # Counted by halves, so that both take the same turns.
            turn = (number * len(seeds) + place) // 2
            yield Figure(kind, seed, home, tuple(others[first:] + others[:first]), turn)


def _able(kind: str, versions: Sequence[str]) -> list[str]:
    """Return the versions that draw this kind in one style."""
    if kind == "snspoints":
        return [version for version in versions if version in WITH_SEABORN_POINTS]
    if kind.startswith("sns"):
        return [version for version in versions if version in WITH_SEABORN]
    if kind.startswith("bare"):
        return [version for version in versions if version != "1.5"]
    return list(versions)


def pairs(figure: Figure, versions: Sequence[str]) -> Iterator[Pair]:
    """Yield a figure's pairs: 8 redrawn the same, 7 altered; ways and changes are taken in turns."""
    turn = figure.turn
    ways = [VERSION] * 2 + _in_turns(SINGLE, 3 * turn, 3) + _in_turns(DOUBLE, 3 * turn, 3)
    content = make_content(figure.kind, figure.seed)
    able = [name for name, _ in ALTERATIONS if altered(content, name) is not None]
    special = [name for name in able if name not in FOR_ALL_KINDS]
    changes = _in_turns(special, 5 * turn, 4) + _in_turns(FOR_ALL_KINDS, 3 * turn, 3)
    listed = [("", way) for way in ways]
    listed += [(change, SEEN_THROUGH[(3 * turn + number) % len(SEEN_THROUGH)]) for number, change in enumerate(changes)]
    if figure.kind.startswith("bare"):
        listed += [("", way) for way in STYLES]
    for number, (change, way) in enumerate(listed):
        version = _drawn_by(figure, way, number, versions)
        if version:
            yield Pair(figure, f"{figure.name}-{number:02d}", change, way, version)


def _drawn_by(figure: Figure, way: Way, number: int, versions: Sequence[str]) -> str:
    """Return the version that draws the second picture, empty where none can."""
    if way.only:
        # In three dimensions only versions that lay them out alike show the same.
        laid_alike = (figure.version, *figure.others) if figure.kind in SOLID else versions
        able = [version for version in way.only if version in versions and version in laid_alike]
        return figure.version if figure.version in able else next(iter(able), "")
    if way.is_other_version:
        return figure.others[number % len(figure.others)] if figure.others else ""
    return figure.version


def _in_turns(items: Sequence[Any], start: int, count: int) -> list[Any]:
    return [items[(start + number) % len(items)] for number in range(min(count, len(items)))]
