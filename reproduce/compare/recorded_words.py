"""The sentences about recorded figures: which artist is meant, which point, what it was and is. Pure."""

from __future__ import annotations

from typing import Any, Final

from reproduce.compare.recorded_read import Artist

_ORDINALS: Final = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth"),
)
# The pure colours and those that matplotlib draws with of itself.
_COLORS: Final = {
    "blue": ("0000ff", "1f77b4", "4c72b0"),
    "orange": ("ff7f0e", "ffa500", "dd8452"),
    "green": ("008000", "2ca02c", "55a868", "00ff00"),
    "red": ("ff0000", "d62728", "c44e52"),
    "purple": ("9467bd", "800080", "8172b3"),
    "brown": ("8c564b", "a52a2a", "937860"),
    "pink": ("e377c2", "ffc0cb", "da8bc3"),
    "grey": ("7f7f7f", "808080", "bfbfbf", "404040"),
    "olive": ("bcbd22", "808000"),
    "cyan": ("17becf", "00ffff", "00bfbf", "64b5cd"),
    "magenta": ("ff00ff", "bf00bf"),
    "yellow": ("ffff00", "bfbf00"),
    "black": ("000000",),
    "white": ("ffffff",),
}
_NOUNS: Final = {"line": "line", "bars": "bars", "image": "image", "table": "table", "text": "text"}
_CLASSES: Final = {
    "PathCollection": "points",
    "Path3DCollection": "points",
    "LineCollection": "lines",
    "QuadMesh": "colour mesh",
    "Quiver": "arrows",
    "QuadContourSet": "contours",
    "PolyCollection": "area",
    "FillBetweenPolyCollection": "area",
}
_TEXT_CHARACTERS: Final = 60


def color_name(color: object) -> str:
    """Return the name of the colour nearest to #rrggbbaa, empty for what is none."""
    rgb = _rgb(color)
    if rgb is None:
        return ""
    named = [(name, _rgb(f"#{code}")) for name, codes in _COLORS.items() for code in codes]
    return min(named, key=lambda pair: _distance(rgb, pair[1] or rgb))[0]


def are_colors_close(one: object, other: object) -> bool:
    """Tell whether two colours are equal within two of 255 steps, as rounding may leave them."""
    a, b = _parts(one), _parts(other)
    if a is None or b is None or len(a) != len(b):
        return one == other
    return all(abs(x - y) <= 2 for x, y in zip(a, b, strict=True))


def name_of(artist: Artist, number: int | None) -> str:
    """Return what people call it: "the red line “model”"; with its number where there are several alike."""
    if artist.kind == "text":
        return f"the text {quoted(artist.words.get('text'))}"
    colors = artist.words.get("colors") or [artist.words.get("color")]
    color = color_name(colors[0]) if isinstance(colors, list) and len(colors) == 1 else ""
    words = ["the", *filter(None, [color]), noun_of(artist), *([quoted(artist.label)] if artist.label else [])]
    return " ".join(words) + (f" (number {number})" if number is not None else "")


def noun_of(artist: Artist) -> str:
    """Return what kind of thing it is: "line", "points", "error bars"."""
    if artist.part_of.startswith("error bars"):
        return {"cap": "caps of the error bars", "bar": "error bars"}.get(artist.part_of.rpartition(" ")[2], "line")
    if artist.kind == "patch":
        return "rectangle" if "width" in artist.numbers else "shape"
    return _NOUNS.get(artist.kind) or _CLASSES.get(str(artist.words.get("class")), "drawing")


def gone(artist: Artist, name: str, word: str) -> str:
    """Return "the red line is missing", "the points are new"."""
    return f"{name} {'are' if noun_of(artist).endswith('s') else 'is'} {word}"


def ordinal(number: int) -> str:
    """Return "third" for 3, "13th" for 13."""
    if 0 < number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def number_pair(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as few digits, three at least, as tell them apart."""
    if one == other or one - other != one - other:
        return f"{one:.3g}", f"{other:.3g}"
    for digits in range(3, 17):
        # With the zeros at the end, so that 1.00 stands beside 1.02.
        pair = f"{one:#.{digits}g}".rstrip("."), f"{other:#.{digits}g}".rstrip(".")
        if pair[0] != pair[1]:
            return pair
    return repr(one), repr(other)


def share(deviation: float) -> str:
    """Return a part of a whole as people say it: "2 %"."""
    if deviation != deviation or deviation == float("inf"):
        return "no number any more"
    percent = 100 * deviation
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def quoted(text: Any) -> str:  # noqa: ANN401 - whatever a stranger's JSON holds
    """Return a text in quotation marks, cut where it is long."""
    plain = " ".join(str(text).split())
    return f"“{plain if len(plain) <= _TEXT_CHARACTERS else plain[: _TEXT_CHARACTERS - 1] + '…'}”"


def _parts(color: object) -> tuple[int, ...] | None:
    if not isinstance(color, str) or not color.startswith("#") or len(color) not in (7, 9):
        return None
    try:
        return tuple(bytes.fromhex(color[1:]))
    except ValueError:
        return None


def _rgb(color: object) -> tuple[int, ...] | None:
    parts = _parts(color)
    return None if parts is None else parts[:3]


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
