"""Compare two recordings of a figure as numbers: what moved, by how much, and what was only drawn otherwise. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Literal, TypeVar

import numpy as np

from reproduce.compare.model import Tolerance
from reproduce.compare.recorded_artists import artist_findings
from reproduce.compare.recorded_findings import Place, RecordedFinding
from reproduce.compare.recorded_numbers import Scale, are_close
from reproduce.compare.recorded_read import Artist, Axes, Axis, Recording, RecordingError, Words, read_recording
from reproduce.compare.recorded_words import gone, name_of, number_pair, quoted, share

RecordedState = Literal["identical", "within_tolerance", "differs", "not_compared"]
T = TypeVar("T", Artist, Axes)
_SIDES: Final = ("left title", "title", "right title")
_MOST_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True)
class RecordedComparison:
    """What two recordings of a figure say of each other.

    `largest_deviation` is in parts of the axis that shows the number, None where no number differs; infinite where one
    is no number any more. `reason` is a sentence for people.
    """

    state: RecordedState
    findings: tuple[RecordedFinding, ...] = ()
    largest_deviation: float | None = None
    reason: str = field(default="")


def compare_recordings(published: bytes, fresh: bytes, tolerance: Tolerance | None = None) -> RecordedComparison:
    """Compare two recordings, as the runner keeps them. Never raises on what they hold.

    `identical`: the same content. `within_tolerance`: numbers within the tolerance, or the same data drawn otherwise.
    `not_compared`: one of them is no recording.
    """
    try:
        one, other = read_recording(published), read_recording(fresh)
        is_equal = one.content == other.content and one.unread == 0
        findings = () if is_equal else tuple(islice(_findings(one, other, tolerance or Tolerance()), _MOST_FINDINGS))
    except RecordingError as error:
        return RecordedComparison("not_compared", reason=f"A recording cannot be read: {error}.")
    except RecursionError:
        return RecordedComparison("not_compared", reason="A recording is nested too deep.")
    if not findings:
        return RecordedComparison("identical", reason="The figure holds the same.")
    deviations = [finding.deviation for finding in findings if finding.deviation is not None]
    largest = max(deviations, default=None)
    worst = [finding for finding in findings if finding.weight == "differs"]
    if worst:
        return RecordedComparison("differs", findings, largest, _told(worst))
    numbers = [finding for finding in findings if finding.weight == "within_tolerance"]
    reason = "All numbers agree within the tolerance." if numbers else "The same data, drawn otherwise."
    return RecordedComparison("within_tolerance", findings, largest, f"{reason} {_told(list(findings))}")


def paired(
    published: Sequence[T], fresh: Sequence[T], keys: Sequence[Callable[[T], Hashable]]
) -> list[tuple[T | None, T | None]]:
    """Pair what belongs together: by the first key where it is equal, what is left by the next; in order within each.

    What has no partner stands alone at the end.
    """
    found: list[tuple[int, T, T]] = []
    left, right = list(enumerate(published)), list(enumerate(fresh))
    for key in keys:
        waiting: dict[Hashable, list[tuple[int, T]]] = {}
        for place, item in right:
            waiting.setdefault(key(item), []).append((place, item))
        used: set[int] = set()
        for place, item in left:
            partners = waiting.get(key(item))
            if partners:
                partner = partners.pop(0)
                used.add(partner[0])
                found.append((place, item, partner[1]))
        taken = {place for place, _, _ in found}
        left = [pair for pair in left if pair[0] not in taken]
        right = [pair for pair in right if pair[0] not in used]
    pairs: list[tuple[T | None, T | None]] = [(one, other) for _, one, other in sorted(found, key=lambda row: row[0])]
    pairs += [(one, None) for _, one in left]
    pairs += [(None, other) for _, other in right]
    return pairs


def _findings(one: Recording, other: Recording, tolerance: Tolerance) -> Iterator[RecordedFinding]:
    figure = Place(None, {})
    if one.unread or other.unread:
        yield figure.rendering("unread", "some parts of the figure could not be recorded, and are not compared")
    yield from _artist_pairs(figure, one.artists, other.artists, tolerance)
    yield from _legends(figure, list(one.legends), list(other.legends))
    if one.style != other.style:
        yield figure.rendering("canvas", "the figure has another size, resolution or background")
    keys: tuple[Callable[[Axes], Hashable], ...] = (lambda axes: (axes.projection, axes.label, axes.titles), _anything)
    if len(one.axes) == len(other.axes):
        keys = (_anything,)
    for number, (left, right) in enumerate(paired(one.axes, other.axes, keys), start=1):
        place = Place(number, {} if left is None else {name: Scale.of(axis) for name, axis in left.axis.items()})
        if left is None or right is None:
            yield place.differs("axes", "are new" if left is None else "are missing")
        else:
            yield from _axes(place, left, right, tolerance)


def _anything(_: object) -> Hashable:
    return None


def _axes(place: Place, one: Axes, other: Axes, tolerance: Tolerance) -> Iterator[RecordedFinding]:
    if one.projection != other.projection:
        yield place.differs("projection", f"the axes are {other.projection} instead of {one.projection}")
        return
    if (one.is_visible, one.has_frame) != (other.is_visible, other.has_frame):
        yield place.differs("visibility", "the axes, or their frame, are shown on one side alone")
    for side, left, right in zip(_SIDES, one.titles, other.titles, strict=False):
        if left != right:
            yield place.differs("title", f"the {side} is {quoted(right)} instead of {quoted(left)}")
    if not np.allclose(one.view, other.view, rtol=1e-9) if len(one.view) == len(other.view) else True:
        yield place.differs("view", "the axes are seen from another side")
    for name in sorted({*one.axis, *other.axis}):
        if name in one.axis and name in other.axis:
            yield from _axis(place, name, one.axis[name], other.axis[name], tolerance)
        else:
            yield place.differs("axis", f"there is a {name} axis on one side alone")
    yield from _legends(place, _one_or_none(one.legend), _one_or_none(other.legend))
    yield from _artist_pairs(place, one.artists, other.artists, tolerance)
    if one.style != other.style:
        yield place.rendering("layout", "the axes have another place or background")


def _axis(place: Place, name: str, one: Axis, other: Axis, tolerance: Tolerance) -> Iterator[RecordedFinding]:
    if one.scale != other.scale:
        yield place.differs("scale", f"the {name} axis is {other.scale or 'unknown'} instead of {one.scale}")
    if one.label != other.label:
        yield place.differs("label", f"the {name} axis is called {quoted(other.label)} instead of {quoted(one.label)}")
    if one.is_visible != other.is_visible:
        yield place.differs("visibility", f"the {name} axis is shown on one side alone")
    apart = float(Scale.of(one).deviation(np.array(one.limits), np.array(other.limits)).max())
    if apart > 0:
        low, high = number_pair(one.limits[0], other.limits[0]), number_pair(one.limits[1], other.limits[1])
        text = f"the {name} axis runs from {low[1]} to {high[1]} instead of from {low[0]} to {high[0]}, {share(apart)}"
        yield place.number(
            "limits", text, apart, is_beyond=not are_close(one.limits, other.limits, Scale.of(one), tolerance)
        )
    if not one.ticks or not other.ticks:
        if one.ticks or other.ticks:
            # The notebook is the same: which of the two matplotlib fixes by itself depends on its version.
            yield place.rendering("ticks", f"the ticks of the {name} axis are fixed on one side alone")
        return
    if one.tick_labels != other.tick_labels:
        yield place.differs("ticks", f"the ticks of the {name} axis have other labels")
    if len(one.ticks) != len(other.ticks):
        yield place.differs("ticks", f"the {name} axis has {len(other.ticks)} ticks instead of {len(one.ticks)}")
    else:
        apart = float(Scale.of(one).deviation(np.array(one.ticks), np.array(other.ticks)).max())
        if apart > 0:
            is_beyond = not are_close(one.ticks, other.ticks, Scale.of(one), tolerance)
            yield place.number("ticks", f"the ticks of the {name} axis lie elsewhere", apart, is_beyond=is_beyond)


def _one_or_none(legend: Words | None) -> list[Words]:
    return [] if legend is None else [legend]


def _legends(place: Place, one: list[Words], other: list[Words]) -> Iterator[RecordedFinding]:
    said = [
        [(legend.get("title"), legend.get("labels"), legend.get("is_visible")) for legend in side]
        for side in (one, other)
    ]
    if len(one) != len(other):
        yield place.differs("legend", "a legend is " + ("missing" if len(one) > len(other) else "new"))
    elif said[0] != said[1]:
        yield place.differs("legend", "the legend says something else")


def _artist_pairs(
    place: Place, one: Sequence[Artist], other: Sequence[Artist], tolerance: Tolerance
) -> Iterator[RecordedFinding]:
    names = [name_of(artist, None) for artist in one]
    for left, right in paired(one, other, _ARTIST_KEYS):
        if left is None and right is not None:
            yield _alone(place, "added", right, gone(right, name_of(right, None), "new"))
        elif left is not None:
            number = next(index for index, artist in enumerate(one) if artist is left)
            name = names[number]
            if names.count(name) > 1:
                name = name_of(left, 1 + names[:number].count(name))
            if right is None:
                yield _alone(place, "missing", left, gone(left, name, "missing"))
            else:
                yield from artist_findings(place, name, left, right, tolerance)


def _alone(place: Place, what: str, artist: Artist, text: str) -> RecordedFinding:
    """One that holds nothing is not seen either."""
    is_empty = artist.numbers and not any(array.values.size for array in artist.numbers.values())
    return place.rendering(what, text) if is_empty else place.differs(what, text)


def _identity(artist: Artist) -> Hashable:
    numbers = tuple((name, array.shape, array.sha256, array.values.tobytes()) for name, array in artist.numbers.items())
    return (*_look(artist), artist.label, numbers)


def _look(artist: Artist) -> tuple[str, ...]:
    colors = artist.words.get("colors")
    return artist.kind, artist.part_of, str(artist.words.get("color")), str(colors), str(artist.words.get("text"))


_ARTIST_KEYS: Final[tuple[Callable[[Artist], Hashable], ...]] = (
    _identity,
    lambda artist: (artist.label, _look(artist)),
    lambda artist: (artist.kind, artist.part_of, artist.label) if artist.label else id(artist),
    _look,
    lambda artist: (artist.kind, artist.part_of, frozenset(artist.numbers)),
)


def _told(findings: list[RecordedFinding], most: int = 3) -> str:
    told = " ".join(finding.sentence for finding in findings[:most])
    return told if len(findings) <= most else f"{told} And {len(findings) - most} more."
