"""How libraries print their objects: wordings that changed between their versions while the object stayed the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reproduce.compare.literals import QUOTED, find_closing

MAX_SCALAR_CHARS: Final = 200

_NUMPY_SCALAR: Final = re.compile(
    r"\b(?:np|numpy)\.(?P<type>(?:float|int|uint|complex|clongdouble|longdouble|str|bytes|datetime|timedelta)\d*_?)\("
)
_NUMPY_BOOL: Final = re.compile(r"\b(?:np|numpy)\.(True|False)_\b")
_TWO_PARTS: Final = re.compile(r"(?<![eE(])[-+](?=[\d.naif]+(?:[eE][-+]?\d+)?j$)")

_FIGURE_SIZE: Final = re.compile(r"<Figure size \d++(?:\.\d++)?x\d++(?:\.\d++)? with (\d++) Axes>")
_OLD_FIGURE: Final = re.compile(r"<matplotlib\.figure\.Figure(?: at [^>\n]{1,40})?>")
_MATPLOTLIB: Final = re.compile(
    r"<matplotlib\.[\w.]{0,120}?(?P<name>\w++)(?: at [^>\n]{1,40}| object at [^>\n]{1,40})?>"
)
_SUBPLOT: Final = re.compile(
    r"<(?:Axes|AxesSubplot|Axes3D|Axes3DSubplot|PolarAxes)(?::[^>\n]{0,300})?>"
    r"|\b(?:Axes|AxesSubplot)\([\d.,; x=]{7,80}\)"
)
_TEXT_OBJECT: Final = re.compile(
    r"\bText\(([-\d.e]{1,24}), ?([-\d.e]{1,24}), ?u?(?P<quoted>'[^'\n]{0,500}'|\"[^\"\n]{0,500}\")\)"
)
_CONTAINER: Final = re.compile(r"<\w{0,20}Container object of (\d++) artists>")
_TICK_LABELS: Final = re.compile(r"<a list of (\d++) Text (?:[xyz]|major |minor )?ticklabel objects>")

_OLD_INDEX: Final = re.compile(r"\b(?:Int64|UInt64|Float64)Index(?=\()")
_TEXT_DTYPE: Final = re.compile(r"\b(dtype(?:: |='))(?:object|str|string)\b")
_TIME_DTYPE: Final = re.compile(r"\bdatetime64\[(?:ns|us|ms|s)(?=[,\]])")
_LISTED_DTYPE: Final = re.compile(
    r"(?<=\S) {2,}(?P<type>u?int\d{1,2}|float\d{2,3}|complex\d{2,3}|bool|object|str|string|category|"
    r"(?:datetime64|timedelta64)\[[^\]\n]{1,40}\])$",
    re.IGNORECASE,
)
_LISTED_CHARS: Final = 200
_PANDAS_CLASS: Final = re.compile(r"<class 'pandas(?:\.[a-z_]\w*)*\.(?=[A-Z]\w*'>)")
_INFO_COLUMN: Final = re.compile(r"^( *\d++ .*non-null +)(?:object|str|string)( *)$", re.MULTILINE)
_INFO_TOTAL: Final = re.compile(r"^dtypes: [^\n]*$", re.MULTILINE)
_INFO_TEXTS: Final = re.compile(r"\b(?:object|str|string)\((?=\d+\))")
_INFO_MEMORY: Final = re.compile(
    r"(?<=\n)(?P<before>dtypes: [^\n]*\n)memory usage: \d++(?:\.\d++)?\+? (?:bytes|[KMGT]B)$", re.MULTILINE
)
# That an array of truth values is of type bool numpy 1.14 ceased to say.
_DEFAULT_DTYPE: Final = re.compile(
    r",\s+dtype=(?:int64|float64)(?=\))|(?:(?<=True\])|(?<=False\])|(?<=\]\])),\s+dtype=bool(?=\))"
)


def name_scalar_types(text: str) -> list[str]:
    """Return the types of the numpy scalars that a text names, in their order; those of times numpy 1 names too."""
    found = (match.group("type") for match in _NUMPY_SCALAR.finditer(text))
    return [name for name in found if not name.startswith(("datetime", "timedelta"))]


def plain_scalars(text: str) -> str:
    """Write numpy 2's `np.float64(1.0)` as numpy 1 and Python do, inside containers too."""
    pieces, done = [], 0
    for match in _NUMPY_SCALAR.finditer(text):
        if match.start() < done:
            continue
        end = find_closing(text, match.end() - 1, MAX_SCALAR_CHARS)
        if end is None or "\n" in text[match.end() : end]:
            continue
        pieces += [text[done : match.start()], _as_python(match.group("type"), text[match.end() : end - 1])]
        done = end
    return _NUMPY_BOOL.sub(r"\1", "".join([*pieces, text[done:]]))


def _as_python(kind: str, value: str) -> str:
    if "longdouble" in kind and QUOTED.fullmatch(value):
        value = value[1:-1]
    is_complex = kind.startswith(("complex", "clongdouble"))
    return f"({value})" if is_complex and _TWO_PARTS.search(value) else value


def plain_figures(text: str) -> str:
    """Write matplotlib's objects as one wording. The number of axes or artists and the words of a text stay."""
    text = _OLD_FIGURE.sub("<Figure>", _FIGURE_SIZE.sub(r"<Figure with \1 Axes>", text))
    text = _MATPLOTLIB.sub(_object_name, text)
    text = _TICK_LABELS.sub(r"<\1 tick labels>", _CONTAINER.sub(r"<Container of \1>", text))
    text = _SUBPLOT.sub("<Axes>", text)
    return _TEXT_OBJECT.sub(lambda match: f"<Text {match.group('quoted')[1:-1]}>", text)


def _object_name(match: re.Match[str]) -> str:
    name = match.group("name")
    return "<Axes>" if name.startswith("Axes") or name.endswith(("Subplot", "Axes")) else f"<{name}>"


def plain_types(text: str) -> str:
    """Write types as one version of pandas and numpy does.

    pandas 3 says `str` where earlier ones said `object`, and `Index` for `Int64Index`; the resolution of times and the
    memory that a frame takes depend on the version too; numpy names int64 only where another integer is the default.
    """
    text = _PANDAS_CLASS.sub("<class 'pandas.", text)
    text = _TEXT_DTYPE.sub(r"\1object", _OLD_INDEX.sub("Index", text))
    text = _TIME_DTYPE.sub("datetime64[ns", _DEFAULT_DTYPE.sub("", text))
    text = _INFO_MEMORY.sub(r"\g<before>memory usage", _INFO_COLUMN.sub(r"\1object\2", text))
    text = _INFO_TOTAL.sub(lambda line: _INFO_TEXTS.sub("object(", line.group()), text)
    return "\n".join(_plain_listings(text.split("\n")))


def _plain_listings(lines: list[str]) -> Iterator[str]:
    """Yield the lines; where each of a block names a type and "dtype: object" follows, it lists those of a frame."""
    block: list[tuple[str, str]] = []
    for line in lines:
        listed = _LISTED_DTYPE.search(line) if len(line) <= _LISTED_CHARS else None
        if listed is not None:
            kind = "object" if listed.group("type") in ("str", "string") else listed.group("type")
            block.append((line, f"{line[: listed.start()]}  {kind}"))
            continue
        is_listing = line.strip() == "dtype: object"
        yield from (plain if is_listing else held for held, plain in block)
        block = []
        yield line
    yield from (held for held, _ in block)
