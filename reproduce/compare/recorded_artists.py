"""Two recordings of one artist: which of its points moved, what else of it changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from reproduce.compare.model import Tolerance
from reproduce.compare.recorded_findings import Place, RecordedFinding
from reproduce.compare.recorded_numbers import Apart, Scale, compare_numbers, has_same_places, is_same
from reproduce.compare.recorded_read import Artist, Numbers
from reproduce.compare.recorded_words import are_colors_close, color_name, number_pair, ordinal, quoted, share

_COORDINATES: Final = ("x", "y", "z")
# Which axis shows a number that is no coordinate.
_SHOWN_ON: Final = {
    "width": "x",
    "at_x": "x",
    "place_x": "x",
    "extent": "x",
    "height": "y",
    "at_y": "y",
    "place_y": "y",
}
_NAMES: Final = {
    "x": "x values",
    "y": "y values",
    "z": "z values",
    "width": "widths",
    "height": "heights",
    "array": "values",
    "range": "ends of the colour range",
    "sizes": "sizes",
    "counts": "pieces",
    "u": "x parts",
    "v": "y parts",
    "extent": "sides",
    "radius": "radii",
    "begin": "angles",
    "end": "angles",
    "at_x": "targets",
    "at_y": "targets",
}
_COLOR_WORDS: Final = {
    "color": "colour",
    "colors": "set of colours",
    "edge": "colour of the edge",
    "edges": "set of colours of the edges",
}
_WORD_NAMES: Final = {"line": "line style", "drawn": "way of drawing", "cells": "set of cells"}
_SPACES: Final = {"axes": "x y", "figure": "x y", "data, axes": "y", "axes, data": "x"}
_UNIT: Final = Scale(0.0, 1.0)


def artist_findings(
    place: Place, name: str, one: Artist, other: Artist, tolerance: Tolerance
) -> Iterator[RecordedFinding]:
    """Yield what is not the same of two artists that belong together. `name` is what people call it."""
    if one.is_visible != other.is_visible:
        yield place.differs("visibility", f"{name}: {'shown' if other.is_visible else 'hidden'} now", name)
    yield from _words(place, name, one, other)
    yield from _numbers(place, name, one, other, tolerance)
    if one.label != other.label:
        yield place.differs("label", f"{name}: the label is {quoted(other.label)} instead of {quoted(one.label)}", name)
    if one.space != other.space:
        yield place.differs("space", f"{name}: placed by {other.space or 'nothing'} instead of {one.space}", name)
    styles = sorted(key for key in {*one.style, *other.style} if one.style.get(key) != other.style.get(key))
    if one.z != other.z:
        styles.append("order of drawing")
    if styles:
        yield place.rendering("style", f"{name}: drawn with another {', '.join(styles).replace('_', ' ')}", name)


def _words(place: Place, name: str, one: Artist, other: Artist) -> Iterator[RecordedFinding]:
    for word in sorted({*one.words, *other.words}):
        left, right = one.words.get(word), other.words.get(word)
        if left == right or word in ("map", "class"):
            continue
        if word in _COLOR_WORDS or word in ("marker_color", "map_colors"):
            if not _are_colors_same(left, right):
                yield _color_finding(place, name, word, one, other)
        else:
            noun = _WORD_NAMES.get(word, word).replace("_", " ")
            yield place.differs(noun, f"{name}: the {noun} is {quoted(right)} instead of {quoted(left)}", name)
    if one.words.get("class") != other.words.get("class"):
        yield place.rendering("class", f"{name}: drawn by another kind of artist", name)


def _color_finding(place: Place, name: str, word: str, one: Artist, other: Artist) -> RecordedFinding:
    if word == "map_colors":
        maps = quoted(other.words.get("map")), quoted(one.words.get("map"))
        return place.differs("colour map", f"{name}: the colour map is {maps[0]} instead of {maps[1]}", name)
    noun = _COLOR_WORDS.get(word, "colour of the markers")
    left, right = color_name(one.words.get(word)), color_name(other.words.get(word))
    text = f"{name}: another {noun}"
    if left and right:
        pair = (right, left) if left != right else (other.words[word], one.words[word])
        text = f"{name}: the {noun} is {pair[0]} instead of {pair[1]}"
    return place.differs("colour", text, name)


def _are_colors_same(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_colors_close, one, other))
    return are_colors_close(one, other)


def _numbers(place: Place, name: str, one: Artist, other: Artist, tolerance: Tolerance) -> Iterator[RecordedFinding]:
    if set(one.numbers) != set(other.numbers):
        yield place.differs("numbers", f"{name}: other kinds of numbers", name)
        return
    if one.kind == "collection" and "array" in one.numbers:
        other = _as_shaped(one, other)
    changed = [field for field in one.numbers if not is_same(one.numbers[field], other.numbers[field])]
    for field in changed:
        if not has_same_places(one.numbers[field], other.numbers[field]):
            yield place.differs("count", f"{name}: {_counts(field, one, other)}", name)
            return
    apart = {
        field: compare_numbers(one.numbers[field], other.numbers[field], _scale(place, one, other, field), tolerance)
        for field in changed
    }
    if changed and all(_is_reordered(one.numbers[field], other.numbers[field]) for field in changed):
        yield _order(place, name, one.numbers[changed[0]], apart.values())
        return
    # Of a point all coordinates are there; where a stranger's record says otherwise, each is told by itself.
    sizes = {one.numbers[field].values.size for field in _COORDINATES if field in one.numbers}
    moved = [field for field in _COORDINATES if field in apart and apart[field].largest > 0 and len(sizes) == 1]
    if moved:
        yield _moved(place, name, one, other, {field: apart[field] for field in moved})
    for field, found in apart.items():
        if found.is_hidden:
            text = f"{name}: the {_NAMES.get(field, field)} differ outside the sample that was recorded"
            yield place.differs("numbers", text, name)
        elif found.is_partial:
            yield place.number("sample", f"{name}: only a sample could be compared", 0.0, is_beyond=False, artist=name)
        if found.largest > 0 and field not in moved:
            yield _changed(place, name, field, one.numbers[field], other.numbers[field], found)


def _is_reordered(one: Numbers, other: Numbers) -> bool:
    """Tell whether two whole arrays hold the same values."""
    is_whole = not one.is_sample and not other.is_sample
    return is_whole and np.array_equal(np.sort(one.values, axis=None), np.sort(other.values, axis=None), equal_nan=True)


def _order(place: Place, name: str, values: Numbers, apart: Iterable[Apart]) -> RecordedFinding:
    found = list(apart)
    largest = max(each.largest for each in found)
    text = f"{name}: the same {values.values.size} values come in another order"
    return place.number("order", text, largest, is_beyond=any(each.is_beyond.any() for each in found), artist=name)


def _as_shaped(one: Artist, other: Artist) -> Artist:
    """Return the other with the values of a mesh in the shape of the first: newer versions keep rows and columns."""
    shape, values = one.numbers["array"].shape, other.numbers["array"]
    if math.prod(shape) != math.prod(values.shape):
        return other
    return replace(other, numbers={**other.numbers, "array": replace(values, shape=shape)})


def _counts(field: str, one: Artist, other: Artist) -> str:
    left, right = one.numbers[field], other.numbers[field]
    noun = "bars" if one.kind == "bars" else "points"
    if field in _COORDINATES and len(left.shape) == len(right.shape) == 1:
        return f"{right.shape[0]} {noun} instead of {left.shape[0]}"
    sides = [" × ".join(map(str, array.shape)) or "one" for array in (right, left)]
    return f"{sides[0]} {_NAMES.get(field, field)} instead of {sides[1]}"


def _scale(place: Place, one: Artist, other: Artist, field: str) -> Scale:
    """What a number is measured by: its axis, the range of its colours, or where it is on none, its own extent."""
    axis = field if field in _COORDINATES else _SHOWN_ON.get(field, "")
    if axis and axis in _SPACES.get(one.space, ""):
        return _UNIT
    if axis in place.scales and one.space in ("data", "data, axes", "axes, data", "other"):
        return place.scales[axis]
    if field == "array" and "range" in one.numbers:
        return Scale.around(one.numbers["range"])
    both = np.concatenate([one.numbers[field].values, other.numbers[field].values])
    return Scale.around(Numbers((both.size,), both))


def _moved(place: Place, name: str, one: Artist, other: Artist, apart: dict[str, Apart]) -> RecordedFinding:
    """Tell of the point that moved most, and how many moved."""
    deviation = np.maximum.reduce([found.deviation for found in apart.values()])
    is_beyond = np.logical_or.reduce([found.is_beyond for found in apart.values()])
    worst = int(np.argmax(deviation))
    fields = [field for field in _COORDINATES if field in one.numbers]
    pairs = [number_pair(*(float(side.numbers[field].values[worst]) for side in (one, other))) for field in fields]
    before, after = (", ".join(pair[side] for pair in pairs) for side in (0, 1))
    axis = max(apart, key=lambda field: apart[field].largest)
    far = (
        f"{share(float(deviation[worst]))} of the {axis} axis"
        if np.isfinite(deviation[worst])
        else "no number any more"
    )
    count = one.numbers[fields[0]]
    total = math.prod(count.shape)
    number = int((is_beyond if is_beyond.any() else deviation > 0).sum())
    most = f"the {ordinal(worst * count.step + 1)}"
    who = (
        f"{most} of {total} points moved" if number == 1 else f"{number} of {deviation.size} points moved, {most} most,"
    )
    text = (
        f"{name}: {who} from ({before}) to ({after}), {far}"
        if total > 1
        else (f"{name} moved from ({before}) to ({after}), {far}")
    )
    return place.number("points", text, float(deviation[worst]), is_beyond=bool(is_beyond.any()), artist=name)


def _changed(place: Place, name: str, field: str, one: Numbers, other: Numbers, found: Apart) -> RecordedFinding:
    """Tell of the value that changed most, and where it stands."""
    worst = int(np.argmax(found.deviation))
    before, after = number_pair(float(one.values[worst]), float(other.values[worst]))
    number = int((found.is_beyond if found.is_beyond.any() else found.deviation > 0).sum())
    by = f"by {share(found.largest)}" if np.isfinite(found.largest) else "to what is no number, or from it"
    where = _where(worst * one.step, one.shape)
    noun = _NAMES.get(field, field)
    text = f"{name}: {number} of {found.deviation.size} {noun} changed, most {where}: from {before} to {after}, {by}"
    return place.number(
        "image" if field == "array" else noun, text, found.largest, is_beyond=bool(found.is_beyond.any()), artist=name
    )


def _where(index: int, shape: tuple[int, ...]) -> str:
    if len(shape) < 2 or 0 in shape:
        return f"the {ordinal(index + 1)}"
    row, column = divmod(index // math.prod(shape[2:]), shape[1])
    return f"in row {row + 1}, column {column + 1}"
