"""A recorded figure, read from JSON that any notebook may have written: bounded, and nothing of it is trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MOST_BYTES: Final = 8 << 20
FIGURE_SCHEMA: Final = "reprise.figure/1"
_MOST_AXES: Final = 500
_MOST_ARTISTS: Final = 5000
_NOT_FINITE: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}

_OLD_EPOCH: Final = "0000-12-31T00:00:00"
_DAYS: Final = 719163.0

Words = Mapping[str, Any]


class RecordingError(ValueError):
    """It is no recording of a figure. The message says why."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array: all of its values, or every `step`-th of them; without values where the type is none of numbers."""

    shape: tuple[int, ...]
    values: npt.NDArray[np.float64]
    step: int = 1
    sha256: str | None = None
    summary: tuple[float | None, ...] = ()

    @property
    def is_sample(self) -> bool:
        """Whether values are left out."""
        return self.step > 1


@dataclass(frozen=True, slots=True)
class Artist:
    """One drawn thing. `numbers` are what it shows, `words` what else it says, `style` is rendering."""

    kind: str
    label: str
    part_of: str
    is_visible: bool
    z: float
    space: str
    numbers: Mapping[str, Numbers]
    words: Words
    style: Words


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis; `ticks` and their labels only where the author set them."""

    limits: tuple[float, float]
    scale: str
    label: str
    is_visible: bool
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Axes:
    """One pair of axes with what is drawn in them."""

    projection: str
    label: str
    titles: tuple[str, ...]
    is_visible: bool
    has_frame: bool
    axis: Mapping[str, Axis]
    view: tuple[float, ...]
    legend: Words | None
    artists: tuple[Artist, ...]
    style: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """One figure. `content` is the JSON it was read from; `unread` counts what the recorder could not read."""

    axes: tuple[Axes, ...]
    artists: tuple[Artist, ...]
    legends: tuple[Words, ...]
    style: Words
    unread: int
    content: Words = field(repr=False, default_factory=dict)


def read_recording(data: bytes) -> Recording:
    """Read a recording. Raises RecordingError for what is too large, no JSON or not of the schema."""
    if len(data) > MOST_BYTES:
        raise RecordingError(f"it has more than {MOST_BYTES >> 20} MiB")
    try:
        record = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"it is no JSON: {str(error)[:100]}") from error
    if not isinstance(record, dict) or record.get("schema") != FIGURE_SCHEMA:
        raise RecordingError(f"it is not of schema {FIGURE_SCHEMA}")
    figure = _object(record.get("figure"))
    drawn = [_list(_object(owner).get("artists")) for owner in (figure, *_list(figure.get("axes"))[:_MOST_AXES])]
    if sum(map(len, drawn)) > _MOST_ARTISTS:
        raise RecordingError(f"it has more than {_MOST_ARTISTS} artists")
    return Recording(
        axes=tuple(_axes(_object(axes)) for axes in _list(figure.get("axes"))[:_MOST_AXES]),
        artists=_artists(figure.get("artists")),
        legends=tuple(_object(legend) for legend in _list(figure.get("legends"))),
        style={name: figure.get(name) for name in ("size", "dpi", "color")},
        unread=_count(figure.get("unread")),
        content=figure,
    )


def _axes(told: Words) -> Axes:
    axes = Axes(
        projection=_text(told.get("projection")),
        label=_text(told.get("label")),
        titles=_texts(told.get("titles")),
        is_visible=told.get("is_visible") is not False,
        has_frame=told.get("has_frame") is not False,
        axis={
            name: _axis(_object(axis)) for name, axis in _object(told.get("axis")).items() if name in ("x", "y", "z")
        },
        view=_numbers(told.get("view")),
        legend=_object(told["legend"]) if isinstance(told.get("legend"), dict) else None,
        artists=_artists(told.get("artists")),
        style={name: told.get(name) for name in ("place", "color")},
    )
    old = [name for name, axis in _object(told.get("axis")).items() if _object(axis).get("epoch") == _OLD_EPOCH]
    return since_1970(axes, frozenset(old)) if old else axes


def since_1970(axes: Axes, names: frozenset[str]) -> Axes:
    """Return the axes with the numbers of these axes in days since 1970, as matplotlib counts them from 3.3 on."""

    def moved(array: Numbers) -> Numbers:
        summary = tuple(None if value is None else value - _DAYS for value in array.summary)
        # The digest is of the days as they were counted.
        return replace(array, values=array.values - _DAYS, summary=summary, sha256=None)

    def of_artist(artist: Artist) -> Artist:
        fields = {field for name in names for field in (name, f"at_{name}", f"place_{name}")}
        numbers = {name: moved(array) if name in fields else array for name, array in artist.numbers.items()}
        return replace(artist, numbers=numbers) if artist.space in ("data", "data, axes", "axes, data") else artist

    axis = {
        name: replace(
            one,
            limits=(one.limits[0] - _DAYS, one.limits[1] - _DAYS),
            ticks=tuple(tick - _DAYS for tick in one.ticks),
        )
        if name in names
        else one
        for name, one in axes.axis.items()
    }
    return replace(axes, axis=axis, artists=tuple(map(of_artist, axes.artists)))


def _axis(told: Words) -> Axis:
    limits = (*_numbers(told.get("limits")), 0.0, 0.0)
    return Axis(
        limits=(limits[0], limits[1]),
        scale=_text(told.get("scale")),
        label=_text(told.get("label")),
        is_visible=told.get("is_visible") is not False,
        ticks=_numbers(told.get("ticks")),
        tick_labels=_texts(told.get("tick_labels")),
    )


def _artists(told: object) -> tuple[Artist, ...]:
    return tuple(
        Artist(
            kind=_text(artist.get("kind")),
            label=_text(artist.get("label")),
            part_of=_text(artist.get("part_of")),
            is_visible=artist.get("is_visible") is not False,
            z=_number(artist.get("z")),
            space=_text(artist.get("space")),
            numbers={name: _array(_object(array)) for name, array in sorted(_object(artist.get("numbers")).items())},
            words=_object(artist.get("words")),
            style=_object(artist.get("style")),
        )
        for artist in map(_object, _list(told))
    )


def _array(told: Words) -> Numbers:
    shape = tuple(map(_count, _list(told.get("shape"))[:32]))
    step = max(_count(told.get("step")), 1)
    values = _numbers(told.get("values" if step == 1 else "sample"))
    digest = told.get("sha256")
    summary = tuple(_number(told[name]) if name in told else None for name in ("min", "max", "mean"))
    return Numbers(shape, np.array(values, float), step, digest if isinstance(digest, str) else None, summary)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _number(value: object) -> float:
    if isinstance(value, str):
        return _NOT_FINITE.get(value, math.nan)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _count(value: object) -> int:
    number = _number(value)
    return int(min(max(number, 0.0), 2.0**53)) if number == number else 0


def _numbers(value: object) -> tuple[float, ...]:
    return tuple(map(_number, _list(value)))
