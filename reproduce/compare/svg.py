"""SVG figures as geometry: elements in order, coordinates within a tolerance, words as text.

Identifiers are renamed by order of appearance, because matplotlib draws them at random; metadata, comments and dates
are left out. The size of the drawing matters only through the coordinates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from reproduce.compare.model import OutputComparison
from reproduce.compare.text import TextSettings, compare_text

METRIC: Final = "max_displacement"
# Of the drawing's diagonal: a quarter of a pixel in a figure of 640 × 480, below what a reader can see.
DEFAULT_LIMIT: Final = 0.0003
MAX_CHARS: Final = 20_000_000
MAX_ELEMENTS: Final = 400_000
MAX_DEPTH: Final = 200

_NUMBER: Final = re.compile(r"[-+]?(?:\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?\d++)?+")
_REFERENCE: Final = re.compile(r"url\(#([^)\s]{1,200})\)|^#([^\s]{1,200})$")
_GEOMETRY: Final = frozenset(
    {
        "d",
        "points",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "width",
        "height",
        "transform",
        "viewBox",
    }
)
_LEFT_OUT: Final = frozenset({"metadata", "title", "desc"})
_Leaf = tuple[str, str, str]


def compare_svg(published: str, fresh: str, settings: TextSettings) -> OutputComparison:
    """Compare two SVG figures. What is no well-formed, harmless SVG is "not_compared"."""
    mime, shown = "image/svg+xml", (published.encode(), fresh.encode())
    try:
        one, other = _read(published), _read(fresh)
    except (ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        return OutputComparison(
            mime, "not_compared", reason=f"A picture was not compared: it is no plain SVG ({error})."
        )
    if published == fresh:
        return OutputComparison(mime, "identical", published=shown[0], fresh=shown[1])
    limit = DEFAULT_LIMIT
    found = _compare_leaves(one, other, _diagonal(published), settings)
    if isinstance(found, str):
        return OutputComparison(mime, "differs", reason=found, published=shown[0], fresh=shown[1])
    if found == 0.0:
        reason = "The same drawing; only identifiers, metadata or layout of the file differ."
        return OutputComparison(mime, "identical", reason=reason, published=shown[0], fresh=shown[1])
    is_same = found <= limit
    return OutputComparison(
        mime,
        "within_tolerance" if is_same else "differs",
        metric={"name": METRIC, "value": round(found, 6), "unit": "diagonal"},
        tolerance={"max": limit},
        reason=f"The farthest point lies {100 * found:.3f} % of the drawing's diagonal from where it was.",
        published=shown[0],
        fresh=shown[1],
    )


def _read(text: str) -> list[_Leaf]:
    if len(text) > MAX_CHARS:
        raise ValueError("too large")
    root = fromstring(text, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    leaves = list(_leaves(root, 0))
    if len(leaves) > MAX_ELEMENTS:
        raise ValueError("too many elements")
    used = {found.group(1) or found.group(2) for kind, _, value in leaves if kind != "id" for found in _found(value)}
    names: dict[str, str] = {}
    # An identifier that something refers to is kept: which glyph or clip is meant decides what is drawn.
    return [
        (kind, name, _renamed(value, names))
        for kind, name, value in leaves
        if kind != "id" or value.removeprefix("#") in used
    ]


def _leaves(element: Element, depth: int) -> Iterator[_Leaf]:
    """Yield what draws: the tag, its attributes in sorted order, its text. Depth first, in the order of drawing."""
    tag = _local(str(element.tag))
    if depth > MAX_DEPTH:
        raise ValueError("too deeply nested")
    if tag in _LEFT_OUT:
        return
    yield "tag", tag, tag
    for name in sorted(element.attrib, key=_local):
        local, value = _local(name), element.attrib[name]
        if local == "id":
            yield "id", "id", f"#{value}"
        elif local == "version" or (depth == 0 and local in ("width", "height")):
            continue
        elif local == "style":
            yield from (("style", "style", part.strip()) for part in sorted(value.split(";")) if part.strip())
        else:
            yield ("geometry" if local in _GEOMETRY else "attribute"), local, value
    # matplotlib's own style sheet starts with "*" and sets line joins; any other one may hold colours.
    if element.text and element.text.strip() and not (tag == "style" and element.text.strip().startswith("*")):
        yield "text", tag, " ".join(element.text.split())
    for child in element:
        yield from _leaves(child, depth + 1)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _found(value: str) -> Iterator[re.Match[str]]:
    return _REFERENCE.finditer(value)


def _renamed(value: str, names: dict[str, str]) -> str:
    def rename(match: re.Match[str]) -> str:
        found = match.group(1) or match.group(2)
        return f"#{names.setdefault(found, f'id{len(names)}')}"

    return _REFERENCE.sub(rename, value)


def _diagonal(text: str) -> float:
    root = fromstring(text, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    box = [float(number) for number in _NUMBER.findall(root.get("viewBox") or "")]
    if len(box) != 4:
        box = [0, 0] + [float((_NUMBER.findall(root.get(name) or "") or ["0"])[0]) for name in ("width", "height")]
    diagonal = math.hypot(box[2], box[3])
    return diagonal if 0 < diagonal < math.inf else 1.0


def _compare_leaves(one: list[_Leaf], other: list[_Leaf], diagonal: float, settings: TextSettings) -> float | str:
    """Return the largest displacement over the diagonal, or a sentence on the first thing that is not the same."""
    if len(one) != len(other):
        return f"The drawing had {len(one)} parts and now has {len(other)}."
    farthest = 0.0
    for (kind, name, value), (other_kind, other_name, other_value) in zip(one, other, strict=True):
        if (kind, name) != (other_kind, other_name):
            return f"A part of the drawing was “{name}” and is now “{other_name}”."
        if value == other_value:
            continue
        if kind == "text":
            if compare_text("text/plain", value, other_value, settings).state not in ("identical", "within_tolerance"):
                return f"A text in the drawing was “{value[:60]}” and is now “{other_value[:60]}”."
        elif kind != "geometry" or _NUMBER.sub("#", value).split() != _NUMBER.sub("#", other_value).split():
            return f"The {name} of a part was “{value[:60]}” and is now “{other_value[:60]}”."
        else:
            pairs = zip(_NUMBER.findall(value), _NUMBER.findall(other_value), strict=True)
            farthest = max([farthest, *(abs(float(a) - float(b)) / diagonal for a, b in pairs)])
    return farthest
